import type { Queries } from '../../kernel/database.js';
import { OpenStackError } from '../../kernel/errors.js';
import { versionOf } from '../ipam.js';
import { lockedPort, routerBetween } from './floating-ips.js';
import { badForwarding } from './refusals.js';

/** The ports of a forwarding, as they are kept: each a range, often of one. */
export interface ForwardedPorts {
  readonly protocol: string;
  readonly internal_ip_address: string;
  readonly external_first: number;
  readonly external_last: number;
  readonly internal_first: number;
  readonly internal_last: number;
}
/** The same as a request gives them. */
export interface PortsRequest {
  readonly external_port?: number | null | undefined;
  readonly external_port_range?: string | null | undefined;
  readonly internal_port?: number | null | undefined;
  readonly internal_port_range?: string | null | undefined;
}

const single = (first: number, last: number): number | null => (first === last ? first : null);

/** The same as an answer shows them. */
export const shownForwarding = (of: ForwardedPorts) => ({
  protocol: of.protocol,
  internal_ip_address: of.internal_ip_address,
  external_port: single(of.external_first, of.external_last),
  external_port_range: `${of.external_first}:${of.external_last}`,
  internal_port: single(of.internal_first, of.internal_last),
  internal_port_range: `${of.internal_first}:${of.internal_last}`,
});

/** The columns of what a request gives. @throws 400 for ranges that do not fit each other, or one given in two ways */
export function portsOf(asked: PortsRequest, before?: ForwardedPorts) {
  const external =
    rangeOf('external', asked.external_port, asked.external_port_range) ??
    (before && [before.external_first, before.external_last]);
  const internal =
    rangeOf('internal', asked.internal_port, asked.internal_port_range) ??
    (before && [before.internal_first, before.internal_last]);
  const [external_first, external_last] = external ?? missing('external');
  const [internal_first, internal_last] = internal ?? missing('internal');
  const many = internal_last - internal_first;
  if (many > 0 && many !== external_last - external_first)
    throw badForwarding(
      'Invalid ranges of internal and/or external ports. The relation between internal and external ports must be N-N or 1-N',
    );
  return { external_first, external_last, internal_first, internal_last };
}

type Side = 'external' | 'internal';
function missing(side: Side): never {
  throw badForwarding(`Either ${side}_port or ${side}_port_range must be specified`);
}

function rangeOf(
  side: Side,
  port: number | null | undefined,
  range: string | null | undefined,
): [number, number] | undefined {
  if (typeof port === 'number' && typeof range === 'string')
    throw badForwarding(`Only one of ${side}_port and ${side}_port_range can be specified`);
  if (typeof port === 'number') return [port, port];
  if (typeof range !== 'string') return undefined;
  const [, first, last = first] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(range) ?? [];
  const ports: [number, number] = [Number(first), Number(last)];
  if (first === undefined || ports.some((one) => one < 1 || one > 65_535))
    throw badForwarding('Invalid port value, the port value must be a value between 1 and 65535.');
  if (ports[0] > ports[1]) throw badForwarding(`Invalid range of ${side} ports: ${range}`);
  return ports;
}

/** What a forwarding leads to: the address of the port that is asked for, or its first. @throws 400, 404 */
export async function internalOf(tx: Queries, portId: string, wanted: string | undefined) {
  const port = await lockedPort(tx, portId, 'alone');
  const four = port.fixed_ips.filter(({ ip_address }) => versionOf(ip_address) === 4);
  if (four.length === 0)
    throw badForwarding(`Requested internal port ${portId} must allocate an IPv4 address at least.`);
  const fixed = wanted === undefined ? four[0]! : four.find(({ ip_address }) => ip_address === wanted);
  if (fixed === undefined)
    throw badForwarding(
      `Requested internal IP address ${wanted!} is not suitable for internal neutron port ${portId}, as its fixed_ips are [${four
        .map((one) => `{'subnet_id': '${one.subnet_id}', 'ip_address': '${one.ip_address}'}`)
        .join(', ')}]`,
    );
  const bound = await tx.floatingIp.findFirst({
    where: { port_id: portId },
    select: { id: true, floating_ip_address: true },
  });
  if (bound !== null)
    throw new OpenStackError(
      409,
      'PortHasBindingFloatingIP',
      `Cannot create port forwarding to floating IP ${bound.floating_ip_address} (${bound.id}) with port ${portId} using fixed IP ${fixed.ip_address}, as that port already has a binding floating IP.`,
    );
  return fixed;
}

/** The router that a floating IP forwards by. @throws 400 unless it has one between the subnet and its network, and no other */
export async function forwardingRouter(
  tx: Queries,
  ip: { readonly id: string; readonly floating_network_id: string; readonly router_id: string | null },
  portId: string,
  subnetId: string,
): Promise<string> {
  const router = await routerBetween(tx, subnetId, ip.floating_network_id);
  if (router === undefined)
    throw badForwarding(
      `External network ${ip.floating_network_id} is not reachable from subnet ${subnetId}. Cannot set Port forwarding for port ${portId} with Floating IP ${ip.id}`,
    );
  if (ip.router_id !== null && ip.router_id !== router)
    throw badForwarding(
      `The Floating IP ${ip.id} had been set on router ${ip.router_id}, the internal Neutron port ${portId} can not reach it`,
    );
  return router;
}

/** No two forwardings have a port in common, outside or inside. The caller has locked the floating IP and the internal port. @throws 400 */
export async function checkCollisions(
  tx: Queries,
  wanted: ForwardedPorts & { readonly id: string; readonly floatingip_id: string; readonly internal_port_id: string },
): Promise<void> {
  const { id, floatingip_id, internal_port_id, internal_ip_address, protocol } = wanted;
  const others = await tx.portForwarding.findMany({
    where: {
      id: { not: id },
      protocol,
      OR: [{ floatingip_id }, { internal_port_id, internal_ip_address }],
    },
  });
  const inside = others.find(
    (one) =>
      one.internal_port_id === internal_port_id &&
      one.internal_ip_address === internal_ip_address &&
      one.internal_first <= wanted.internal_last &&
      wanted.internal_first <= one.internal_last,
  );
  const outside = others.find(
    (one) =>
      one.floatingip_id === floatingip_id &&
      one.external_first <= wanted.external_last &&
      wanted.external_first <= one.external_last,
  );
  for (const [side, other] of [
    ['internal', inside],
    ['external', outside],
  ] as const)
    if (other !== undefined) {
      const key = `${side}_port_range` as const;
      throw badForwarding(
        `There is a port collision with the ${key}. The following ranges collide: ${shownForwarding(other)[key]} and ${shownForwarding(wanted)[key]}`,
      );
    }
}
