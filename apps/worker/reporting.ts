import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type ApiClient } from '#activities/host/api-client';
import type { Logger } from '#services/kernel/log';

/** While the api cannot be reached, a role tries again this often: a new cloud's first boot waits for it. */
const RETRY_MS = 500;

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
  while (!signal.aborted) {
    // Roles that start together would else report together for ever.
    let pause = report.intervalSeconds * 1000 * (0.8 + 0.2 * Math.random());
    try {
      await api.put(path, known ? {} : await report.body());
      if (!known) log.info({ machine: report.machine }, 'reported in');
      known = true;
    } catch (error) {
      known &&= !(error instanceof ApiError && error.status === 404);
      pause = RETRY_MS;
      log.debug({ error: error instanceof Error ? error.message : error }, 'report not taken; trying again');
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}
