import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { ApiError } from '../../api/errors.js';
import { call } from '../../api/http.js';
import { queryClient } from '../../api/query.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { Failure } from '../../ui/failure.js';
import { local } from '../../ui/times.js';

interface OpenOperation {
  readonly id: string;
  readonly kind: string;
  readonly resource_type: string;
  readonly resource_id: string;
  readonly state: string;
  readonly requested_at: string;
  readonly why: string;
  readonly detail: string;
}
interface Orphan {
  readonly kind: string;
  readonly id: string;
  readonly why: string;
  readonly host?: string;
}
interface Audit {
  readonly finished_at: string;
  readonly orphans: readonly Orphan[];
  readonly healed: readonly (Orphan & { readonly done: string })[];
  readonly unreachable: readonly string[];
}

/** Milliseconds between two looks at what does not go on. */
const EVERY = 5000;

function OpenOperations(): ReactNode {
  const { data, error } = useQuery({
    queryKey: ['operations', 'why'],
    queryFn: () => call<{ operations: readonly OpenOperation[] }>('/internal/operations'),
    refetchInterval: EVERY,
  });
  const operations = data?.operations ?? [];
  return (
    <section className="panel" aria-label="Operations under way">
      <h2>Operations under way, and why they do not go on</h2>
      <Failure error={error} />
      {data !== undefined && operations.length === 0 ? <p>Nothing is under way.</p> : null}
      <table hidden={operations.length === 0}>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">State</th>
            <th scope="col">Since</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {operations.map(({ id, kind, state, requested_at, why, detail }) => (
            <tr key={id}>
              <td>
                <Link to={`/activity/${id}`}>{kind}</Link>
              </td>
              <td>
                <Badge status={state} />
              </td>
              <td>{local(requested_at)}</td>
              <td>
                {why}
                <div className="quiet">{detail}</div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
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

const run = (heal: boolean): Promise<unknown> => call('/internal/audit', { method: 'POST', body: { heal } });

function Audits(): ReactNode {
  const { data, error } = useQuery({ queryKey: ['audit'], queryFn: lastAudit, staleTime: 0 });
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

/** What operators look at first when something is wrong: what does not go on, and what nobody owns. */
export const Component = (): ReactNode => (
  <>
    <title>Health · Novaflow</title>
    <h1>Health</h1>
    <OpenOperations />
    <Audits />
  </>
);
