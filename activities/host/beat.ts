import { Context } from '@temporalio/activity';
import { heartbeat } from '../heartbeat.js';

/**
 * Sends a heartbeat every second while `work` runs, so that Temporal can tell it of a cancellation also while it waits.
 */
export async function beating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => heartbeat(), 1_000);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
