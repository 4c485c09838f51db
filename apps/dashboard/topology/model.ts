import type { Row, Rows } from '../api/resources.js';
import { asText } from '../ui/as-text.js';
import { grouped } from './grouped.js';

/** What a topology is made of: the rows of these lists. */
export type Lists = Readonly<
  Record<'networks' | 'subnets' | 'ports' | 'routers' | 'floatingips' | 'servers' | 'security_groups', Rows>
>;

export interface Subnet {
  readonly id: string;
  readonly name: string;
  readonly cidr: string;
  readonly gateway: string;
}
export interface Network {
  readonly id: string;
  readonly name: string;
  /** Whether routers have their gateways and floating IPs their addresses in it. */
  readonly external: boolean;
  readonly subnets: readonly Subnet[];
}

/** Where something hangs on a network. */
export interface Card {
  /** The port; empty for a gateway, whose port a project does not see. */
  readonly port: string;
  readonly network: string;
  readonly addresses: readonly string[];
  /** The floating IPs that stand for its addresses. */
  readonly floating: readonly string[];
  readonly status: string;
}
/** What hangs on networks: a router with its gateway and its interfaces, or a server with its ports. */
export interface Node {
  readonly kind: 'router' | 'server';
  readonly id: string;
  readonly name: string;
  readonly gateway: Card | undefined;
  readonly cards: readonly Card[];
}

export interface Topology {
  /** External ones first: what comes from outside comes through them. */
  readonly networks: readonly Network[];
  readonly nodes: readonly Node[];
}

interface Address {
  readonly ip_address: string;
}
const addressesOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? (value as readonly Address[]).map(({ ip_address }) => ip_address) : [];

const nameOf = ({ id, name }: Row): string => asText(name) || asText(id);

const networkOf = (row: Row, subnets: readonly Row[]): Network => ({
  id: asText(row['id']),
  name: nameOf(row),
  external: row['router:external'] === true,
  subnets: subnets
    .filter(({ network_id }) => network_id === row['id'])
    .map((subnet) => ({
      id: asText(subnet['id']),
      name: nameOf(subnet),
      cidr: asText(subnet['cidr']),
      gateway: asText(subnet['gateway_ip']),
    })),
});

const cardOf = (port: Row, floating: ReadonlyMap<string, readonly string[]>): Card => ({
  port: asText(port['id']),
  network: asText(port['network_id']),
  addresses: addressesOf(port['fixed_ips']),
  floating: floating.get(asText(port['id'])) ?? [],
  status: asText(port['status']),
});

function gatewayOf({ external_gateway_info }: Row): Card | undefined {
  if (typeof external_gateway_info !== 'object' || external_gateway_info === null) return undefined;
  const { network_id, external_fixed_ips } = external_gateway_info as Row;
  const addresses = addressesOf(external_fixed_ips);
  return { port: '', network: asText(network_id), addresses, floating: [], status: 'ACTIVE' };
}

/** Ports by whose they are: of a router's interfaces, and of servers. Somebody may have named an owner and no server. */
function byDevice(ports: readonly Row[], isOf: (owner: string) => boolean): ReadonlyMap<string, readonly Row[]> {
  const own = ports.filter((port) => isOf(asText(port['device_owner'])) && asText(port['device_id']) !== '');
  return grouped(own, (port) => asText(port['device_id']));
}

/** Networks, and what hangs on them: routers, and servers that have a port. */
export function topologyOf({ networks, subnets, ports, routers, floatingips, servers }: Lists): Topology {
  const associated = grouped(
    floatingips.rows.filter(({ port_id }) => asText(port_id) !== ''),
    ({ port_id }) => asText(port_id),
  );
  const floating = new Map(
    [...associated].map(([port, ips]) => [port, ips.map((ip) => asText(ip['floating_ip_address']))]),
  );
  const cardsOf = (own: readonly Row[] = []): readonly Card[] => own.map((port) => cardOf(port, floating));
  const interfaces = byDevice(ports.rows, (owner) => owner === 'network:router_interface');
  const ofServers = byDevice(ports.rows, (owner) => owner.startsWith('compute:'));
  const names = new Map(servers.rows.map((server) => [asText(server['id']), nameOf(server)]));
  return {
    networks: networks.rows
      .map((row) => networkOf(row, subnets.rows))
      .toSorted((a, b) => Number(b.external) - Number(a.external)),
    nodes: [
      ...routers.rows.map((router): Node => ({
        kind: 'router',
        id: asText(router['id']),
        name: nameOf(router),
        gateway: gatewayOf(router),
        cards: cardsOf(interfaces.get(asText(router['id']))),
      })),
      ...[...ofServers].map(([id, own]): Node => ({
        kind: 'server',
        id,
        name: names.get(id) ?? id,
        gateway: undefined,
        cards: cardsOf(own),
      })),
    ],
  };
}

/** The page of what a node is. */
export const pageOf = ({ kind, id }: Node): string =>
  kind === 'router' ? `/network/routers/${id}` : `/compute/servers/${id}`;
