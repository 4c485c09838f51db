import { Type } from 'typebox';
import { Prisma, type Queries } from '../../kernel/database.js';
import { bool, rowType, rowsOf, text } from '../../kernel/rows.js';
import { DHCP, FLOATING_IP, ROUTER_GATEWAY, ROUTER_INTERFACE } from '../device-owners.js';
import { canonical, versionOf } from '../ipam.js';
import { makeSystemPort } from './ports.js';
import {
  alreadyAssociated,
  badFloatingIp,
  noAddressOutside,
  noGatewayOn,
  noPort,
  noRouter,
  notReachable,
} from './refusals.js';

/** What a floating IP is to stand for. */
export interface AssociationRequest {
  readonly port_id: string;
  readonly fixed_ip_address?: string | null | undefined;
  readonly router_id?: string | null | undefined;
}
/** What it stands for: columns of its record. */
export interface Association {
  readonly port_id: string;
  readonly fixed_ip_address: string;
  readonly router_id: string;
}
interface FloatingIp {
  readonly id: string;
  readonly project_id: string;
  readonly floating_network_id: string;
  readonly floating_ip_address: string;
}

const IS_THERE = rowType({ there: bool });
const PORT = rowType({
  id: text,
  project_id: text,
  network_id: text,
  device_owner: text,
  fixed_ips: Type.Array(Type.Object({ subnet_id: text, ip_address: text })),
});
const ROUTER = rowType({ router_id: text });
/** How often a router is looked for again that was taken off the subnet while it was waited for. */
const ATTEMPTS = 3;

/**
 * Makes the port on the external network that holds a floating IP's address.
 * @param wanted the address, its subnet, or neither @throws 400, 409
 */
export async function makeFloatingPort(
  tx: Queries,
  networkId: string,
  id: string,
  wanted: { readonly subnet_id?: string | undefined; readonly ip_address?: string | undefined },
): Promise<{ floating_port_id: string; floating_ip_address: string }> {
  const [network] = await rowsOf(tx, IS_THERE)`
    SELECT EXISTS (SELECT 1 FROM neutron.subnets WHERE network_id = ${networkId} AND ip_version = 4) AS there`;
  if (!network?.there) throw badFloatingIp(`Network ${networkId} does not contain any IPv4 subnet`);
  const port = { networkId, projectId: '', deviceId: id, deviceOwner: FLOATING_IP, status: 'N/A' } as const;
  const asked = wanted.subnet_id === undefined && wanted.ip_address === undefined ? undefined : [wanted];
  const made = await makeSystemPort(tx, port, asked);
  const address = made.fixedIps.find(({ version }) => version === 4);
  if (address === undefined) throw noAddressOutside(networkId);
  return { floating_port_id: made.id, floating_ip_address: address.ip };
}

/**
 * Finds out what a floating IP is to stand for (l3_db: _get_assoc_data): the port's address, and the router between it and
 * the external network. Both stay as they are until the transaction ends.
 * @param admin whether the asker may take another project's port @throws 400, 404, 409
 */
export async function associate(
  tx: Queries,
  ip: FloatingIp,
  asked: AssociationRequest,
  admin: boolean,
): Promise<Association> {
  const port = await lockedPort(tx, asked.port_id);
  if (port.project_id !== ip.project_id && !admin)
    throw badFloatingIp(
      `Cannot process floating IP association with Port ${port.id}, since that port is owned by a different project`,
    );
  if (port.device_owner === DHCP) throw badFloatingIp(`Port ${port.id} is unable to be assigned a floating IP`);
  const fixed = fixedIpOf(port, asked.fixed_ip_address);
  const router_id = asked.router_id
    ? await askedRouter(tx, asked.router_id, ip.floating_network_id)
    : await routerBetween(tx, fixed.subnet_id, ip.floating_network_id);
  if (router_id === undefined) throw notReachable(ip.floating_network_id, fixed.subnet_id, port.id);
  const other = await tx.floatingIp.findFirst({
    where: {
      id: { not: ip.id },
      port_id: port.id,
      fixed_ip_address: fixed.ip_address,
      floating_network_id: ip.floating_network_id,
    },
    select: { id: true },
  });
  if (other !== null) throw alreadyAssociated(ip, port.id, fixed.ip_address);
  return { port_id: port.id, fixed_ip_address: fixed.ip_address, router_id };
}

/** A port whose addresses nobody changes meanwhile. @param mode alone: those who ask so take turns @throws 404 */
export async function lockedPort(tx: Queries, id: string, mode: 'shared' | 'alone' = 'shared') {
  const lock = mode === 'alone' ? Prisma.sql`FOR NO KEY UPDATE` : Prisma.sql`FOR SHARE`;
  const [locked] = await rowsOf(tx, rowType({ id: text }))`
    SELECT id FROM neutron.ports WHERE id = ${id} ${lock}`;
  const [port] = locked
    ? await rowsOf(tx, PORT)`
        SELECT p.id, p.project_id, p.network_id, p.device_owner,
          COALESCE((SELECT jsonb_agg(jsonb_build_object('subnet_id', a.subnet_id, 'ip_address', a.ip_address) ORDER BY a.ip_address)
            FROM neutron.ip_allocations a WHERE a.port_id = p.id), '[]') AS fixed_ips
        FROM neutron.ports p WHERE p.id = ${id}`
    : [];
  if (port === undefined) throw noPort(id);
  return port;
}

type Fixed = { readonly subnet_id: string; readonly ip_address: string };
type LockedPort = Awaited<ReturnType<typeof lockedPort>>;

/** The port's address that is asked for, or else the only one. @throws 400 */
function fixedIpOf({ id, fixed_ips }: LockedPort, wanted: string | null | undefined): Fixed {
  const four = fixed_ips.filter(({ ip_address }) => versionOf(ip_address) === 4);
  if (wanted) {
    const address = canonical(wanted, 'fixed_ip_address');
    if (versionOf(address) !== 4)
      throw badFloatingIp(`Cannot process floating IP association with ${address}, since that is not an IPv4 address`);
    const has = four.find(({ ip_address }) => ip_address === address);
    if (has === undefined) throw badFloatingIp(`Port ${id} does not have fixed ip ${address}`);
    return has;
  }
  const [first, second] = four;
  if (first === undefined) throw badFloatingIp(`Cannot add floating IP to port ${id} that has no fixed IPv4 addresses`);
  if (second !== undefined)
    throw badFloatingIp(
      `Port ${id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
    );
  return first;
}

/** @throws 404, 409 unless it leads to the external network */
async function askedRouter(tx: Queries, id: string, externalNetworkId: string): Promise<string> {
  const [there] = await lockRouter(tx, id);
  if (there === undefined) throw noRouter(id);
  const gateway = await tx.routerPort.findFirst({
    where: { router_id: id, kind: ROUTER_GATEWAY, port: { network_id: externalNetworkId } },
    select: { port_id: true },
  });
  if (gateway === null) throw noGatewayOn(id, externalNetworkId);
  return id;
}

/**
 * The router between a subnet and an external network: that at the subnet's gateway before any other (l3_db:
 * get_router_for_floatingip). Its row is locked against changes of its ports.
 */
export async function routerBetween(
  tx: Queries,
  subnetId: string,
  externalNetworkId: string,
): Promise<string | undefined> {
  let locked: string | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await findRouter(tx, subnetId, externalNetworkId);
    if (found === locked || found === undefined) return found;
    await lockRouter(tx, found);
    locked = found;
  }
  return undefined;
}

const lockRouter = (tx: Queries, id: string) => rowsOf(tx, ROUTER)`
  SELECT id AS router_id FROM neutron.routers WHERE id = ${id} FOR SHARE`;

async function findRouter(tx: Queries, subnetId: string, externalNetworkId: string): Promise<string | undefined> {
  // Most routers are at the gateway's address, which the primary key finds; a subnet may have ten thousand others.
  const [atGateway] = await rowsOf(tx, ROUTER)`
    SELECT r.router_id FROM neutron.subnets s
      JOIN neutron.ip_allocations a ON a.subnet_id = s.id AND a.ip_address = s.gateway_ip
      JOIN neutron.router_ports r ON r.port_id = a.port_id AND r.kind = ${ROUTER_INTERFACE}
      JOIN neutron.router_ports g ON g.router_id = r.router_id AND g.kind = ${ROUTER_GATEWAY}
      JOIN neutron.ports p ON p.id = g.port_id AND p.network_id = ${externalNetworkId}
    WHERE s.id = ${subnetId}`;
  if (atGateway !== undefined) return atGateway.router_id;
  const [other] = await rowsOf(tx, ROUTER)`
    SELECT r.router_id FROM neutron.ip_allocations a
      JOIN neutron.router_ports r ON r.port_id = a.port_id AND r.kind = ${ROUTER_INTERFACE}
      JOIN neutron.router_ports g ON g.router_id = r.router_id AND g.kind = ${ROUTER_GATEWAY}
      JOIN neutron.ports p ON p.id = g.port_id AND p.network_id = ${externalNetworkId}
    WHERE a.subnet_id = ${subnetId} ORDER BY r.router_id LIMIT 1`;
  return other?.router_id;
}

/** Whether a floating IP, or a port of one that is forwarded, goes by a router's interface on a subnet. */
export async function needsInterface(tx: Queries, routerId: string, subnetId: string): Promise<boolean> {
  const [needed] = await rowsOf(tx, IS_THERE)`
    SELECT EXISTS (
      SELECT 1 FROM neutron.floating_ips i
        JOIN neutron.ip_allocations a ON a.port_id = i.port_id AND a.subnet_id = ${subnetId} AND a.ip_address = i.fixed_ip_address
      WHERE i.router_id = ${routerId}
    ) OR EXISTS (
      SELECT 1 FROM neutron.floating_ips i JOIN neutron.port_forwardings f ON f.floatingip_id = i.id
        JOIN neutron.ip_allocations a ON a.port_id = f.internal_port_id AND a.subnet_id = ${subnetId} AND a.ip_address = f.internal_ip_address
      WHERE i.router_id = ${routerId}
    ) AS there`;
  return needed?.there === true;
}

/** Deletes an external network's floating IPs that stand for nothing, as Neutron does with the network. @param projectId only those of this project */
export async function removeUnused(tx: Queries, networkId: string, projectId: string | undefined): Promise<void> {
  await tx.port.deleteMany({
    where: {
      network_id: networkId,
      device_owner: FLOATING_IP,
      floating_ip: { port_id: null, router_id: null, ...(projectId === undefined ? {} : { project_id: projectId }) },
    },
  });
}
