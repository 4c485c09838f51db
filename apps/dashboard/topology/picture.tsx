import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { pageOf, type Card, type Network, type Node, type Topology } from './model.js';

const STEP = { x: 190, y: 60 } as const;
const NODE = { width: 170, height: 40 } as const;
const LEFT = 24;
/** Names and addresses of networks stand above the bars; so many lines of subnets, and what is more is in the table. */
const SUBNETS = 2;
const TOP = 96;
/** Characters that fit into the width of a bar's place, and of a box. */
const FIT = { bar: 22, box: 19 } as const;

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function Bar({
  network,
  x,
  height,
}: {
  readonly network: Network;
  readonly x: number;
  readonly height: number;
}): ReactNode {
  const { id, name, external, subnets } = network;
  return (
    <g>
      <text x={x} y={20}>
        <Link to={`/network/networks/${id}`}>{cut(name, FIT.bar)}</Link>
      </text>
      {external ? (
        <text className="ip" x={x} y={37}>
          external
        </text>
      ) : null}
      {subnets.slice(0, SUBNETS).map((subnet, at) => (
        <text key={subnet.id} className="ip" x={x} y={54 + at * 16}>
          {subnet.cidr}
          {at === SUBNETS - 1 && subnets.length > SUBNETS ? ' …' : ''}
        </text>
      ))}
      <line className={external ? 'net external' : 'net'} x1={x + 8} x2={x + 8} y1={TOP - 14} y2={height - 10} />
    </g>
  );
}

interface LinesProps {
  readonly cards: readonly Card[];
  readonly columnOf: (network: string) => number;
  readonly right: number;
  readonly y: number;
}

/** A line to each network that it hangs on, with the addresses there. */
function Lines({ cards, columnOf, right, y }: LinesProps): ReactNode {
  const first = Math.min(right, ...cards.map(({ network }) => columnOf(network)));
  return (
    <>
      <line className="card" x1={first + 8} x2={right} y1={y} y2={y} />
      {cards.map(({ port, network, addresses, status }) => (
        <g key={port || network}>
          <circle className={status === 'ACTIVE' ? undefined : 'down'} cx={columnOf(network) + 8} cy={y} r={5} />
          <text className="ip" x={columnOf(network) + 18} y={y - 6}>
            {cut(addresses.join(', '), FIT.bar)}
          </text>
        </g>
      ))}
    </>
  );
}

function Box({ node, x, y }: { readonly node: Node; readonly x: number; readonly y: number }): ReactNode {
  const floating = node.cards.flatMap((card) => card.floating);
  const below = node.kind === 'router' ? 'router' : floating.join(', ');
  return (
    <Link to={pageOf(node)}>
      <rect
        className={node.kind}
        x={x}
        y={y}
        width={NODE.width}
        height={NODE.height}
        rx={node.kind === 'router' ? 20 : 6}
      />
      <text x={x + 12} y={y + (below === '' ? 25 : 17)}>
        {cut(node.name, FIT.box)}
      </text>
      {below === '' ? null : (
        <text className="ip" x={x + 12} y={y + 33}>
          {cut(below, FIT.box + 5)}
        </text>
      )}
    </Link>
  );
}

/** Networks are bars from top to bottom; a router or a server is a row that hangs on each network that it has a port in. */
export function Picture({ networks, nodes }: Topology): ReactNode {
  const column = new Map(networks.map(({ id }, index) => [id, LEFT + index * STEP.x]));
  const right = LEFT + networks.length * STEP.x;
  const width = right + NODE.width + LEFT;
  const height = TOP + Math.max(1, nodes.length) * STEP.y;
  const columnOf = (network: string): number => column.get(network) ?? right;
  const count = (kind: Node['kind']): number => nodes.filter((node) => node.kind === kind).length;
  return (
    <section className="scroll topology-scroll" aria-label="Drawing" tabIndex={0}>
      <svg
        className="topology"
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        aria-label={`${count('server')} servers and ${count('router')} routers on ${networks.length} networks`}
        // An element for each part, so that each is a link; an img has none.
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
        role="group"
      >
        {networks.map((network) => (
          <Bar key={network.id} network={network} x={columnOf(network.id)} height={height} />
        ))}
        {nodes.map((node, index) => {
          const y = TOP + index * STEP.y;
          const cards = node.gateway === undefined ? node.cards : [node.gateway, ...node.cards];
          return (
            <g key={node.id}>
              <Lines cards={cards} columnOf={columnOf} right={right} y={y + NODE.height / 2} />
              <Box node={node} x={right} y={y} />
            </g>
          );
        })}
      </svg>
    </section>
  );
}
