import type { Sql } from '../kernel/database.js';
import { bool, rowType, rowsOf, text, time, type Row } from '../kernel/rows.js';

const CONDUCTOR = rowType({ host: text, updated_at: time, up: bool });
/** A conductor, and whether it reported in lately. */
export type ConductorRecord = Row<typeof CONDUCTOR>;

/**
 * The conductors, as they report in. They have access to the database, and write their rows themselves, by its clock.
 */
export class Conductors {
  constructor(
    private readonly sql: Sql,
    private readonly serviceDownSeconds: number,
  ) {}

  /** A sign of life. @param host the machine's name: a second conductor of a machine reports for the same service */
  async report(host: string): Promise<void> {
    await this.sql.$executeRaw`
      INSERT INTO nova.conductors (host) VALUES (${host}) ON CONFLICT (host) DO UPDATE SET updated_at = now()`;
  }

  /** Forgets one. A conductor that still runs reports itself again. */
  async remove(host: string): Promise<void> {
    await this.sql.$executeRaw`DELETE FROM nova.conductors WHERE host = ${host}`;
  }

  list(): Promise<ConductorRecord[]> {
    return rowsOf(this.sql, CONDUCTOR)`
      SELECT host, updated_at, updated_at > now() - make_interval(secs => ${this.serviceDownSeconds}) AS up
      FROM nova.conductors ORDER BY host`;
  }
}
