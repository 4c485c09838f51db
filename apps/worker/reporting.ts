import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type ApiClient } from '#activities/host/api-client';
import type { Logger } from '#services/kernel/log';

/**
 * While the api cannot be reached, a role tries again: soon at first, since a cloud that starts waits for it, and then less
 * and less often.
 */
const RETRY_MS = { first: 50, most: 500 };

/**
 * Reports a host role to the control plane through the API: in full at first, then a sign of life at every interval.
 * A control plane that does not know the role (a new database) gets the full report again.
 */
export async function reportForever(
  api: ApiClient,
  log: Logger,
  report: { binary: string; machine: string; body(): Promise<object>; intervalSeconds: number },
  signal: AbortSignal,
): Promise<void> {
  const path = `/internal/services/${report.binary}/${encodeURIComponent(report.machine)}`;
  let known = false;
  let retry = RETRY_MS.first;
  while (!signal.aborted) {
    // Roles that start together would else report together for ever.
    let pause = report.intervalSeconds * 1000 * (0.8 + 0.2 * Math.random());
    try {
      await api.put(path, known ? {} : await report.body());
      if (!known) log.info({ machine: report.machine }, 'reported in');
      known = true;
      retry = RETRY_MS.first;
    } catch (error) {
      known &&= !(error instanceof ApiError && error.status === 404);
      pause = retry;
      retry = Math.min(retry * 2, RETRY_MS.most);
      log.debug({ error: error instanceof Error ? error.message : error }, 'report not taken; trying again');
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}
