import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';

/** Options of a step: Temporal's, and one of our own. */
export interface StepOptions extends ActivityOptions {
  /**
   * Temporal's server retries the step after every failure, without end. For steps that would leave something behind if
   * they were given up. A retry by the server adds nothing to the workflow's history, so it can go on for years. A
   * header tells the worker (interceptors.ts), which then makes no failure of the step final (activities/failures.ts).
   */
  readonly neverGivesUp?: true;
  /** The step tells of its attempts around its result (attempts.ts), where there was more than one. A header asks for it. */
  readonly tellsAttempts?: true;
}

/**
 * A step of the conductor: one transaction. It is retried until the operation's deadline, because it mostly fails while
 * the database or the network is away for a moment. A failure that no retry can cure is marked as non-retryable.
 */
export const control: ActivityOptions = {
  // A transaction gives up after 10 s (services/kernel/database.ts); 15 s leaves it time to say so.
  startToCloseTimeout: '15s',
  // The first retry comes after 100 ms, since most interruptions are short. The longest interval is 2 s, so that a
  // database that is back is used within 2 s.
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '2s' },
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
};

/** A step of the conductor that must not be given up: an undo, the end of an operation, a step of a delete. */
export const untilDone: StepOptions = { ...control, neverGivesUp: true };

/** The one try of such a step within the workflow task. */
export const localOnce: LocalActivityOptions = {
  // Half of a workflow task's timeout of 10 s. If the database is slower, the step runs as an activity, which waits
  // longer.
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
};

/** A step on a host. Another host may do better, so it gets three tries here and no more. */
export const onHost: ActivityOptions = {
  // An image of tens of GiB over a slow link takes minutes; a hung step shows by its missing heartbeat long before.
  startToCloseTimeout: '8m',
  // Three missed reports of 3 s: a killed role is noticed in 10 s, a pause of the event loop is not mistaken for one.
  heartbeatTimeout: '10s',
  // A role that is restarted is back in seconds; three minutes also outlast a Temporal outage of two.
  scheduleToStartTimeout: '3m',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s', maximumAttempts: 3 },
  // A delete must not undo a spawn that still runs.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
};

/** The same on a host. */
export const untilDoneOnHost: StepOptions = {
  // A guest that does not heed its orders is killed within 15 s; a minute is that and a slow disk.
  startToCloseTimeout: '1m',
  // As for a step: a role that was killed in the middle of an undo is noticed in 10 s.
  heartbeatTimeout: '10s',
  // Five seconds at most between tries: what blocked an undo is over long before an operator looks.
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  neverGivesUp: true,
};
