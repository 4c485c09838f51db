import { setTimeout as sleep } from 'node:timers/promises';
import { HostApiError, readConsole, type ConsoleOf, type HostApiAddress } from '#drivers/host-api/client';
import type { Statements } from '../kernel/database.js';
import { notFound, unavailable } from '../kernel/errors.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import type { Fernet } from '../keystone/index.js';

/** 10 s in all: after that, a client takes the host for dead. */
const PATIENCE_MS = 10_000;
/** How often the host's address is read again. A role that was restarted reports its new one within a second. */
const RETRY_MS = 300;
const API = rowType({ api_url: text, api_key: text });

/** Guests' consoles, read from the hosts directly: a guest's output must not get into Temporal's histories. */
export class Consoles {
  constructor(
    private readonly sql: Statements,
    private readonly fernet: Fernet,
    private readonly serviceDownSeconds: number,
  ) {}

  /**
   * The end of a guest's console: at most 100 KiB.
   * @throws 503 when the host does not answer in time, 404 when it has no such guest
   */
  async read(wanted: ConsoleOf): Promise<string> {
    const end = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const at = await this.find(wanted.host);
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

  /** Where the host answers; undefined when it is down or has not said where. */
  private async find(host: string): Promise<HostApiAddress | undefined> {
    const rows = await rowsOf(this.sql, API)`
      SELECT api_url, api_key FROM nova.services WHERE host = ${host} AND api_url IS NOT NULL AND NOT forced_down
        AND updated_at > now() - make_interval(secs => ${this.serviceDownSeconds})`;
    const key = rows[0] && this.fernet.open(rows[0].api_key)?.toString();
    return rows[0] && key !== undefined ? { url: rows[0].api_url, key } : undefined;
  }
}

const away = (host: string) => unavailable(`Host ${host} does not answer for now; try again.`);
