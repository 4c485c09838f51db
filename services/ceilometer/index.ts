import type { Gnocchi } from '../gnocchi/index.js';
import type { Sql } from '../kernel/database.js';
import type { HostRole } from '../keystone/host-users.js';
import { completed, type HostSample } from './host-samples.js';

export { REPORTED_TYPES, type HostSample } from './host-samples.js';

/** Ceilometer: what is measured of the cloud, on its way to Gnocchi. */
export class Ceilometer {
  constructor(
    private readonly sql: Sql,
    private readonly gnocchi: Gnocchi,
  ) {}

  /**
   * Takes what a host role has measured. The same twice is there once: a host that did not hear the answer sends it again.
   * @returns how many measures were taken; those of servers that are not on the asker's machine are left out
   * @throws 403 for what is none of the role's business, 400 for a meter that is not there
   */
  async collect(asker: HostRole, samples: readonly HostSample[]): Promise<{ taken: number }> {
    const known = await completed(this.sql, asker, samples);
    await this.gnocchi.collect(known);
    return { taken: known.length };
  }
}
