import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { chaosRunsQuery, type ChaosSummary } from '../../api/chaos.js';
import { queryClient } from '../../api/query.js';
import { Table, type Column } from '../../ui/table.js';
import { duration, local } from '../../ui/times.js';

export async function loader(): Promise<null> {
  await queryClient.fetchQuery(chaosRunsQuery);
  return null;
}

/** Whether a run has shown what it is to show: that nothing is stuck, lost or left behind. */
export const verdictOf = ({ stuck, lost, leaks }: ChaosSummary): string =>
  stuck + lost + leaks === 0 ? 'all is well' : `${stuck} stuck, ${lost} lost, ${leaks} left behind`;

const COLUMNS: readonly Column<ChaosSummary>[] = [
  {
    id: 'began',
    title: 'Run',
    head: true,
    cell: ({ id, began_at }) => <Link to={`/chaos/${id}`}>{local(began_at)}</Link>,
    by: ({ began_at }) => began_at,
  },
  { id: 'seed', title: 'Seed', cell: ({ seed }) => seed, by: ({ seed }) => seed },
  { id: 'boots', title: 'Boots', cell: ({ boots }) => boots, by: ({ boots }) => boots },
  {
    id: 'disturbed',
    title: 'Disturbances',
    cell: ({ disturbances }) => disturbances,
    by: ({ disturbances }) => disturbances,
  },
  { id: 'verdict', title: 'Verdict', cell: verdictOf, by: verdictOf },
  {
    id: 'recovery',
    title: 'Quiet after',
    cell: ({ recovery_ms }) => (recovery_ms === null ? 'never' : duration(recovery_ms)),
    by: ({ recovery_ms }) => recovery_ms ?? Infinity,
  },
];

/** The chaos runs of this machine. */
export function Component(): ReactNode {
  const { data, error } = useQuery(chaosRunsQuery);
  return (
    <>
      <title>Chaos runs · Novaflow</title>
      <h1>Chaos runs</h1>
      <p className="quiet">
        <code>npm run chaos</code> boots and deletes servers on a cloud of its own while its processes are killed,
        paused and restarted, and then counts what is stuck, lost or left behind.
      </p>
      <Table
        label="Chaos runs"
        rows={data}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty="No run was made on this machine yet."
        error={error}
      />
    </>
  );
}
