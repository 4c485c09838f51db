import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '#services/index';
import type { Logger } from '#services/kernel/log';

/** One conductor at a time gives networks and routers their hosts. */
const LEASE = 'neutron-schedule';
/** Without a change, this often: an agent that dies says nothing. */
const IDLE_MS = 5_000;
/** While changes follow each other, as in a burst of boots, this is between two turns. */
const BUSY_MS = 300;

/** Gives networks and routers their hosts as soon as something has changed, and now and then, until the signal. */
export async function placeNetworks(
  { neutron, holds }: Pick<Services, 'neutron' | 'holds'>,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  let wake: () => void = () => undefined;
  let changed = false;
  const stop = neutron.hosts.changes.listen(() => {
    changed = true;
    wake();
  });
  while (!signal.aborted) {
    changed = false;
    try {
      if (await holds(LEASE)) {
        const done = await neutron.schedule.run();
        if (done > 0) log.info({ done }, 'networks and routers have got their hosts');
        await neutron.hosts.changes.purge();
      }
    } catch (error) {
      log.warn({ error: String(error) }, 'networks and routers cannot be given hosts; trying again');
    }
    const next = new AbortController();
    wake = () => next.abort();
    await sleep(BUSY_MS, undefined, { signal }).catch(() => undefined);
    if (changed) continue;
    await sleep(IDLE_MS, undefined, { signal: AbortSignal.any([signal, next.signal]) }).catch(() => undefined);
  }
  stop();
}
