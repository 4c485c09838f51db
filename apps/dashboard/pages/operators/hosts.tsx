import { queryOptions, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../api/http.js';
import type { Answers } from '../../api/schema.js';
import { queryClient } from '../../api/query.js';
import { Badge } from '../../ui/badge.js';
import { Meter } from '../../ui/meter.js';
import { Table, type Column } from '../../ui/table.js';

type Hypervisors = Answers['GET /compute/v2.1/os-hypervisors/detail'];
type Host = Hypervisors['hypervisors'][number];

/** The newest microversion that tells what of a host is used; after it Placement does, host by host. */
const WITH_USAGE = 'compute 2.87';
/** Milliseconds between two looks: hosts report themselves every few seconds. */
const EVERY = 10_000;

const hostsQuery = queryOptions({
  queryKey: ['compute', 'hypervisors', 'usage'],
  queryFn: async () => {
    const { hypervisors } = await call<Hypervisors>('/compute/v2.1/os-hypervisors/detail', {
      headers: { 'openstack-api-version': WITH_USAGE },
    });
    return hypervisors;
  },
  refetchInterval: EVERY,
});

export async function loader(): Promise<null> {
  await queryClient.prefetchQuery(hostsQuery);
  return null;
}

/** So much of so much, as numbers and as a bar. */
function Of({
  used,
  all,
  of,
}: {
  used: number | null | undefined;
  all: number | null | undefined;
  of: string;
}): ReactNode {
  if (typeof used !== 'number' || typeof all !== 'number') return <span className="empty-value">unknown</span>;
  return (
    <>
      {used} of {all} <Meter of={of} used={used} all={all} />
    </>
  );
}

const COLUMNS: readonly Column<Host>[] = [
  {
    id: 'host',
    title: 'Host',
    head: true,
    cell: ({ hypervisor_hostname }) => hypervisor_hostname,
    by: ({ hypervisor_hostname }) => hypervisor_hostname,
  },
  { id: 'state', title: 'State', cell: ({ state }) => <Badge status={state} />, by: ({ state }) => state },
  { id: 'service', title: 'Service', cell: ({ status }) => <Badge status={status} />, by: ({ status }) => status },
  { id: 'hypervisor', title: 'Hypervisor', cell: ({ hypervisor_type }) => hypervisor_type },
  {
    id: 'servers',
    title: 'Servers',
    cell: ({ running_vms }) => running_vms,
    by: ({ running_vms }) => running_vms ?? 0,
  },
  {
    id: 'vcpus',
    title: 'VCPUs',
    cell: (host) => <Of used={host.vcpus_used} all={host.vcpus} of="VCPUs" />,
    by: ({ vcpus_used }) => vcpus_used ?? 0,
  },
  {
    id: 'memory',
    title: 'Memory, MiB',
    cell: (host) => <Of used={host.memory_mb_used} all={host.memory_mb} of="Memory" />,
    by: ({ memory_mb_used }) => memory_mb_used ?? 0,
  },
  {
    id: 'disk',
    title: 'Disk, GiB',
    cell: (host) => <Of used={host.local_gb_used} all={host.local_gb} of="Disk" />,
    by: ({ local_gb_used }) => local_gb_used ?? 0,
  },
];

/** What the machines have, and what of it is used. */
export function Component(): ReactNode {
  const { data: hosts, error } = useQuery(hostsQuery);
  return (
    <>
      <title>Hosts · Novaflow</title>
      <h1>Hosts</h1>
      <Table
        label="Hosts"
        rows={hosts}
        error={error}
        columns={COLUMNS}
        keyOf={({ id }) => String(id)}
        empty="No host has reported itself yet."
      />
    </>
  );
}
