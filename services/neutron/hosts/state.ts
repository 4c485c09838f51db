import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { Prisma, type Statements } from '../../kernel/database.js';
import { bool, integer, nullable, rowType, rowsOf, text, texts, type Row } from '../../kernel/rows.js';
import { BRIDGE_AGENT, CARD_AGENTS, DHCP_AGENT, L3_AGENT } from '../agents.js';
import { groupsOf, type GroupOfHost } from './groups.js';
import { LIMITS, limitsOf } from './limits.js';
import { routersOf, type RouterOfHost } from './routers.js';

const AGENT = rowType({ type: text, tunnel: text });
const PAIR = Type.Object({ ip: text, mac: text });
const PORT = rowType({
  id: text,
  networkId: text,
  serverId: text,
  mac: text,
  ips: texts,
  adminUp: bool,
  portSecurity: bool,
  addressPairs: Type.Array(PAIR),
  groups: texts,
  qos: nullable(LIMITS),
});
const NETWORK_ID = rowType({ id: text, dhcp: bool });
const SUBNET = Type.Object({
  id: text,
  cidr: text,
  version: Type.Enum([4, 6]),
  gatewayIp: nullable(text),
  enableDhcp: bool,
  dnsNameservers: texts,
  hostRoutes: Type.Array(Type.Object({ destination: text, nexthop: text })),
  raMode: nullable(text),
  addressMode: nullable(text),
});
const NETWORK = rowType({
  id: text,
  vni: integer,
  mtu: integer,
  adminUp: bool,
  external: bool,
  dnsDomain: text,
  routed: bool,
  peers: texts,
  subnets: Type.Array(SUBNET),
  dhcpPort: nullable(Type.Object({ id: text, mac: text, ips: texts })),
});
const OPTION = Type.Object({ name: text, value: text, version: Type.Enum([4, 6]) });
const LEASE = rowType({
  networkId: text,
  portId: text,
  mac: text,
  ips: texts,
  hostname: text,
  options: Type.Array(OPTION),
});
type Lease = Omit<Row<typeof LEASE>, 'networkId'>;

/** A port of a guest on the host, with what may pass it. */
export type PortOfHost = Row<typeof PORT>;
/** A network that the host has a part of. */
export interface NetworkOfHost extends Omit<Row<typeof NETWORK>, 'routed'> {
  readonly dhcp: boolean;
  readonly metadata: boolean;
  readonly leases: readonly Lease[];
}
/** What a host's network is to be (drivers/network/state.ts says what each part means). */
export interface HostState {
  readonly generation: string;
  readonly host: string;
  readonly tunnelAddress: string | null;
  readonly networks: readonly NetworkOfHost[];
  readonly ports: readonly PortOfHost[];
  readonly groups: readonly GroupOfHost[];
  readonly routers: readonly RouterOfHost[];
}

/** A state, and the parts of the records that it is made of: what else changes is nothing to the host. */
export interface Told {
  readonly state: HostState;
  readonly parts: ReadonlySet<string>;
}

/** A part of the records as changes name it. */
export const partOf = (kind: string, key: string): string => `${kind} ${key}`;

/** What the network of each host is to be, made of Neutron's records in a few statements, however much there is on the host. */
export class HostStates {
  constructor(private readonly sql: Statements) {}

  /** @returns the state of what the host's agents do: none of them, nothing */
  async of(host: string): Promise<Told> {
    const agents = await rowsOf(this.sql, AGENT)`
      SELECT agent_type AS type, COALESCE(configurations->>'tunnel_address', '') AS tunnel
      FROM neutron.agents WHERE host = ${host}`;
    const is = (...types: readonly string[]): boolean => agents.some((agent) => types.includes(agent.type));
    const hasCards = is(...CARD_AGENTS);
    const [ports, routers] = await Promise.all([
      hasCards ? this.ports(host) : [],
      is(L3_AGENT) ? routersOf(this.sql, host) : [],
    ]);
    const [networks, groups] = await Promise.all([
      hasCards ? this.networks(host, is(DHCP_AGENT)) : [],
      groupsOf(this.sql, [...new Set(ports.flatMap((port) => port.groups))]),
    ]);
    const state = {
      host,
      tunnelAddress: agents.find(({ tunnel }) => tunnel !== '')?.tunnel ?? null,
      networks,
      ports,
      groups: groups.map(({ group }) => group),
      routers,
    };
    const generation = createHash('sha256').update(JSON.stringify(state)).digest('hex').slice(0, 32);
    return {
      state: { generation, ...state },
      parts: new Set([
        partOf('host', host),
        partOf('host', '*'),
        ...networks.map(({ id }) => partOf('network', id)),
        ...routers.map(({ id }) => partOf('router', id)),
        ...groups.flatMap(({ parts }) => parts),
      ]),
    };
  }

  private ports(host: string) {
    return rowsOf(this.sql, PORT)`
      SELECT p.id, p.network_id AS "networkId", p.device_id AS "serverId", p.mac_address AS mac, p.admin_state_up AS "adminUp",
        p.port_security_enabled AS "portSecurity",
        ARRAY(SELECT a.ip_address FROM neutron.ip_allocations a WHERE a.port_id = p.id ORDER BY 1) AS ips,
        COALESCE((SELECT jsonb_agg(jsonb_build_object(
            'ip', pair->>'ip_address', 'mac', COALESCE(pair->>'mac_address', p.mac_address)) ORDER BY 1)
          FROM jsonb_array_elements(p.allowed_address_pairs) pair), '[]') AS "addressPairs",
        ARRAY(SELECT g.security_group_id FROM neutron.port_security_groups g WHERE g.port_id = p.id ORDER BY 1) AS groups,
        ${limitsOf(Prisma.sql`COALESCE(p.qos_policy_id, n.qos_policy_id)`)} AS qos
      FROM neutron.ports p JOIN neutron.networks n ON n.id = p.network_id
      WHERE p.binding_host_id = ${host} AND p.device_owner LIKE 'compute:%' ORDER BY p.id`;
  }

  /** Those that a guest, the DHCP or a router of the host is on. */
  private async networks(host: string, servesDhcp: boolean): Promise<NetworkOfHost[]> {
    const here = await rowsOf(this.sql, NETWORK_ID)`
      SELECT network_id AS id, bool_or(device_owner = 'network:dhcp') AS dhcp
      FROM neutron.ports WHERE binding_host_id = ${host} GROUP BY network_id`;
    const served = servesDhcp ? here.filter(({ dhcp }) => dhcp).map(({ id }) => id) : [];
    const [networks, leases] = await Promise.all([
      rowsOf(this.sql, NETWORK)`
        SELECT n.id, n.segmentation_id AS vni, n.mtu, n.admin_state_up AS "adminUp", n.external, n.dns_domain AS "dnsDomain",
          EXISTS (SELECT 1 FROM neutron.ports r
                  WHERE r.network_id = n.id AND r.device_owner = 'network:router_interface') AS routed,
          ARRAY(SELECT DISTINCT a.configurations->>'tunnel_address'
                FROM neutron.ports o JOIN neutron.agents a ON a.host = o.binding_host_id AND a.agent_type = ${BRIDGE_AGENT}
                WHERE o.network_id = n.id AND o.binding_host_id NOT IN ('', ${host})
                  AND a.configurations->>'tunnel_address' <> '' ORDER BY 1) AS peers,
          COALESCE((SELECT jsonb_agg(jsonb_build_object(
              'id', s.id, 'cidr', s.cidr, 'version', s.ip_version, 'gatewayIp', s.gateway_ip, 'enableDhcp', s.enable_dhcp,
              'dnsNameservers', to_jsonb(s.dns_nameservers), 'hostRoutes', s.host_routes,
              'raMode', s.ipv6_ra_mode, 'addressMode', s.ipv6_address_mode) ORDER BY s.created_at, s.id)
            FROM neutron.subnets s WHERE s.network_id = n.id), '[]') AS subnets,
          (SELECT jsonb_build_object('id', d.id, 'mac', d.mac_address, 'ips', ARRAY(
              SELECT a.ip_address FROM neutron.ip_allocations a WHERE a.port_id = d.id ORDER BY 1))
            FROM neutron.ports d WHERE d.network_id = n.id AND d.device_owner = 'network:dhcp' AND d.binding_host_id = ${host}
            ORDER BY d.id LIMIT 1) AS "dhcpPort"
        FROM neutron.networks n WHERE n.id = ANY(${here.map(({ id }) => id)}) ORDER BY n.id`,
      rowsOf(this.sql, LEASE)`
        SELECT p.network_id AS "networkId", p.id AS "portId", p.mac_address AS mac, p.dns_name AS hostname,
          ARRAY(SELECT a.ip_address FROM neutron.ip_allocations a WHERE a.port_id = p.id ORDER BY 1) AS ips,
          COALESCE((SELECT jsonb_agg(jsonb_build_object(
              'name', o->>'opt_name', 'value', o->>'opt_value', 'version', COALESCE((o->>'ip_version')::int, 4)) ORDER BY 1)
            FROM jsonb_array_elements(p.extra_dhcp_opts) o WHERE o->>'opt_value' IS NOT NULL), '[]') AS options
        FROM neutron.ports p WHERE p.network_id = ANY(${served}) AND p.device_owner NOT LIKE 'network:%' ORDER BY p.id`,
    ]);
    const leasesOf = new Map<string, Lease[]>(served.map((id) => [id, []]));
    for (const { networkId, ...lease } of leases) leasesOf.get(networkId)?.push(lease);
    return networks.map(({ routed, ...network }) => {
      const dhcp = served.includes(network.id);
      return {
        ...network,
        dhcp,
        // Where a router is, guests reach the metadata service by it, as in Neutron.
        metadata: dhcp && !routed,
        leases: leasesOf.get(network.id) ?? [],
      };
    });
  }
}
