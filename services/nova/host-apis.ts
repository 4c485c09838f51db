import type { HostApiAddress } from '#drivers/host-api/client';
import type { Statements } from '../kernel/database.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import type { Fernet } from '../keystone/index.js';

const API = rowType({ host: text, api_url: text, api_key: text });

/** Where the compute roles answer the api itself. */
export class HostApis {
  constructor(
    private readonly sql: Statements,
    private readonly fernet: Fernet,
    private readonly serviceDownSeconds: number,
  ) {}

  /** By host, as far as it is up and has said where: one statement, however many are asked for. */
  async find(hosts: readonly string[]): Promise<ReadonlyMap<string, HostApiAddress>> {
    const rows = await rowsOf(this.sql, API)`
      SELECT host, api_url, api_key FROM nova.services
      WHERE host = ANY(${[...hosts]}) AND api_url IS NOT NULL AND api_key IS NOT NULL AND NOT forced_down
        AND updated_at > now() - make_interval(secs => ${this.serviceDownSeconds})`;
    return new Map(
      rows.flatMap(({ host, api_url: url, api_key }): [string, HostApiAddress][] => {
        const key = this.fernet.open(api_key)?.toString();
        return key === undefined ? [] : [[host, { url, key }]];
      }),
    );
  }
}
