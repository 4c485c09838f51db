import { queryOptions, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../api/http.js';
import { queryClient } from '../api/query.js';
import type { Answers } from '../api/schema.js';
import { sessionQuery, useSession } from '../api/session.js';
import { Meter } from '../ui/meter.js';
import { Table, type Column } from '../ui/table.js';

/** How much of something a project has of what it may have; a limit below 0 is none. */
interface Share {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
}

/** Nova's limits, whose names tell which number belongs to which (nova/api/openstack/compute/limits.py). */
const NOVA: readonly (readonly [string, string, string])[] = [
  ['Servers', 'totalInstancesUsed', 'maxTotalInstances'],
  ['VCPUs', 'totalCoresUsed', 'maxTotalCores'],
  ['Memory, MiB', 'totalRAMUsed', 'maxTotalRAMSize'],
  ['Server groups', 'totalServerGroupsUsed', 'maxServerGroups'],
];

async function compute(): Promise<readonly Share[]> {
  const { limits } = await call<Answers['GET /compute/v2.1/limits']>('/compute/v2.1/limits');
  return NOVA.flatMap(([name, used, limit]) => {
    const [has, may] = [limits.absolute[used], limits.absolute[limit]];
    return has === undefined || may === undefined ? [] : [{ name, used: has, limit: may }];
  });
}

const spoken = (name: string): string => name.replaceAll('_', ' ');

async function network(project: string): Promise<readonly Share[]> {
  type Details = Answers['GET /network/v2.0/quotas/{projectId}/details'];
  const { quota } = await call<Details>(`/network/v2.0/quotas/${project}/details`);
  return Object.entries(quota).map(([name, { used, limit }]) => ({ name: spoken(name), used, limit }));
}

async function volume(project: string): Promise<readonly Share[]> {
  type Quotas = Answers['GET /volume/v3/os-quota-sets/{projectId}'];
  const { quota_set } = await call<Quotas>(`/volume/v3/os-quota-sets/${project}?usage=true`);
  return Object.entries(quota_set).flatMap(([name, one]) =>
    typeof one === 'object' ? [{ name: spoken(name), used: one.in_use, limit: one.limit }] : [],
  );
}

const COLUMNS: readonly Column<Share>[] = [
  { id: 'name', title: 'What', head: true, cell: ({ name }) => name },
  { id: 'used', title: 'Used', cell: ({ used }) => used },
  { id: 'limit', title: 'Of', cell: ({ limit }) => (limit < 0 ? 'no limit' : limit) },
  { id: 'share', title: 'Share', cell: ({ name, used, limit }) => <Meter of={name} used={used} all={limit} /> },
];

/** Each part of the page, and what it asks. */
const PARTS = [
  ['Compute', compute],
  ['Volumes', volume],
  ['Network', network],
] as const;
type Part = (typeof PARTS)[number];

const sharesQuery = ([title, read]: Part, project: string) =>
  queryOptions({ queryKey: ['usage', title, project], queryFn: () => read(project), staleTime: 0 });

export async function loader(): Promise<null> {
  const project = (await queryClient.ensureQueryData(sessionQuery))?.project;
  if (project) await Promise.all(PARTS.map((part) => queryClient.prefetchQuery(sharesQuery(part, project.id))));
  return null;
}

function Shares({ part, project }: { readonly part: Part; readonly project: string }): ReactNode {
  const { data, error } = useQuery(sharesQuery(part, project));
  const [title] = part;
  return (
    <section className="panel">
      <h2>{title}</h2>
      <Table
        label={`${title}: used of quotas`}
        rows={data}
        error={error}
        columns={COLUMNS}
        keyOf={({ name }) => name}
        empty="There is no quota."
      />
    </section>
  );
}

/** What the project uses of its quotas. */
export function Component(): ReactNode {
  const { project } = useSession();
  if (project === null) return <p>A session without a project has no quotas.</p>;
  return (
    <>
      <title>Usage · Novaflow</title>
      <h1>Usage of {project.name}</h1>
      {PARTS.map((part) => (
        <Shares key={part[0]} part={part} project={project.id} />
      ))}
    </>
  );
}
