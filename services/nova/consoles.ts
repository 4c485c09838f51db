import { setTimeout as sleep } from 'node:timers/promises';
import { HostApiError, readConsole, type ConsoleOf } from '#drivers/host-api/client';
import { notFound, unavailable } from '../kernel/errors.js';
import type { HostApis } from './host-apis.js';

/** 10 s in all: after that, a client takes the host for dead. */
const PATIENCE_MS = 10_000;
/** How often the host's address is read again. A role that was restarted reports its new one within a second. */
const RETRY_MS = 300;

/** Guests' consoles, read from the hosts directly: a guest's output must not get into Temporal's histories. */
export class Consoles {
  constructor(private readonly hostApis: HostApis) {}

  /**
   * The end of a guest's console: at most 100 KiB.
   * @throws 503 when the host does not answer in time, 404 when it has no such guest
   */
  async read(wanted: ConsoleOf): Promise<string> {
    const end = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const at = (await this.hostApis.find([wanted.host])).get(wanted.host);
      if (!at) throw away(wanted.host);
      try {
        return await readConsole(at, wanted, end);
      } catch (error) {
        if (error instanceof HostApiError && error.status === 404)
          throw notFound('InstanceNotFound', `Instance ${wanted.serverId} could not be found.`);
      }
      await sleep(RETRY_MS, undefined, { signal: end }).catch(() => Promise.reject(away(wanted.host)));
    }
  }
}

const away = (host: string) => unavailable(`Host ${host} does not answer for now; try again.`);
