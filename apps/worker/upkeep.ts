import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#services/kernel/log';

/**
 * Does something again and again until the signal. A failure is logged, and the next turn is another try: no upkeep is
 * worth a role.
 */
export async function repeat(
  what: string,
  intervalMs: number,
  work: () => Promise<void>,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error: unknown) => log.warn({ error: String(error) }, `${what} failed`));
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

/** An image is kept for a day, so an hour more or less is nothing; to read a folder once an hour costs nothing. */
export const PRUNE_MS = 3_600_000;
/** A guest writes less than 1 MB a second to its serial port: its console stays below some 10 MB. */
export const CONSOLE_MS = 10_000;
