import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { Link, redirect, useParams, type LoaderFunctionArgs } from 'react-router';
import type { OperationDetail } from '../api/contract.js';
import { isOpen, operationQuery, operationsQuery, retryNow } from '../api/operations.js';
import { queryClient } from '../api/query.js';
import { Diagram } from '../operations/diagram.js';
import { GuestNetwork } from '../operations/guest-network.js';
import { Happenings } from '../operations/happenings.js';
import { Progress } from '../operations/progress.js';
import { ReplayBar } from '../operations/replay-bar.js';
import { spanOf, stepsAt } from '../operations/replay.js';
import { ServerRecord } from '../operations/server-record.js';
import { stagesOf } from '../operations/stages.js';
import { StageTable } from '../operations/stage-table.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { Copyable } from '../ui/copyable.js';
import { Failure } from '../ui/failure.js';

/** `latest` in the place of an id is the newest operation of the server. */
export async function loader({ params }: LoaderFunctionArgs): Promise<Response | null> {
  const { id = '', operationId = '' } = params;
  if (operationId === 'latest') {
    const newest = await queryClient.fetchQuery({ ...operationsQuery({ limit: 1, resource_id: id }), staleTime: 0 });
    const [first] = newest;
    return redirect(first === undefined ? `/compute/servers/${id}` : `/compute/servers/${id}/operations/${first.id}`);
  }
  await queryClient.ensureQueryData(operationQuery(operationId));
  return null;
}

/** What an operation has changed is asked for again as soon as it has ended. */
function useFreshEnd({ operation }: OperationDetail): void {
  const client = useQueryClient();
  const open = isOpen(operation);
  useEffect(() => {
    if (open) return;
    void client.invalidateQueries({ queryKey: ['compute', 'servers'] });
    void client.invalidateQueries({ queryKey: ['operations', 'list'] });
  }, [client, open]);
}

/** The time, often enough for a running operation to be seen to move. */
function useNow(running: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 200);
    return () => {
      clearInterval(timer);
    };
  }, [running]);
  return now;
}

/** What went wrong, above everything else: the step that failed, or that is tried again, and else the operation's own words. */
function troubleOf({ operation, steps }: OperationDetail): string | undefined {
  if (operation.state === 'done') return undefined;
  const troubled = steps.findLast(({ attempts, state }) => state !== 'done' && Boolean(attempts.at(-1)?.error));
  if (troubled === undefined) return operation.error ?? undefined;
  const last = troubled.attempts.at(-1);
  return `${troubled.title}${troubled.host ? ` on ${troubled.host}` : ''}, attempt ${last?.n}: ${last?.error}`;
}

function whyNoRetry({ operation, steps, may_retry }: OperationDetail): string | undefined {
  if (!isOpen(operation)) return 'The operation has ended.';
  if (!may_retry) return 'Only an operator may have a step tried at once.';
  const waits = steps.some(({ state, next_attempt_at }) => state !== 'done' && Boolean(next_attempt_at));
  return waits ? undefined : 'No step waits for its next attempt.';
}

function Head({ detail }: { readonly detail: OperationDetail }): ReactNode {
  const { operation } = detail;
  const client = useQueryClient();
  const retry = useMutation({
    mutationFn: () => retryNow(operation.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['operations'] }),
  });
  const { name, id, type } = operation.resource;
  return (
    <>
      <div className="title">
        <h1>{operation.title}</h1>
        <Badge status={operation.state} />
        {type === 'server' ? <Link to={`/compute/servers/${id}`}>{name ?? id}</Link> : <span>{name ?? id}</span>}
        <Copyable value={operation.id} short />
        <span className="grow" />
        {detail.workflow_url === null ? null : (
          <a className="button" href={detail.workflow_url} target="_blank" rel="noreferrer">
            Workflow in Temporal
          </a>
        )}
        <Button reason={whyNoRetry(detail)} onPress={() => retry.mutate()}>
          Retry now
        </Button>
      </div>
      <Failure error={retry.error} />
    </>
  );
}

export function Component(): ReactNode {
  const { operationId = '' } = useParams();
  const { data: detail } = useSuspenseQuery(operationQuery(operationId));
  useFreshEnd(detail);
  const now = useNow(isOpen(detail.operation));
  const [at, setAt] = useState<number>();
  const { from, to } = spanOf(detail, now);
  const stages = stagesOf(detail, at);
  const trouble = troubleOf(detail);
  return (
    <>
      <title>{`${detail.operation.title} · Novaflow`}</title>
      <Head detail={detail} />
      {trouble === undefined ? null : (
        <div className="alert" role="alert">
          {trouble}
        </div>
      )}
      <ReplayBar from={from} to={to} at={at} onChange={setAt} />
      <div className="cols">
        <div className="stack">
          <section className="panel drawing" aria-label="Diagram" tabIndex={0}>
            <Progress stages={stages} />
            <Diagram stages={stages} />
          </section>
          <StageTable stages={stages} from={from} to={to} at={at ?? to} />
          <GuestNetwork detail={detail} from={from} />
        </div>
        <section className="panel" aria-label="Record and events">
          {detail.operation.resource.type === 'server' ? (
            <ServerRecord detail={detail} steps={stepsAt(detail, at)} />
          ) : null}
          <h2>Events</h2>
          <Happenings detail={detail} from={from} at={at ?? Infinity} />
        </section>
      </div>
    </>
  );
}
