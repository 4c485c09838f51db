import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DriverError } from '#drivers/errors';
import { databaseError } from '#services/database-errors';
import { OpenStackError, type Verdict } from '#services/errors';
import type { FailureNote } from '#workflows/failures';

/**
 * The one place where an error becomes a Temporal failure. Each carries a note with the verdict (retry here, try
 * another host, give up, the server is gone) and the attempt, from which workflows and faults are made.
 */
export function toTemporalFailure(caught: unknown, attempt: number): Error {
  // Prisma's errors come here as they are; those of plain SQL are a service's own by then.
  const error = databaseError(caught) ?? caught;
  if (error instanceof CancelledFailure) return error;
  if (error instanceof ApplicationFailure)
    return error.details?.length
      ? error
      : failure(error.message, error.type ?? 'Error', error.nonRetryable ? 'abort' : 'retry', attempt);
  if (error instanceof OpenStackError) return failure(error.message, error.type, error.verdict, attempt);
  if (error instanceof DriverError)
    return failure(error.message, error.type, error.blame === 'host' ? 'reschedule' : 'abort', attempt);
  // A client of ours that was told to stop because the activity was cancelled.
  if (error instanceof Error && error.name === 'AbortError') return new CancelledFailure(error.message);
  const message = error instanceof Error ? error.message : String(error);
  // Prisma puts the query into its messages; the last line says what went wrong.
  const reason = message.trim().split('\n').at(-1) ?? message;
  return failure(reason, error instanceof Error ? error.name : 'Error', 'retry', attempt);
}

function failure(message: string, type: string, verdict: Verdict, attempt: number): ApplicationFailure {
  const note: FailureNote = { verdict, attempt };
  return ApplicationFailure.create({ message, type, nonRetryable: verdict !== 'retry', details: [note] });
}
