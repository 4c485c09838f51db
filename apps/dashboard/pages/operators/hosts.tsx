import { useSuspenseQuery, queryOptions } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../api/http.js';
import { queryClient } from '../../api/query.js';
import { Badge } from '../../ui/badge.js';

interface Host {
  readonly id: string;
  readonly hypervisor_hostname: string;
  readonly hypervisor_type: string;
  readonly state: string;
  readonly status: string;
  readonly vcpus: number | null;
  readonly vcpus_used: number | null;
  readonly memory_mb: number | null;
  readonly memory_mb_used: number | null;
  readonly local_gb: number | null;
  readonly local_gb_used: number | null;
  readonly running_vms: number | null;
}

/** The newest microversion that tells what of a host is used; after it Placement does, host by host. */
const WITH_USAGE = 'compute 2.87';
/** Milliseconds between two looks: hosts report themselves every few seconds. */
const EVERY = 10_000;

const hostsQuery = queryOptions({
  queryKey: ['compute', 'hypervisors', 'usage'],
  queryFn: async () => {
    const { hypervisors } = await call<{ hypervisors: readonly Host[] }>('/compute/v2.1/os-hypervisors/detail', {
      headers: { 'openstack-api-version': WITH_USAGE },
    });
    return hypervisors;
  },
  refetchInterval: EVERY,
});

export async function loader(): Promise<null> {
  await queryClient.ensureQueryData(hostsQuery);
  return null;
}

/** So much of so much, as numbers and as a bar. */
function Of({ used, all, of }: { used: number | null; all: number | null; of: string }): ReactNode {
  if (used === null || all === null) return <span className="empty-value">unknown</span>;
  return (
    <>
      {used} of {all}{' '}
      <meter aria-label={`${of}: ${used} of ${all}`} value={used} max={Math.max(all, 1)} high={all * 0.8} />
    </>
  );
}

/** What the machines have, and what of it is used. */
export function Component(): ReactNode {
  const { data: hosts } = useSuspenseQuery(hostsQuery);
  return (
    <>
      <title>Hosts · Novaflow</title>
      <h1>Hosts</h1>
      <section className="scroll" aria-label="Hosts" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Host</th>
              <th scope="col">State</th>
              <th scope="col">Service</th>
              <th scope="col">Hypervisor</th>
              <th scope="col">Servers</th>
              <th scope="col">VCPUs</th>
              <th scope="col">Memory, MiB</th>
              <th scope="col">Disk, GiB</th>
            </tr>
          </thead>
          <tbody>
            {hosts.map((host) => (
              <tr key={host.id}>
                <th scope="row">{host.hypervisor_hostname}</th>
                <td>
                  <Badge status={host.state} />
                </td>
                <td>
                  <Badge status={host.status} />
                </td>
                <td>{host.hypervisor_type}</td>
                <td>{host.running_vms}</td>
                <td>
                  <Of used={host.vcpus_used} all={host.vcpus} of="VCPUs" />
                </td>
                <td>
                  <Of used={host.memory_mb_used} all={host.memory_mb} of="Memory" />
                </td>
                <td>
                  <Of used={host.local_gb_used} all={host.local_gb} of="Disk" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
