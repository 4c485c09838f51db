import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useParams, type LoaderFunctionArgs } from 'react-router';
import {
  chaosRunQuery,
  type ChaosRun,
  type ChaosServer,
  type ChaosSummary,
  type Disturbance,
} from '../../api/chaos.js';
import { queryClient } from '../../api/query.js';
import { Badge } from '../../ui/badge.js';
import { Copyable } from '../../ui/copyable.js';
import { Table, type Column } from '../../ui/table.js';
import { duration, local } from '../../ui/times.js';
import { ChaosTimeline, DISTURBED } from './chaos-timeline.js';
import { verdictOf } from './chaos-runs.js';

export async function loader({ params }: LoaderFunctionArgs): Promise<null> {
  await queryClient.ensureQueryData(chaosRunQuery(params['id'] ?? ''));
  return null;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const DONE: readonly Column<Disturbance>[] = [
  { id: 'at', title: 'At', cell: ({ at }) => seconds(at), by: ({ at }) => at },
  { id: 'target', title: 'Process', head: true, cell: ({ target }) => target, by: ({ target }) => target },
  { id: 'what', title: 'What was done', cell: ({ what }) => DISTURBED[what], by: ({ what }) => what },
  {
    id: 'took',
    title: 'For',
    cell: ({ at, ended_at }) => duration(ended_at - at),
    by: ({ at, ended_at }) => ended_at - at,
  },
];

const SERVERS: readonly Column<ChaosServer>[] = [
  { id: 'id', title: 'Server', head: true, cell: ({ id }) => <Copyable value={id} short /> },
  { id: 'at', title: 'Asked for', cell: ({ at }) => seconds(at), by: ({ at }) => at },
  {
    id: 'built',
    title: 'In BUILD for',
    cell: ({ at, settled_at, gone_at }) => duration((settled_at ?? gone_at ?? at) - at),
    by: ({ at, settled_at, gone_at }) => (settled_at ?? gone_at ?? at) - at,
  },
  {
    id: 'status',
    title: 'Became',
    cell: ({ status, gone_at }) => <Badge status={status ?? (gone_at === null ? 'BUILD' : 'DELETED')} />,
    by: ({ status }) => status ?? '',
  },
  { id: 'fault', title: 'Why', cell: ({ fault }) => fault ?? '' },
  {
    id: 'gone',
    title: 'Gone',
    cell: ({ gone_at }) => (gone_at === null ? 'never' : seconds(gone_at)),
    by: ({ gone_at }) => gone_at ?? Infinity,
  },
];

/** What came of a run, in sentences. */
function Summary({ run }: { readonly run: ChaosSummary }): ReactNode {
  const { boots, active, error, error_by_intent, deleted_in_build, disturbances, longest_boot_ms, recovery_ms } = run;
  return (
    <p>
      {disturbances} disturbances; {boots} boots: {active} became ACTIVE, {error} ERROR
      {error_by_intent > 0 ? ` (${error_by_intent} since their network was taken away on purpose)` : ''},{' '}
      {deleted_in_build} were deleted while they were built. The longest boot took {duration(longest_boot_ms)}.{' '}
      {recovery_ms === null
        ? 'It never was quiet again.'
        : `All was quiet ${duration(recovery_ms)} after the last disturbance.`}
    </p>
  );
}

function Tables({ disturbed, servers }: Pick<ChaosRun, 'disturbed' | 'servers'>): ReactNode {
  return (
    <>
      <h2>What was disturbed</h2>
      <Table
        label="What was disturbed"
        rows={disturbed}
        columns={DONE}
        keyOf={({ at, target }) => `${at} ${target}`}
        empty="Nothing was disturbed."
      />
      <h2>What the servers did</h2>
      <Table
        label="What the servers did"
        rows={servers}
        columns={SERVERS}
        keyOf={({ id }) => id}
        empty="No server was asked for."
      />
    </>
  );
}

/** One chaos run: its timeline, and the same as tables. */
export function Component(): ReactNode {
  const { data } = useSuspenseQuery(chaosRunQuery(useParams()['id'] ?? ''));
  const { run } = data;
  const verdict = verdictOf(run);
  return (
    <>
      <title>{`Chaos run of seed ${run.seed} · Novaflow`}</title>
      <p>
        <Link to="/chaos">Chaos runs</Link>
      </p>
      <div className="title">
        <h1>Chaos run of seed {run.seed}</h1>
        <span className={`badge ${run.stuck + run.lost + run.leaks === 0 ? 'good' : 'bad'}`}>{verdict}</span>
        <span className="quiet">{local(run.began_at)}</span>
      </div>
      <Summary run={run} />
      <ChaosTimeline {...data} />
      <Tables disturbed={data.disturbed} servers={data.servers} />
    </>
  );
}
