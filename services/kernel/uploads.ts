import type { Readable } from 'node:stream';
import type { ObjectStore, WrittenObject } from '#drivers/objects/index';
import { Prisma, type Statements } from './database.js';
import { rowType, rowsOf, text } from './rows.js';
import { unavailable } from './errors.js';
import type { Logger } from './log.js';

/** How often a process reports the uploads that it has under way. */
const HEARTBEAT_MS = 5_000;
/**
 * An upload that was not seen for so long has no writer any more: six heartbeats, so neither a process that is slow for
 * a moment nor a database that restarts (some ten seconds) loses one.
 */
const DEAD_AFTER_SECONDS = 30;
/** How often a process looks for dead uploads: more often than they can become dead. */
const SWEEP_MS = 10_000;
const NAME = rowType({ name: text });
const SEEN = rowType({ name: text, seen: text });

/** True for an upload whose writer lives, as a condition on objects.uploads. */
export const LIVE_UPLOAD = Prisma.sql`NOT abandoned AND seen_at > now() - make_interval(secs => ${DEAD_AFTER_SECONDS}::int)`;
/**
 * The upload of this name, unless it was given up meanwhile, locked until the end of the statement. What writes a record
 * begins with it, and deletes the row when the record is written; so all take the two locks in one order.
 */
export const uploadToEnd = (name: string): Prisma.Sql =>
  Prisma.sql`SELECT name FROM objects.uploads WHERE name = ${name} AND NOT abandoned FOR UPDATE`;

/**
 * The uploads under way, of images and of objects. What keeps the store and the records together:
 *
 * - An upload has a name of its own and a row in objects.uploads before its first byte.
 * - The statement that writes the record also deletes the row (`uploadToEnd`), after the bytes are complete and on the
 *   disk. So at any moment bytes are owned by a row, by a record, or by nobody; and what is nobody's stays so, because
 *   names are never used again. That is all that an audit has to know before it removes bytes; their age proves nothing
 *   (a slow client's file may be old), and is only asked for out of caution.
 * - The process that writes reports every few seconds by the database's clock. A row that was not seen for long is
 *   marked as abandoned in the same statement that puts its image back to `queued`. From then on `uploadToEnd` finds
 *   nothing, so a writer that was only paused fails at its end instead of pointing a record at bytes that are removed.
 * - A record goes before its bytes. If the process ends in between, an audit finds the bytes.
 */
export class Uploads {
  private readonly underWay = new Set<string>();
  private heartbeat: NodeJS.Timeout | undefined;
  private sweeping: NodeJS.Timeout | undefined;
  private readonly report: () => void;
  /** What the look before found dead, and when each had been seen. */
  private suspects = new Map<string, string>();

  constructor(
    private readonly sql: Statements,
    private readonly store: ObjectStore,
    private readonly log: Logger,
  ) {
    const report = () => this.sql.$executeRaw`
      UPDATE objects.uploads SET seen_at = now() WHERE name = ANY(${[...this.underWay]}) AND NOT abandoned`;
    this.report = oneAtATime(report, log, 'uploads under way could not be reported');
  }

  /**
   * Writes a body into the store and then its record. Whatever fails, the bytes are removed and the row is gone.
   * @param name one that no other upload ever had
   * @param begin registers the upload: it inserts the row of this name, or throws
   * @param finish writes the record and deletes the row in one statement with `uploadToEnd(name)`
   * @param limit in bytes
   */
  async run<T>(
    name: string,
    body: Readable,
    begin: () => Promise<void>,
    finish: (written: WrittenObject) => Promise<T>,
    limit?: number,
  ): Promise<T> {
    await begin();
    this.underWay.add(name);
    this.heartbeat ??= setInterval(this.report, HEARTBEAT_MS).unref();
    let written: WrittenObject | undefined;
    try {
      written = await this.store.write(name, body, limit);
      return await finish(written);
    } catch (error) {
      await this.giveUp(name, written);
      throw error;
    } finally {
      this.underWay.delete(name);
      if (this.underWay.size === 0) {
        clearInterval(this.heartbeat);
        this.heartbeat = undefined;
      }
    }
  }

  /**
   * Looks for uploads of dead processes from now on. It is the api's work and not the conductor's: the api writes into
   * the store, so it is sure to reach it. Any number of processes may do it side by side.
   */
  keepSweeping(): void {
    const look = oneAtATime(() => this.sweep(), this.log, 'dead uploads were not looked for');
    this.sweeping ??= setInterval(look, SWEEP_MS).unref();
    look();
  }

  stop(): void {
    clearInterval(this.sweeping);
    clearInterval(this.heartbeat);
  }

  /**
   * Puts images of dead uploads back to `queued`, and removes what the uploads wrote. It acts at the second look at a
   * row that did not move: after an outage of the database every row is old, and its writer needs a moment to report.
   * @returns the names of the uploads that are no more
   */
  async sweep(): Promise<string[]> {
    const old = await rowsOf(this.sql, SEEN)`
      SELECT name, seen_at::text AS seen FROM objects.uploads WHERE NOT (${LIVE_UPLOAD})`;
    const dead = old.filter(({ name, seen }) => this.suspects.get(name) === seen).map(({ name }) => name);
    this.suspects = new Map(old.map(({ name, seen }) => [name, seen]));
    if (dead.length === 0) return [];
    const abandoned = await this.abandon(dead);
    for (const name of abandoned) await this.store.discard(name);
    // What the process ends before this has removed is found by the next look.
    await this.sql.$executeRaw`DELETE FROM objects.uploads WHERE name = ANY(${abandoned}) AND abandoned`;
    for (const name of abandoned) this.log.warn({ upload: name }, 'removed what a dead process had begun to upload');
    return abandoned;
  }

  private async abandon(names: readonly string[]): Promise<string[]> {
    const rows = await rowsOf(this.sql, NAME)`
      WITH dead AS (
        UPDATE objects.uploads SET abandoned = true WHERE name = ANY(${names}) AND NOT (${LIVE_UPLOAD}) RETURNING name),
      queued AS (
        UPDATE glance.images i SET status = 'queued', upload_id = NULL, updated_at = now()
        FROM dead WHERE i.upload_id = dead.name AND i.status = 'saving')
      SELECT name FROM dead`;
    return rows.map(({ name }) => name);
  }

  /**
   * Whoever has the row decides about the bytes. No row may also mean that the record was written, and only the answer
   * to that was lost with the connection: then the bytes are the record's.
   */
  private async giveUp(name: string, written: WrittenObject | undefined): Promise<void> {
    try {
      const [mine] = await rowsOf(this.sql, NAME)`
        WITH mine AS (UPDATE objects.uploads SET abandoned = true WHERE name = ${name} RETURNING name),
        queued AS (
          UPDATE glance.images i SET status = 'queued', upload_id = NULL, updated_at = now()
          FROM mine WHERE i.upload_id = mine.name AND i.status = 'saving')
        SELECT name FROM mine`;
      const nobodys = mine !== undefined || (written !== undefined && !(await isRecorded(this.sql, written.location)));
      if (nobodys) await this.store.discard(name);
      if (mine) await this.sql.$executeRaw`DELETE FROM objects.uploads WHERE name = ${name}`;
    } catch (error) {
      this.log.warn({ upload: name, err: error }, 'an upload was not cleaned up; a sweep will do it');
    }
  }
}

/**
 * What runs by a timer: it never throws, and never beside itself. Where the database keeps it waiting, a second look
 * would be no second look, and a second report nothing new.
 */
function oneAtATime(work: () => Promise<unknown>, log: Logger, failed: string): () => void {
  let running = false;
  return () => {
    if (running) return;
    running = true;
    work()
      .catch((error: unknown) => log.warn({ error: error instanceof Error ? error.message : error }, failed))
      .finally(() => (running = false));
  };
}

/** Whether a record of Glance or of Swift points at these bytes. */
async function isRecorded(sql: Statements, location: string): Promise<boolean> {
  const rows = await sql.$queryRaw<unknown[]>`
    SELECT 1 FROM glance.images WHERE location = ${location}
    UNION ALL SELECT 1 FROM swift.objects WHERE location = ${location}`;
  return rows.length > 0;
}

/** An upload that was taken for dead while it ran: its bytes are gone, so the client has to send them again. */
export const uploadLost = (): Error =>
  unavailable('The upload sent nothing for too long, and its data was removed; send it again.');
