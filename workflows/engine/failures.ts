import { ActivityFailure, ApplicationFailure, TimeoutFailure, isCancellation } from '@temporalio/workflow';
import type { AttemptRecord, Verdict } from '#activities/contract';
import { withAttempt } from './attempts.js';

/** What every failure of an activity of ours carries (activities/failures.ts puts it there). */
export interface FailureNote {
  readonly verdict: Verdict;
  readonly attempt: number;
  /** All attempts, this one among them; absent where it was the only one. */
  readonly attempts?: readonly AttemptRecord[];
}

/** A step's failure, ready for a fault: which step, on which attempt, why, and what to do about it. */
export interface StepFailure {
  readonly step: string;
  readonly attempt?: number;
  readonly reason: string;
  readonly type: string;
  readonly verdict: Verdict;
  /** As in the note. */
  readonly attempts?: readonly AttemptRecord[];
}

/**
 * What a step's error means for its operation. Out of attempts, or timed out: on a host the verdict is "try another
 * host", on the conductor it is "give up".
 */
export function readFailure(step: string, onHost: boolean, error: unknown): StepFailure {
  if (isDeadline(error))
    return { ...tooLate(step, error.cause?.message ?? 'it was not done'), ...attemptsOf(error.cause) };
  if (isCancellation(error)) return { step, reason: 'cancelled', type: 'Cancelled', verdict: 'deleted' };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const givenUp: Verdict = onHost ? 'reschedule' : 'abort';
  if (cause instanceof ApplicationFailure) {
    const note = cause.details?.[0] as FailureNote | undefined;
    const verdict = note === undefined || note.verdict === 'retry' ? givenUp : note.verdict;
    return {
      step,
      reason: cause.message,
      type: cause.type ?? 'Error',
      verdict,
      ...(note ? { attempt: note.attempt } : {}),
      ...attemptsOf(cause),
    };
  }
  if (cause instanceof TimeoutFailure) {
    const reason = timeoutReason(cause);
    return { step, reason, type: 'Timeout', verdict: givenUp, ...attemptsBefore(cause, reason) };
  }
  return { step, reason: cause instanceof Error ? cause.message : String(cause), type: 'Error', verdict: givenUp };
}

/**
 * Whether no worker ever started the step. Then there is nothing to undo, which matters where the host is gone for
 * good. Where a retry timed out in the queue, the failure of the attempt before it is the cause of the timeout. The SDK
 * leaves that cause out of its error, but keeps it in the failure that the error was made from.
 */
export function neverBegan(error: unknown): boolean {
  const timeout = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(timeout instanceof TimeoutFailure) || timeout.timeoutType !== 'SCHEDULE_TO_START') return false;
  return timeout.failure !== undefined && !timeout.failure.cause;
}

/** The type of the failure of a step that was not done by its saga's deadline. */
export const DEADLINE = 'DeadlineExceeded';

/** The failure of a step that the saga's deadline ended. @param reason the step's last error */
export const tooLate = (step: string, reason: string): StepFailure => ({
  step,
  reason,
  type: DEADLINE,
  verdict: 'abort',
});

/**
 * Whether the saga's deadline ended the step. The deadline is the step's schedule-to-close timeout: Temporal makes no
 * attempt after it. A schedule-to-start timeout (no worker took the attempt in time) is another thing, although the
 * server gives the same reason for not retrying it (since 1.32).
 */
function isDeadline(error: unknown): error is ActivityFailure {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause, retryState } = error;
  const timeout = cause instanceof TimeoutFailure ? cause.timeoutType : undefined;
  if (timeout === 'SCHEDULE_TO_START') return false;
  return retryState === 'TIMEOUT' || timeout === 'SCHEDULE_TO_CLOSE';
}

/** All attempts, as the last failure that a worker reported tells of them. */
function attemptsOf(cause: unknown): Pick<StepFailure, 'attempts'> {
  const note = cause instanceof ApplicationFailure ? (cause.details?.[0] as FailureNote | undefined) : undefined;
  return note?.attempts === undefined ? {} : { attempts: note.attempts };
}

/** An attempt that timed out can hand nothing on; its last heartbeat tells of those before it. */
function attemptsBefore({ lastHeartbeatDetails }: TimeoutFailure, error: string): Pick<StepFailure, 'attempts'> {
  const { attempts } = Object(lastHeartbeatDetails) as Pick<FailureNote, 'attempts'>;
  return attempts === undefined ? {} : { attempts: withAttempt(attempts, { error }) };
}

function timeoutReason({ timeoutType }: TimeoutFailure): string {
  if (timeoutType === 'SCHEDULE_TO_START') return 'no worker of the host took it up in time';
  if (timeoutType === 'HEARTBEAT') return 'the worker that ran it stopped answering';
  return `it took too long (${timeoutType ?? 'timeout'})`;
}

/** A failed step as an error of the workflow. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  constructor(readonly failure: StepFailure) {
    super(`${failure.step}${failure.attempt === undefined ? '' : ` (attempt ${failure.attempt})`}: ${failure.reason}`);
  }
}
