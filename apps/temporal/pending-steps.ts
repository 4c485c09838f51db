import proto from '@temporalio/proto';
import type { Client } from '@temporalio/client';
import type { AttemptRecord } from '#services/kernel/engine';
import { millis } from './timestamps.js';

const { PENDING_ACTIVITY_STATE_SCHEDULED: SCHEDULED, PENDING_ACTIVITY_STATE_STARTED: STARTED } =
  proto.temporal.api.enums.v1.PendingActivityState;
type Pending = proto.temporal.api.workflow.v1.IPendingActivityInfo;

/** A step that Temporal has not seen the end of. */
export interface PendingStep {
  /** The activity: the step itself, or its undo. */
  readonly activity: string;
  readonly attempt: number;
  /** Whether a worker has it now; else it waits for one, or for its next attempt. */
  readonly running: boolean;
  readonly lastStartedAt: Date | null;
  /** When it is tried again; null where no attempt has failed. */
  readonly nextAttemptAt: Date | null;
  readonly lastFailure: string | null;
  /** The attempts that failed, as far as they could hand on what they came to. */
  readonly attempts: readonly AttemptRecord[];
}

/** Steps of a running workflow that have not ended; none where it does not run. @throws what the client does */
export async function pendingSteps(client: Client, workflowId: string): Promise<PendingStep[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return Promise.all((raw.pendingActivities ?? []).map((activity) => pendingStep(client, activity)));
}

/**
 * Tries the steps at once that wait for their next attempt, as if they had not been tried before: an operator has taken away
 * what they failed by. Temporal's clients have no method for it, and the history says nothing of it; the audit trail does.
 * @returns how many there were
 */
export async function retryNow(client: Client, workflowId: string): Promise<number> {
  const { namespace, identity } = client.options;
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const waiting = (raw.pendingActivities ?? []).filter((a) => a.state === SCHEDULED && (a.attempt ?? 1) > 1);
  for (const { activityId } of waiting)
    await client.workflowService.resetActivity({
      namespace,
      identity,
      execution: { workflowId, runId: raw.workflowExecutionInfo?.execution?.runId ?? '' },
      id: activityId ?? '',
    });
  return waiting.length;
}

async function pendingStep(client: Client, pending: Pending): Promise<PendingStep> {
  return {
    activity: pending.activityType?.name ?? '',
    attempt: pending.attempt ?? 1,
    running: pending.state === STARTED,
    lastStartedAt: dateOf(millis(pending.lastStartedTime)),
    nextAttemptAt: dateOf(millis(pending.nextAttemptScheduleTime)),
    lastFailure: pending.lastFailure?.message ?? null,
    attempts: await handedOn(client, pending),
  };
}
const dateOf = (ms: number): Date | null => (ms === 0 ? null : new Date(ms));

/** What the last heartbeat says of earlier attempts (activities/heartbeat.ts). */
async function handedOn(client: Client, { heartbeatDetails }: Pending): Promise<readonly AttemptRecord[]> {
  let payloads = heartbeatDetails?.payloads ?? [];
  if (payloads.length === 0) return [];
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  const { attempts } = Object(payloadConverter.fromPayload(payloads[0]!)) as { attempts?: readonly AttemptRecord[] };
  return attempts ?? [];
}
