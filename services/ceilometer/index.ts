import type { Gnocchi, Sample } from '../gnocchi/index.js';
import type { Sql } from '../kernel/database.js';
import type { HostRole } from '../keystone/host-users.js';
import type { Notification, Readers, Turn } from '../notifications/index.js';
import { BOOTED, bootingTimes } from './booting-time.js';
import { ENDING, endings } from './endings.js';
import { completed, type HostSample } from './host-samples.js';
import { samplesOfRecords, takeTurn } from './records.js';

export { REPORTED_TYPES, type HostSample } from './host-samples.js';

/** Ceilometer: what is measured of the cloud, on its way to Gnocchi. */
export class Ceilometer {
  constructor(
    private readonly sql: Sql,
    private readonly gnocchi: Gnocchi,
    private readonly readers: Readers,
    /** Of every metric, in place of the meters' own; '' for none (the option archive_policy of Ceilometer's Gnocchi publisher). */
    private readonly archivePolicy: string,
  ) {}

  /**
   * Takes what a host role has measured. The same twice is there once: a host that did not hear the answer sends it again.
   * @returns how many measures were taken; those of servers that are not on the asker's machine are left out
   * @throws 403 for what is none of the role's business, 400 for a meter that is not there
   */
  async collect(asker: HostRole, samples: readonly HostSample[]): Promise<{ taken: number }> {
    const known = await completed(this.sql, asker, samples);
    await this.publish(known);
    return { taken: known.length };
  }

  /** Meters what only the records know, where it is time for it; one of all conductors does so. */
  async meterRecords(intervalSeconds: number): Promise<void> {
    const at = await takeTurn(this.sql, intervalSeconds);
    if (at === undefined) return;
    for await (const samples of samplesOfRecords(this.sql, at)) await this.publish(samples);
  }

  /** Hears of boots that have ended, and keeps how long they took; and of what was deleted, whose resources end. One turn. */
  hear(): Promise<Turn> {
    return this.readers.advance(
      {
        name: 'ceilometer',
        from: 'oldest',
        filter: { eventType: [BOOTED, ...ENDING] },
        limit: 500,
        // To keep them takes some hundred milliseconds.
        leaseSeconds: 30,
        // What Gnocchi's store does not take after an hour it will never take.
        attempts: 20,
      },
      (told) => this.take(told),
    );
  }

  private async take(told: readonly Notification[]): Promise<void> {
    await this.publish(bootingTimes(told));
    await this.gnocchi.end(endings(told));
  }

  private publish(samples: readonly Sample[]): Promise<void> {
    if (this.archivePolicy === '') return this.gnocchi.collect(samples);
    return this.gnocchi.collect(samples.map((sample) => ({ ...sample, archive_policy: this.archivePolicy })));
  }
}
