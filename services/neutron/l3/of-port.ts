import type { Queries } from '../../kernel/database.js';
import { OpenStackError } from '../../kernel/errors.js';
import type { AddressRequest } from '../addresses.js';
import { FLOATING_IP, ROUTER_GATEWAY, ROUTER_INTERFACE } from '../device-owners.js';
import { canonical } from '../ipam.js';
import { hasForeignFloatingIp } from './refusals.js';

/** What L3 says of changes of a port that are asked of the port itself. */

/** Whether a port is a router's or a floating IP's own: those are made, changed and deleted with it alone. */
export async function isService(
  tx: Queries,
  { id, device_owner }: { readonly id: string; readonly device_owner: string },
): Promise<boolean> {
  // While it is a router's nobody can write its owner; so most ports are known without a look at another table.
  if (device_owner === FLOATING_IP)
    return (await tx.floatingIp.findUnique({ where: { floating_port_id: id }, select: { id: true } })) !== null;
  if (device_owner !== ROUTER_INTERFACE && device_owner !== ROUTER_GATEWAY) return false;
  return (await tx.routerPort.findUnique({ where: { port_id: id }, select: { kind: true } })) !== null;
}

/** A project cannot free another one's floating IP by deleting the port that it stands for. @throws 409 */
export async function checkOwnFloatingIps(tx: Queries, portId: string, projectId: string): Promise<void> {
  const where = { port_id: portId, project_id: { not: projectId } };
  if ((await tx.floatingIp.findFirst({ where, select: { id: true } })) !== null) throw hasForeignFloatingIp(portId);
}

/** A port keeps the addresses that floating IPs stand for (l3_db: prevent_internal_ip_change_for_fip). @throws 400 */
export async function checkTranslated(tx: Queries, portId: string, wanted: readonly AddressRequest[]): Promise<void> {
  const kept = new Set(wanted.flatMap(({ ip_address }) => (ip_address === undefined ? [] : canonical(ip_address))));
  const ips = await tx.floatingIp.findMany({ where: { port_id: portId }, select: { fixed_ip_address: true } });
  if (ips.some(({ fixed_ip_address }) => fixed_ip_address !== null && !kept.has(fixed_ip_address)))
    throw new OpenStackError(
      400,
      'BadRequest',
      `Bad port request: Cannot update the fixed_ips of the port ${portId}, because its original fixed_ip has been associated to a floating ip.`,
    );
}

/** Forwardings to addresses that a port has no more go with them (pf_plugin: _process_port_request). */
export async function dropForwardings(tx: Queries, portId: string): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM neutron.port_forwardings f WHERE f.internal_port_id = ${portId} AND NOT EXISTS (
      SELECT 1 FROM neutron.ip_allocations a WHERE a.port_id = f.internal_port_id AND a.ip_address = f.internal_ip_address)`;
}
