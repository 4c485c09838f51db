import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { asText } from '../ui/as-text.js';
import { Badge } from '../ui/badge.js';
import { Table, type Column } from '../ui/table.js';
import type { Row } from '../api/resources.js';
import { pageOf, type Card, type Network, type Node, type Topology } from './model.js';

const NETWORKS: readonly Column<Network>[] = [
  {
    id: 'network',
    title: 'Network',
    cell: ({ id, name }) => <Link to={`/network/networks/${id}`}>{name}</Link>,
    by: ({ name }) => name,
  },
  {
    id: 'kind',
    title: 'Kind',
    cell: ({ external }) => (external ? 'external' : 'internal'),
    by: ({ external }) => Number(external),
  },
  {
    id: 'subnets',
    title: 'Subnets',
    cell: ({ subnets }) => (
      <ul className="plain">
        {subnets.map(({ id, name, cidr, gateway }) => (
          <li key={id}>
            <Link to={`/network/subnets/${id}`}>{name === id ? cidr : `${name} (${cidr})`}</Link>
            {gateway === '' ? ', no gateway' : `, gateway ${gateway}`}
          </li>
        ))}
      </ul>
    ),
  },
];

/** A line of the table of what hangs where. */
interface Hung {
  readonly node: Node;
  readonly card: Card | undefined;
  readonly as: string;
}

const hungOf = (nodes: readonly Node[]): readonly Hung[] =>
  nodes.flatMap((node): Hung[] => {
    const all: Hung[] = [
      ...(node.gateway === undefined ? [] : [{ node, card: node.gateway, as: 'gateway' }]),
      ...node.cards.map((card) => ({ node, card, as: node.kind === 'router' ? 'interface' : 'port' })),
    ];
    return all.length === 0 ? [{ node, card: undefined, as: 'hangs on no network' }] : all;
  });

const hungColumns = (nameOf: (network: string) => string): readonly Column<Hung>[] => [
  {
    id: 'what',
    title: 'What',
    cell: ({ node }) => (
      <>
        {node.kind} <Link to={pageOf(node)}>{node.name}</Link>
      </>
    ),
    by: ({ node }) => `${node.kind} ${node.name}`,
  },
  { id: 'as', title: 'By its', cell: ({ as }) => as, by: ({ as }) => as },
  {
    id: 'network',
    title: 'On network',
    cell: ({ card }) => (card === undefined ? '' : nameOf(card.network)),
    by: ({ card }) => (card === undefined ? '' : nameOf(card.network)),
  },
  { id: 'addresses', title: 'Addresses', cell: ({ card }) => card?.addresses.join(', ') ?? '' },
  { id: 'floating', title: 'Floating IPs', cell: ({ card }) => card?.floating.join(', ') ?? '' },
  {
    id: 'status',
    title: 'Status',
    cell: ({ card }) => (card === undefined ? '' : <Badge status={card.status} />),
    by: ({ card }) => card?.status ?? '',
  },
];

/** The same as the picture in tables: which networks there are, and what hangs on which. */
export function TopologyLists({ networks, nodes }: Topology): ReactNode {
  const names = new Map(networks.map(({ id, name }) => [id, name]));
  return (
    <>
      <h2>Networks</h2>
      <Table
        label="Networks and their subnets"
        rows={networks}
        columns={NETWORKS}
        keyOf={({ id }) => id}
        empty="There are no networks yet."
      />
      <h2>Routers and servers</h2>
      <Table
        label="Routers and servers on networks"
        rows={hungOf(nodes)}
        columns={hungColumns((network) => names.get(network) ?? network)}
        keyOf={({ node, card, as }) => `${node.id} ${as} ${card?.port ?? ''}`}
        empty="No router and no server hangs on a network yet."
      />
    </>
  );
}

const FREE: readonly Column<Row>[] = [
  {
    id: 'address',
    title: 'Address',
    cell: ({ id, floating_ip_address }) => (
      <Link to={`/network/floatingips/${asText(id)}`}>{asText(floating_ip_address)}</Link>
    ),
    by: ({ floating_ip_address }) => asText(floating_ip_address),
  },
  {
    id: 'for',
    title: 'Stands for',
    cell: ({ fixed_ip_address, port_forwardings }) =>
      asText(fixed_ip_address) ||
      (Array.isArray(port_forwardings) && port_forwardings.length > 0
        ? `${port_forwardings.length} forwarded ports`
        : 'nothing yet'),
  },
];

/** Floating IPs, with those that stand for nothing, which hang nowhere in the picture. */
export const FloatingIps = ({ rows }: { readonly rows: readonly Row[] }): ReactNode => (
  <>
    <h2>Floating IPs</h2>
    <Table
      label="Floating IPs"
      rows={rows}
      columns={FREE}
      keyOf={({ id }) => asText(id)}
      empty="There are no floating IPs yet."
    />
  </>
);
