import { Context } from '@temporalio/activity';

/** Heartbeats every second while `work` runs, whatever it waits for: also how a cancellation reaches it. */
export async function beating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), 1_000);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
