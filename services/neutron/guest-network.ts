import { Type } from 'typebox';
import type { Statements } from '../kernel/database.js';
import { integer, nullable, rowType, rowsOf, text, texts, type Row } from '../kernel/rows.js';
import { BOUND } from './server-ports.js';

const SUBNET = Type.Object({
  version: integer,
  cidr: text,
  gateway: nullable(text),
  dhcp: Type.Boolean(),
  addressMode: nullable(text),
  nameservers: texts,
  routes: Type.Array(Type.Object({ destination: text, nexthop: text })),
  address: text,
});
const CARD = rowType({
  id: text,
  networkId: text,
  mac: text,
  mtu: integer,
  vifType: text,
  subnets: Type.Array(SUBNET),
});
/** A card of a server, with its addresses and what is known of their subnets. */
export type GuestCard = Row<typeof CARD>;
const DEVICE = rowType({ device_id: text });

/** The server that has an address on a network; none where nobody has it, or what has it is no server. */
export async function serverAt(sql: Statements, networkId: string, ip: string): Promise<string | undefined> {
  const [found] = await rowsOf(sql, DEVICE)`
    SELECT p.device_id FROM neutron.subnets s
    JOIN neutron.ip_allocations a ON a.subnet_id = s.id JOIN neutron.ports p ON p.id = a.port_id
    WHERE s.network_id = ${networkId} AND a.ip_address = ${ip} AND p.device_owner LIKE 'compute:%' AND ${BOUND}`;
  return found?.device_id;
}

/** Whether a machine has a network's DHCP or a router of it: there guests of all machines ask for metadata. */
export async function isServedBy(sql: Statements, networkId: string, machine: string): Promise<boolean> {
  const [found] = await rowsOf(sql, DEVICE)`
    SELECT device_id FROM neutron.ports WHERE network_id = ${networkId} AND binding_host_id = ${machine}
      AND device_owner IN ('network:dhcp', 'network:router_interface') LIMIT 1`;
  return found !== undefined;
}

/** The cards of a server, oldest first, as its own network_data.json tells of them. */
export function cardsOf(sql: Statements, serverId: string): Promise<GuestCard[]> {
  return rowsOf(sql, CARD)`
    SELECT p.id, p.network_id AS "networkId", p.mac_address AS mac, n.mtu, p.binding_vif_type AS "vifType",
      coalesce((
        SELECT jsonb_agg(jsonb_build_object('version', s.ip_version, 'cidr', s.cidr, 'gateway', s.gateway_ip,
          'dhcp', s.enable_dhcp, 'addressMode', s.ipv6_address_mode, 'nameservers', s.dns_nameservers,
          'routes', s.host_routes, 'address', a.ip_address) ORDER BY s.ip_version, s.created_at, a.ip_address)
        FROM neutron.ip_allocations a JOIN neutron.subnets s ON s.id = a.subnet_id WHERE a.port_id = p.id
      ), '[]'::jsonb) AS subnets
    FROM neutron.ports p JOIN neutron.networks n ON n.id = p.network_id
    WHERE p.device_id = ${serverId} AND p.device_owner LIKE 'compute:%' AND ${BOUND}
    ORDER BY p.created_at, p.id`;
}
