import { queryOptions, useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { ApiError } from '../../api/errors.js';
import { call } from '../../api/http.js';
import type { Answers } from '../../api/schema.js';
import { queryClient } from '../../api/query.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { Failure } from '../../ui/failure.js';
import { Table, type Column } from '../../ui/table.js';
import { local } from '../../ui/times.js';

type Open = Answers['GET /internal/operations']['operations'][number];
type Audit = Answers['GET /internal/audit'];

/** Milliseconds between two looks at what does not go on. */
const EVERY = 5000;

const openQuery = queryOptions({
  queryKey: ['operations', 'why'],
  queryFn: async () => (await call<Answers['GET /internal/operations']>('/internal/operations')).operations,
  refetchInterval: EVERY,
});

const WAITING: readonly Column<Open>[] = [
  { id: 'kind', title: 'Operation', cell: ({ id, kind }) => <Link to={`/activity/${id}`}>{kind}</Link> },
  { id: 'state', title: 'State', cell: ({ state }) => <Badge status={state} /> },
  {
    id: 'since',
    title: 'Since',
    cell: ({ requested_at }) => local(requested_at),
    by: ({ requested_at }) => Date.parse(requested_at),
  },
  {
    id: 'why',
    title: 'Why',
    cell: ({ why, detail }) => (
      <>
        {why}
        <div className="quiet">{detail}</div>
      </>
    ),
  },
];

function OpenOperations(): ReactNode {
  const { data, error } = useQuery(openQuery);
  return (
    <section className="panel">
      <h2>Operations under way, and why they do not go on</h2>
      <Table
        label="Operations under way"
        rows={data}
        error={error}
        columns={WAITING}
        keyOf={({ id }) => id}
        empty="Nothing is under way."
      />
    </section>
  );
}

/** The last audit; undefined where there was none yet. */
async function lastAudit(): Promise<Audit | null> {
  try {
    return await call<Audit>('/internal/audit');
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

const auditQuery = queryOptions({ queryKey: ['audit'], queryFn: lastAudit, staleTime: 0 });

const run = (heal: boolean): Promise<unknown> => call('/internal/audit', { method: 'POST', body: { heal } });

function Audits(): ReactNode {
  const { data, error } = useQuery(auditQuery);
  const audit = useMutation({
    mutationFn: run,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['audit'] }),
  });
  const reason = audit.isPending ? 'An audit is under way.' : undefined;
  return (
    <section className="panel" aria-label="Audit">
      <div className="title">
        <h2>What nobody owns</h2>
        <span className="grow" />
        <Button reason={reason} onPress={() => audit.mutate(false)}>
          Audit now
        </Button>
        <Button reason={reason} onPress={() => audit.mutate(true)}>
          Audit and repair
        </Button>
      </div>
      <Failure error={error ?? audit.error} />
      {data ? <Findings audit={data} /> : <p className="quiet">There was no audit yet.</p>}
    </section>
  );
}

function Findings({ audit: { finished_at, orphans, healed, unreachable } }: { readonly audit: Audit }): ReactNode {
  return (
    <>
      <p>
        At {local(finished_at)}: {orphans.length === 0 ? 'nothing is orphaned' : `${orphans.length} orphans`},{' '}
        {healed.length} repaired
        {unreachable.length === 0 ? '' : `; not reached: ${unreachable.join(', ')}`}.
      </p>
      <ul>
        {orphans.map(({ kind, id, why, host }) => (
          <li key={`${kind} ${id} ${host ?? ''}`}>
            {kind} <span className="mono">{id}</span>: {why}
          </li>
        ))}
        {healed.map(({ kind, id, done, host }) => (
          <li key={`healed ${kind} ${id} ${host ?? ''}`}>
            {kind} <span className="mono">{id}</span>: {done}
          </li>
        ))}
      </ul>
    </>
  );
}

export async function loader(): Promise<null> {
  await Promise.all([queryClient.prefetchQuery(openQuery), queryClient.prefetchQuery(auditQuery)]);
  return null;
}

/** What operators look at first when something is wrong: what does not go on, and what nobody owns. */
export const Component = (): ReactNode => (
  <>
    <title>Health · Novaflow</title>
    <h1>Health</h1>
    <OpenOperations />
    <Audits />
  </>
);
