import { Type } from 'typebox';
import { Prisma, type Statements } from '../../kernel/database.js';
import { bool, nullable, rowType, rowsOf, text, texts, type Row } from '../../kernel/rows.js';
import { LIMITS, limitsOf } from './limits.js';

const INTERFACE = Type.Object({ portId: text, networkId: text, mac: text, cidrs: texts });
const GATEWAY = Type.Object({ ...INTERFACE.properties, nexthops: texts, snat: bool });
const { dscp: _dscp, ...BANDWIDTH } = LIMITS.properties;
const ROUTER = rowType({
  id: text,
  adminUp: bool,
  interfaces: Type.Array(INTERFACE),
  gateway: nullable(GATEWAY),
  routes: Type.Array(Type.Object({ destination: text, nexthop: text })),
  floatingIps: Type.Array(Type.Object({ id: text, floating: text, fixed: text })),
  forwardings: Type.Array(
    Type.Object({
      id: text,
      floating: text,
      externalPorts: text,
      internal: text,
      internalPorts: text,
      protocol: text,
    }),
  ),
  limits: Type.Array(Type.Object({ address: text, ...BANDWIDTH })),
});

/** A router that the host runs. */
export type RouterOfHost = Row<typeof ROUTER>;

/** The routers whose host this is, with their ports as address and prefix. */
export function routersOf(sql: Statements, host: string): Promise<RouterOfHost[]> {
  return rowsOf(sql, ROUTER)`
    WITH mine AS (SELECT * FROM neutron.routers WHERE host = ${host}),
    ends AS (
      SELECT rp.router_id, rp.kind, p.id AS port_id, p.network_id, p.mac_address AS mac, p.created_at,
        COALESCE(jsonb_agg(a.ip_address || '/' || split_part(s.cidr, '/', 2) ORDER BY a.ip_address)
          FILTER (WHERE a.ip_address IS NOT NULL), '[]') AS cidrs,
        COALESCE(jsonb_agg(DISTINCT s.gateway_ip) FILTER (WHERE s.gateway_ip IS NOT NULL), '[]') AS nexthops
      FROM mine JOIN neutron.router_ports rp ON rp.router_id = mine.id JOIN neutron.ports p ON p.id = rp.port_id
        LEFT JOIN neutron.ip_allocations a ON a.port_id = p.id LEFT JOIN neutron.subnets s ON s.id = a.subnet_id
      GROUP BY rp.router_id, rp.kind, p.id)
    SELECT r.id, r.admin_state_up AS "adminUp", r.routes,
      COALESCE((SELECT jsonb_agg(jsonb_build_object(
          'portId', e.port_id, 'networkId', e.network_id, 'mac', e.mac, 'cidrs', e.cidrs) ORDER BY e.port_id)
        FROM ends e WHERE e.router_id = r.id AND e.kind = 'network:router_interface'), '[]') AS interfaces,
      (SELECT jsonb_build_object('portId', e.port_id, 'networkId', e.network_id, 'mac', e.mac, 'cidrs', e.cidrs,
          'nexthops', e.nexthops, 'snat', r.enable_snat)
        FROM ends e WHERE e.router_id = r.id AND e.kind = 'network:router_gateway'
        ORDER BY e.created_at, e.port_id LIMIT 1) AS gateway,
      COALESCE((SELECT jsonb_agg(jsonb_build_object(
          'id', f.id, 'floating', f.floating_ip_address, 'fixed', f.fixed_ip_address) ORDER BY f.id)
        FROM neutron.floating_ips f WHERE f.router_id = r.id AND f.fixed_ip_address IS NOT NULL), '[]') AS "floatingIps",
      COALESCE((SELECT jsonb_agg(jsonb_build_object(
          'id', w.id, 'floating', f.floating_ip_address, 'internal', w.internal_ip_address, 'protocol', w.protocol,
          'externalPorts', w.external_first || ':' || w.external_last,
          'internalPorts', w.internal_first || ':' || w.internal_last) ORDER BY w.id)
        FROM neutron.port_forwardings w JOIN neutron.floating_ips f ON f.id = w.floatingip_id
        WHERE f.router_id = r.id), '[]') AS forwardings,
      -- A floating IP without a policy of its own has that of its network, as a port has.
      COALESCE((SELECT jsonb_agg(l.limits - 'dscp' || jsonb_build_object('address', l.address) ORDER BY l.address)
        FROM (
          SELECT f.floating_ip_address AS address,
            ${limitsOf(Prisma.sql`COALESCE(f.qos_policy_id, n.qos_policy_id)`)} AS limits
          FROM neutron.floating_ips f JOIN neutron.networks n ON n.id = f.floating_network_id WHERE f.router_id = r.id
          UNION ALL
          SELECT a.ip_address, ${limitsOf(Prisma.sql`r.qos_policy_id`)}
          FROM neutron.router_ports rp JOIN neutron.ip_allocations a ON a.port_id = rp.port_id
          WHERE rp.router_id = r.id AND rp.kind = 'network:router_gateway' AND family(a.ip_address::inet) = 4) l
        WHERE jsonb_exists_any(l.limits, ARRAY['egressKbps', 'ingressKbps'])), '[]') AS limits
    FROM mine r ORDER BY r.id`;
}
