import { useQueries, useSuspenseQuery } from '@tanstack/react-query';
import { useId, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { ResourceSpec } from '../api/contract.js';
import { queryClient } from '../api/query.js';
import { resourcesQuery, rowsQuery, type Rows } from '../api/resources.js';
import { FloatingIps, TopologyLists } from '../topology/lists.js';
import { topologyOf, type Node } from '../topology/model.js';
import { Openings } from '../topology/openings.js';
import { Picture } from '../topology/picture.js';
import { Failure } from '../ui/failure.js';

/** More routers, servers and networks than this are no picture any more; the tables below have them all. */
const DRAWN = 200;
/** More rows than this of anything take longer to read than somebody waits for a picture. */
const READ = 5000;
const NOTHING: Rows = { rows: [], complete: true };

const SHOWN = [
  ['network', 'networks'],
  ['network', 'subnets'],
  ['network', 'ports'],
  ['network', 'routers'],
  ['network', 'floatingips'],
  ['network', 'security_groups'],
  ['network', 'address_groups'],
  ['compute', 'servers'],
] as const;
type Shown = (typeof SHOWN)[number][1];

const queryOf = (specs: readonly ResourceSpec[], [service, many]: (typeof SHOWN)[number]) => ({
  ...rowsQuery(
    specs.find((one) => one.service === service && one.many === many),
    READ,
  ),
  staleTime: 5000,
});

export async function loader(): Promise<null> {
  const specs = await queryClient.ensureQueryData(resourcesQuery);
  await Promise.all(SHOWN.map((one) => queryClient.prefetchQuery(queryOf(specs, one))));
  return null;
}

interface ChosenProps {
  readonly servers: readonly Node[];
  readonly chosen: string;
  readonly onChoose: (server: string) => void;
}

function Chosen({ servers, chosen, onChoose }: ChosenProps): ReactNode {
  const id = useId();
  return (
    <p className="bar">
      <label htmlFor={id}>Server</label>
      <select
        id={id}
        value={chosen}
        onChange={({ target }) => {
          onChoose(target.value);
        }}
      >
        <option value="">choose one…</option>
        {servers.map((server) => (
          <option key={server.id} value={server.id}>
            {server.name}
          </option>
        ))}
      </select>
    </p>
  );
}

/** The networks of a project, what hangs on them, and what of a server is open to whom. */
export function Component(): ReactNode {
  const { data: specs } = useSuspenseQuery(resourcesQuery);
  const [params, setParams] = useSearchParams();
  const answers = useQueries({ queries: SHOWN.map((one) => queryOf(specs, one)) });
  const lists = Object.fromEntries(
    SHOWN.map(([, many], at) => [many, answers[at]?.data ?? NOTHING]),
  ) as unknown as Readonly<Record<Shown, Rows>>;
  const topology = topologyOf(lists);
  const chosen = params.get('server') ?? '';
  return (
    <>
      <title>Topology · Novaflow</title>
      <h1>Topology</h1>
      <Failure error={answers.find(({ error }) => error !== null)?.error} />
      {Object.values(lists).every(({ complete }) => complete) ? null : (
        <p className="quiet">The project has more: only the first {READ} of each kind are here.</p>
      )}
      {topology.nodes.length + topology.networks.length <= DRAWN ? (
        <Picture {...topology} />
      ) : (
        <p className="quiet">More than {DRAWN} networks, routers and servers are not drawn.</p>
      )}
      <h2 id="open">What is open to whom</h2>
      <Chosen
        servers={topology.nodes.filter(({ kind }) => kind === 'server')}
        chosen={chosen}
        onChoose={(server) => {
          setParams(server === '' ? {} : { server }, { preventScrollReset: true });
        }}
      />
      {chosen === '' ? null : <Openings server={chosen} lists={lists} addressGroups={lists.address_groups.rows} />}
      <TopologyLists {...topology} />
      <FloatingIps rows={lists.floatingips.rows} />
    </>
  );
}
