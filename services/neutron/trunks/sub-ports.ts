import type { At } from '../../kernel/resource/spec.js';
import { invalidInput } from '../refusals.js';
import type { NeutronParts } from '../words.js';
import { duplicateSubPort, inOtherTrunk, mtuTooGreat, noParent, portAttached, portMissing } from './refusals.js';

/** A port of a trunk, and the VLAN by which its parent's guest knows it, as requests write it. */
export interface SubPortRequest {
  readonly port_id: string;
  readonly segmentation_type?: string | undefined;
  readonly segmentation_id?: number | undefined;
}
export interface SubPort {
  readonly port_id: string;
  readonly segmentation_type: string;
  readonly segmentation_id: number;
}

/** That no port and no VLAN is named twice (neutron_lib/api/validators: validate_subports). @returns why not */
export function whyNot(asked: readonly SubPortRequest[]): string | undefined {
  const ports = new Set<string>();
  const segments = new Set<string>();
  for (const { port_id, segmentation_type, segmentation_id } of asked) {
    if (ports.has(port_id)) return `Non unique UUID for subport: '${port_id}'`;
    ports.add(port_id);
    if (segmentation_type === 'inherit') continue;
    const segment = `${segmentation_type} ${segmentation_id}`;
    if (segmentation_id !== undefined && segments.has(segment))
      return `Segmentation ID '${segmentation_id}' for '${port_id}' is not unique`;
    segments.add(segment);
  }
  return undefined;
}

/**
 * Locks ports, in one order, so that of two trunks that want one of them only one gets it.
 * @returns those of them that the asker may see
 */
async function heldPorts({ ctx, tx, parts }: At<NeutronParts>, ids: readonly string[]) {
  await tx.$queryRaw`SELECT 1 FROM neutron.ports WHERE id = ANY(${ids}) ORDER BY id FOR NO KEY UPDATE`;
  const own = { OR: [{ project_id: ctx.projectId }, { network: { project_id: ctx.projectId } }] };
  return tx.port.findMany({
    where: { AND: [{ id: { in: [...ids] } }, parts.isAdmin(ctx) ? {} : own] },
    include: { trunk: { select: { id: true } }, sub_port: { select: { trunk_id: true } }, network: true },
  });
}
type Held = Awaited<ReturnType<typeof heldPorts>>[number];

/** Whether a port can be a trunk's parent: it is of no trunk, and on no host. @throws 404, 409 */
function checkParent(id: string, port: Held | undefined): Held {
  if (port?.sub_port) throw inOtherTrunk(id);
  if (port?.trunk) throw noParent(id);
  if (port === undefined) throw portMissing(id);
  // No host of this cloud divides a port by VLANs, so that Neutron would find no driver that could.
  if (port.binding_host_id !== '') throw noParent(id);
  return port;
}

/** @throws 400, 404, 409 (neutron/services/trunk/rules.py: SubPortsValidator) */
function checkedSubPort(asked: SubPortRequest, port: Held | undefined, parent: { id: string; mtu: number }): SubPort {
  const { port_id } = asked;
  if (port_id === parent.id) throw noParent(port_id);
  if (port !== undefined && port.network.mtu > parent.mtu)
    throw mtuTooGreat(port_id, port.network.mtu, parent.id, parent.mtu);
  const inherits = asked.segmentation_type === 'inherit' && port !== undefined;
  const segmentation_type = inherits ? port.network.network_type : asked.segmentation_type;
  const segmentation_id = inherits ? port.network.segmentation_id : asked.segmentation_id;
  if (segmentation_type === undefined || segmentation_id === undefined)
    throw invalidInput(
      `Invalid subport details '{'port_id': '${port_id}'}': missing segmentation information. Must specify both segmentation_id and segmentation_type`,
    );
  if (segmentation_type !== 'vlan') throw invalidInput(`Unknown segmentation_type '${segmentation_type}'`);
  if (segmentation_id < 1 || segmentation_id > 4094)
    throw invalidInput(`Segmentation ID '${segmentation_id}' is not in range`);
  if (port?.sub_port) throw inOtherTrunk(port_id);
  if (port?.trunk) throw noParent(port_id);
  if (port === undefined) throw portMissing(port_id);
  if (port.device_id !== '') throw portAttached(port_id, port.network_id, port.device_id);
  return { port_id, segmentation_type, segmentation_id };
}

/** The parent and the ports of a new trunk, all of them locked. @throws 400, 404, 409 */
export async function newTrunkPorts(
  at: At<NeutronParts>,
  parentId: string,
  asked: readonly SubPortRequest[],
): Promise<SubPort[]> {
  const held = await heldPorts(at, [parentId, ...asked.map(({ port_id }) => port_id)]);
  const portOf = (id: string) => held.find((port) => port.id === id);
  const { mtu } = checkParent(parentId, portOf(parentId)).network;
  return asked.map((one) => checkedSubPort(one, portOf(one.port_id), { id: parentId, mtu }));
}

/** Further ones for a trunk, which is locked. @throws 400, 404, 409 */
export async function furtherPorts(
  at: At<NeutronParts>,
  trunk: { readonly id: string; readonly port_id: string; readonly sub_ports: readonly SubPort[] },
  asked: readonly SubPortRequest[],
): Promise<SubPort[]> {
  const parent = await at.tx.port.findUniqueOrThrow({
    where: { id: trunk.port_id },
    select: { id: true, network: { select: { mtu: true } } },
  });
  const held = await heldPorts(
    at,
    asked.map(({ port_id }) => port_id),
  );
  return asked.map((one) => {
    const port = held.find(({ id }) => id === one.port_id);
    const checked = checkedSubPort(one, port, { id: parent.id, mtu: parent.network.mtu });
    const { segmentation_type: type, segmentation_id: id } = checked;
    if (trunk.sub_ports.some((other) => other.segmentation_type === type && other.segmentation_id === id))
      throw duplicateSubPort(type, id, trunk.id);
    return checked;
  });
}
