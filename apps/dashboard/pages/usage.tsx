import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../api/http.js';
import { useSession } from '../api/session.js';
import { Failure } from '../ui/failure.js';

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
  const { limits } = await call<{ limits: { absolute: Record<string, number> } }>('/compute/v2.1/limits');
  return NOVA.flatMap(([name, used, limit]) => {
    const [has, may] = [limits.absolute[used], limits.absolute[limit]];
    return has === undefined || may === undefined ? [] : [{ name, used: has, limit: may }];
  });
}

type Details = Record<string, { readonly limit: number; readonly used?: number; readonly in_use?: number } | string>;

const ofDetails = (details: Details): readonly Share[] =>
  Object.entries(details).flatMap(([name, one]) =>
    typeof one === 'string'
      ? []
      : [{ name: name.replaceAll('_', ' '), used: one.used ?? one.in_use ?? 0, limit: one.limit }],
  );

const network = async (project: string): Promise<readonly Share[]> =>
  ofDetails((await call<{ quota: Details }>(`/network/v2.0/quotas/${project}/details`)).quota);

const volume = async (project: string): Promise<readonly Share[]> =>
  ofDetails((await call<{ quota_set: Details }>(`/volume/v3/os-quota-sets/${project}?usage=true`)).quota_set);

function Shares({
  title,
  read,
}: {
  readonly title: string;
  readonly read: () => Promise<readonly Share[]>;
}): ReactNode {
  const { data = [], error } = useQuery({ queryKey: ['usage', title], queryFn: read, staleTime: 0 });
  return (
    <section className="panel" aria-label={title}>
      <h2>{title}</h2>
      <Failure error={error} />
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Used</th>
            <th scope="col">Of</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {data.map(({ name, used, limit }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{used}</td>
              <td>{limit < 0 ? 'no limit' : limit}</td>
              <td>
                {limit > 0 ? (
                  <meter aria-label={`${name}: ${used} of ${limit}`} value={used} max={limit} high={limit * 0.8} />
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
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
      <Shares title="Compute" read={compute} />
      <Shares title="Volumes" read={() => volume(project.id)} />
      <Shares title="Network" read={() => network(project.id)} />
    </>
  );
}
