import type { Queries } from '../../kernel/database.js';
import { OpenStackError } from '../../kernel/errors.js';
import { rowType, rowsOf, text } from '../../kernel/rows.js';
import { ROUTER_INTERFACE } from '../device-owners.js';
import { allocateAddress, inPools, type Pool, type SubnetRange } from '../ipam.js';
import { ACCESS_SHARED } from '../sharing.js';
import { attachedPorts, checkSubnets, hasIpv6, isInterface, type AttachedPort } from './attached.js';
import { needsInterface } from './floating-ips.js';
import { makeSystemPort, removeSystemPort } from './ports.js';
import {
  badRouter,
  neededByFloatingIp,
  neededByRoute,
  noInterface,
  noInterfaceOn,
  portInUse,
  type Route,
} from './refusals.js';
import { lies } from './routes.js';

/** A router, whose row is locked. */
interface LockedRouter {
  readonly id: string;
  readonly project_id: string;
  readonly routes: readonly Route[];
}
/** A subnet with all that an interface on it depends on. */
export interface InterfaceSubnet extends SubnetRange {
  readonly project_id: string;
  readonly gateway_ip: string | null;
  readonly ipv6_ra_mode: string | null;
  readonly ipv6_address_mode: string | null;
}
/** What asks for an interface: who, and whether that is an administrator. */
interface Asker {
  readonly projectId: string;
  readonly admin: boolean;
}
/** What Neutron answers about an interface (l3_db: _make_router_interface_info). */
export interface InterfaceInfo {
  readonly id: string;
  readonly project_id: string;
  readonly port_id: string;
  readonly network_id: string;
  readonly subnet_id: string;
  readonly subnet_ids: string[];
}
const DEVICE = rowType({ device_id: text, project_id: text });

const info = (
  router: { readonly id: string },
  port: { readonly id: string; readonly network_id: string; readonly project_id: string },
  subnetIds: readonly string[],
  subnetId: string,
): InterfaceInfo => ({
  id: router.id,
  project_id: port.project_id,
  port_id: port.id,
  network_id: port.network_id,
  subnet_id: subnetId,
  subnet_ids: [...subnetIds],
});

/** Puts a router on a subnet, at the subnet's gateway address. @throws 400, 409 */
export async function addBySubnet(
  tx: Queries,
  router: LockedRouter,
  subnetId: string,
  asker: Asker,
): Promise<InterfaceInfo> {
  // Nobody changes its gateway meanwhile.
  const [locked] = await rowsOf(tx, rowType({ id: text }))`
    SELECT id FROM neutron.subnets WHERE id = ${subnetId} FOR SHARE`;
  const subnet = locked && (await tx.subnet.findUnique({ where: { id: subnetId } }));
  if (!subnet) throw subnetGone(subnetId);
  if (subnet.gateway_ip === null) throw badRouter('Subnet for router interface must have a gateway IP');
  if (subnet.project_id !== asker.projectId && !asker.admin && !(await sharedByName(tx, subnet, asker)))
    throw badRouter(
      `Cannot add interface to router because subnet ${subnetId} is not owned by project making the request`,
    );
  checkAddressMode(subnet);
  const attached = await attachedPorts(tx, router.id);
  await checkSubnets(tx, attached, [subnet]);
  const { network_id } = subnet;
  const sibling =
    subnet.ip_version === 6
      ? attached.find((port) => isInterface(port) && port.network_id === network_id && hasIpv6(port))
      : undefined;
  const wanted = { subnet_id: subnetId, ip_address: subnet.gateway_ip };
  if (sibling !== undefined) {
    // A router has one IPv6 port on a network, with an address of each of its subnets.
    await allocateAddress(tx, subnet, sibling.id, subnet.gateway_ip);
    return info(router, await ownerOf(tx, sibling), [subnetId], subnetId);
  }
  const { project_id } = router;
  const owner = { networkId: network_id, projectId: project_id, deviceId: router.id, deviceOwner: ROUTER_INTERFACE };
  const { id } = await makeSystemPort(tx, owner, [wanted]);
  await tx.routerPort.create({ data: { port_id: id, router_id: router.id, kind: ROUTER_INTERFACE } });
  return info(router, { id, network_id, project_id }, [subnetId], subnetId);
}

/** Makes a port of the asker's a router's, with the addresses that it has. @throws 400, 404, 409 */
export async function addByPort(
  tx: Queries,
  router: LockedRouter,
  portId: string,
  asker: Asker,
): Promise<InterfaceInfo> {
  const [device] = await rowsOf(tx, DEVICE)`
    SELECT device_id, project_id FROM neutron.ports WHERE id = ${portId} FOR NO KEY UPDATE`;
  const port =
    device &&
    (await tx.port.findUnique({ where: { id: portId }, include: { fixed_ips: { include: { subnet: true } } } }));
  if (!port) throw new OpenStackError(404, 'PortNotFound', `Port ${portId} could not be found.`);
  if (port.device_id !== '') throw portInUse(port);
  const subnets = port.fixed_ips.map((ip) => ip.subnet);
  if (subnets.length === 0) throw badRouter('Router port must have at least one fixed IP');
  for (const subnet of subnets) checkAddressMode(subnet);
  const attached = await attachedPorts(tx, router.id);
  const sibling = hasIpv6(port)
    ? attached.find((other) => other.network_id === port.network_id && hasIpv6(other))
    : undefined;
  if (sibling !== undefined)
    throw badRouter(
      `Router already contains IPv6 port ${sibling.id} belonging to network id ${sibling.network_id}. Only one IPv6 port from the same network subnet can be connected to a router.`,
    );
  await checkSubnets(tx, attached, subnets);
  if (subnets.filter(({ ip_version }) => ip_version === 4).length > 1)
    throw badRouter('Cannot have multiple IPv4 subnets on router port');
  for (const { ip_address, subnet } of port.fixed_ips)
    if (
      !asker.admin &&
      subnet.project_id !== asker.projectId &&
      !inPools(subnet.allocation_pools as unknown as Pool[], ip_address)
    )
      throw badRouter(
        `Cannot add interface to router because specified port ${portId} has an IP address out of the allocation pool of subnet ${subnet.id}, which is not owned by the project making the request`,
      );
  await tx.$executeRaw`
    UPDATE neutron.ports SET device_id = ${router.id}, device_owner = ${ROUTER_INTERFACE}, updated_at = now(),
      revision_number = revision_number + 1 WHERE id = ${portId}`;
  await tx.routerPort.create({ data: { port_id: portId, router_id: router.id, kind: ROUTER_INTERFACE } });
  const ids = subnets.map(({ id }) => id);
  return info(router, port, ids, ids.at(-1)!);
}

/** Takes a port away from a router, and deletes it. @throws 400, 404, 409 while something needs it */
export async function removeByPort(
  tx: Queries,
  router: LockedRouter,
  portId: string,
  subnetId: string | undefined,
): Promise<InterfaceInfo> {
  const port = (await attachedPorts(tx, router.id)).find((one) => one.id === portId && isInterface(one));
  if (port === undefined) throw noInterface(router.id, portId);
  const subnets = port.fixed_ips.map((ip) => ip.subnet);
  if (subnetId !== undefined && !subnets.some(({ id }) => id === subnetId))
    throw new OpenStackError(
      400,
      'SubnetMismatchForPort',
      `Subnet on port ${portId} does not match the requested subnet ${subnetId}.`,
    );
  await checkUnneeded(tx, router, port);
  const ids = subnets.map(({ id }) => id);
  return info(router, await removed(tx, port), ids, ids[0] ?? '');
}

/** Takes a router off a subnet. A port that has addresses of other subnets, too, keeps those. @throws 404, 409 */
export async function removeBySubnet(tx: Queries, router: LockedRouter, subnetId: string): Promise<InterfaceInfo> {
  const port = (await attachedPorts(tx, router.id)).find(
    (one) => isInterface(one) && one.fixed_ips.some((ip) => ip.subnet_id === subnetId),
  );
  if (port === undefined) throw noInterfaceOn(router.id, subnetId);
  await checkUnneeded(tx, router, { fixed_ips: port.fixed_ips.filter((ip) => ip.subnet_id === subnetId) });
  if (port.fixed_ips.every((ip) => ip.subnet_id === subnetId))
    return info(router, await removed(tx, port), [subnetId], subnetId);
  await tx.ipAllocation.deleteMany({ where: { port_id: port.id, subnet_id: subnetId } });
  return info(router, await ownerOf(tx, port), [subnetId], subnetId);
}

async function ownerOf(tx: Queries, port: AttachedPort) {
  const { project_id } = await tx.port.findUniqueOrThrow({ where: { id: port.id }, select: { project_id: true } });
  return { id: port.id, network_id: port.network_id, project_id };
}

async function removed(tx: Queries, port: AttachedPort) {
  const was = await ownerOf(tx, port);
  await removeSystemPort(tx, port.id);
  return was;
}

/** Nothing goes by a router's subnets that they are taken away from (l3_db: _confirm_router_interface_not_in_use). @throws 409 */
async function checkUnneeded(
  tx: Queries,
  router: LockedRouter,
  { fixed_ips }: Pick<AttachedPort, 'fixed_ips'>,
): Promise<void> {
  for (const { subnet } of fixed_ips) {
    if (await needsInterface(tx, router.id, subnet.id)) throw neededByFloatingIp(router.id, subnet.id);
    if (router.routes.some(({ nexthop }) => lies(nexthop, subnet.cidr))) throw neededByRoute(router.id, subnet.id);
  }
}

/** @throws 400 for a subnet that has another router, which announces it */
function checkAddressMode(subnet: InterfaceSubnet): void {
  if (subnet.ip_version === 6 && subnet.ipv6_ra_mode === null && subnet.ipv6_address_mode !== null)
    throw badRouter(
      `IPv6 subnet ${subnet.id} configured to receive RAs from an external router cannot be added to Neutron Router.`,
    );
}

/** Whether a subnet's network is shared with the asker's project by name; with everybody is not enough (l3_db: _add_interface_by_subnet). */
async function sharedByName(
  tx: Queries,
  { network_id }: { readonly network_id: string },
  { projectId }: Asker,
): Promise<boolean> {
  const by = { network_id, action: ACCESS_SHARED, target_project: projectId };
  return (await tx.rbacPolicy.findFirst({ where: by, select: { id: true } })) !== null;
}

const subnetGone = (id: string): OpenStackError =>
  new OpenStackError(404, 'SubnetNotFound', `Subnet ${id} could not be found.`);
