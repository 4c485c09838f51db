import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { choicesQuery, resourcesQuery, type Row } from '../api/resources.js';
import { asText } from '../ui/as-text.js';
import { Failure } from '../ui/failure.js';

/** More than so many servers on networks are no picture any more; the table below has them all. */
const DRAWN = 200;
const STEP = { x: 190, y: 56 } as const;
const NODE = { width: 150, height: 36 } as const;
const LEFT = 24;
const TOP = 60;

/** A card: which server is on which network, with which addresses. */
interface Card {
  readonly server: string;
  readonly network: string;
  readonly addresses: string;
}

const isOfServer = (port: Row): boolean => asText(port['device_owner']).startsWith('compute:');

const cardOf = (port: Row): Card => ({
  server: asText(port['device_id']),
  network: asText(port['network_id']),
  addresses: (port['fixed_ips'] as readonly { ip_address: string }[]).map((ip) => ip.ip_address).join(', '),
});

function useRows(service: string, many: string): { readonly rows: readonly Row[]; readonly error: Error | null } {
  const { data: specs = [] } = useQuery(resourcesQuery);
  const spec = specs.find((one) => one.service === service && one.many === many);
  const { data: rows = [], error } = useQuery({ ...choicesQuery(spec), staleTime: 5000 });
  return { rows, error };
}

interface Shown {
  readonly networks: readonly Row[];
  readonly cards: readonly Card[];
  readonly nameOf: (server: string) => string;
}

/** Networks are bars from top to bottom; a server is a row that hangs on each network that it has a card in. */
function Picture({ networks, cards, nameOf }: Shown): ReactNode {
  const servers = [...new Set(cards.map(({ server }) => server))];
  const column = new Map(networks.map(({ id }, index) => [asText(id), LEFT + index * STEP.x]));
  const right = LEFT + networks.length * STEP.x;
  const width = right + NODE.width + LEFT;
  const height = TOP + Math.max(1, servers.length) * STEP.y;
  return (
    <svg
      className="topology"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      aria-label={`${servers.length} servers on ${networks.length} networks`}
      // An element for each part, so that each is a link; an img has none.
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="group"
    >
      {networks.map((network) => {
        const x = column.get(asText(network['id'])) ?? LEFT;
        return (
          <g key={asText(network['id'])}>
            <text x={x} y={24}>
              <Link to={`/network/networks/${asText(network['id'])}`}>{asText(network['name']) || 'network'}</Link>
            </text>
            <line className="net" x1={x + 8} x2={x + 8} y1={34} y2={height - 10} />
          </g>
        );
      })}
      {servers.map((server, index) => {
        const y = TOP + index * STEP.y;
        const own = cards.filter((card) => card.server === server);
        const first = Math.min(...own.map(({ network }) => column.get(network) ?? right));
        return (
          <g key={server}>
            <line className="card" x1={first + 8} x2={right} y1={y + NODE.height / 2} y2={y + NODE.height / 2} />
            {own.map(({ network, addresses }) => (
              <g key={network}>
                <circle cx={(column.get(network) ?? right) + 8} cy={y + NODE.height / 2} r={5} />
                <text className="ip" x={(column.get(network) ?? right) + 18} y={y + NODE.height / 2 - 6}>
                  {addresses}
                </text>
              </g>
            ))}
            <Link to={`/compute/servers/${server}`}>
              <rect x={right} y={y} width={NODE.width} height={NODE.height} rx={6} />
              <text x={right + 10} y={y + NODE.height / 2 + 5}>
                {nameOf(server).slice(0, 18)}
              </text>
            </Link>
          </g>
        );
      })}
    </svg>
  );
}

function Table({ networks, cards, nameOf }: Shown): ReactNode {
  const names = new Map(networks.map(({ id, name }) => [asText(id), asText(name)]));
  if (cards.length === 0) return <p className="quiet">No server has a card in a network yet.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Network</th>
          <th scope="col">Server</th>
          <th scope="col">Addresses</th>
        </tr>
      </thead>
      <tbody>
        {cards.map(({ network, server, addresses }) => (
          <tr key={`${network} ${server} ${addresses}`}>
            <td>{names.get(network) ?? network}</td>
            <td>
              <Link to={`/compute/servers/${server}`}>{nameOf(server)}</Link>
            </td>
            <td>{addresses}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Which server is on which network. */
export function Component(): ReactNode {
  const networks = useRows('network', 'networks');
  const ports = useRows('network', 'ports');
  const servers = useRows('compute', 'servers');
  const names = new Map(servers.rows.map(({ id, name }) => [asText(id), asText(name)]));
  const cards = ports.rows.filter(isOfServer).map(cardOf);
  const shown: Shown = { networks: networks.rows, cards, nameOf: (server) => names.get(server) ?? server };
  return (
    <>
      <title>Topology · Novaflow</title>
      <h1>Topology</h1>
      <Failure error={networks.error ?? ports.error ?? servers.error} />
      {cards.length + networks.rows.length <= DRAWN ? <Picture {...shown} /> : null}
      <h2>Cards</h2>
      <Table {...shown} />
    </>
  );
}
