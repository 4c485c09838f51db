import { ApplicationFailure, CancelledFailure, type Duration } from '@temporalio/common';
import { DriverError } from '#drivers/errors';
import { databaseError } from '#services/kernel/database-errors';
import { OpenStackError, type Verdict } from '#services/kernel/errors';
import type { AttemptRecord } from '#services/kernel/engine';
import type { FailureNote } from '#workflows/engine/failures';

/** How a step that failed is to be treated. */
export interface Retrying {
  readonly attempt: number;
  /** It is an undo, or a step that only goes forward: none of its failures is final. */
  readonly neverGivesUp: boolean;
  /** How long such a step waits after a refusal before its next attempt. */
  readonly rest?: Duration;
  /** The attempts so far with one that failed for a reason. @returns undefined where it is the only one */
  readonly attempts?: (error: string) => readonly AttemptRecord[] | undefined;
}

/**
 * Short, so that the step goes on soon after the cause is removed; long enough that a refusal that lasts for days costs
 * little.
 */
const REST = '5s';

/**
 * The one place where an error becomes a Temporal failure. Each carries a note with the verdict (retry here, try
 * another host, give up, the server is gone) and the attempt, from which workflows and faults are made.
 */
export function toTemporalFailure(caught: unknown, retrying: Retrying): Error {
  // Errors of Prisma arrive unchanged. Those of plain SQL have already been turned into a service's error.
  const error = databaseError(caught) ?? caught;
  if (error instanceof CancelledFailure) return error;
  if (error instanceof ApplicationFailure) {
    const verdict = verdictOf(error) ?? (error.nonRetryable ? 'abort' : 'retry');
    return failure(error.message, error.type ?? 'Error', verdict, retrying);
  }
  if (error instanceof OpenStackError) return failure(error.message, error.type, error.verdict, retrying);
  if (error instanceof DriverError)
    return failure(error.message, error.type, error.blame === 'host' ? 'reschedule' : 'abort', retrying);
  // A client of ours that stopped because the activity was cancelled.
  if (error instanceof Error && error.name === 'AbortError') return new CancelledFailure(error.message);
  const message = error instanceof Error ? error.message : String(error);
  // Prisma puts the query into its messages; the last line says what went wrong.
  const reason = message.trim().split('\n').at(-1) ?? message;
  return failure(reason, error instanceof Error ? error.name : 'Error', 'retry', retrying);
}

function failure(
  message: string,
  type: string,
  verdict: Verdict,
  { attempt, neverGivesUp, rest = REST, attempts: told }: Retrying,
): ApplicationFailure {
  const attempts = told?.(message);
  const note: FailureNote = { verdict, attempt, ...(attempts === undefined ? {} : { attempts }) };
  const final = verdict !== 'retry';
  // Temporal's server does the retries. A loop in the workflow would make its history grow until Temporal terminates
  // it.
  return ApplicationFailure.create({
    message,
    type,
    nonRetryable: final && !neverGivesUp,
    details: [note],
    ...(final && neverGivesUp ? { nextRetryDelay: rest } : {}),
  });
}

/** The verdict of a failure that was mapped before. */
export const verdictOf = ({ details }: ApplicationFailure): Verdict | undefined =>
  (details?.[0] as FailureNote | undefined)?.verdict;
