import type { Sql } from '../kernel/database.js';
import { bool, integer, rowType, rowsOf, text } from '../kernel/rows.js';
import type { Notification, NotificationFilter, Notifications } from './notifications.js';

/** How a reader goes on. */
export interface Reader {
  readonly name: string;
  /** Where one begins that has never read. */
  readonly from: 'oldest' | 'now';
  readonly filter?: NotificationFilter;
  /** Notifications that it is handed at once. */
  readonly limit: number;
  /** Longer than it takes for them: then another conductor takes it for dead, and goes on in its place. */
  readonly leaseSeconds: number;
  /** After so many tries, they are given up. */
  readonly attempts: number;
}

/** What came of a turn of a reader. */
export type Turn =
  | { readonly state: 'idle' | 'done' }
  | {
      readonly state: 'failed' | 'given up';
      readonly error: string;
      readonly attempts: number;
      readonly count: number;
    };

/** The longest pause between two tries. */
const LONGEST_BACKOFF_SECONDS = 300;
/** Of what an error says: a line for whoever looks. */
const LONGEST_ERROR = 500;

const PLACE = rowType({ cursor: text, attempts: integer, due: bool });

/**
 * Readers that the cloud keeps the places of. Each is handed every notification at least once, in their order: one conductor
 * at a time is at it, and goes on to the next ones when they were taken, or given up after the last of the tries.
 */
export class Readers {
  constructor(
    private readonly sql: Sql,
    private readonly notifications: Pick<Notifications, 'after' | 'now'>,
  ) {}

  /** One turn. @param take is handed what comes next; where it throws, the same comes again later */
  async advance(reader: Reader, take: (rows: readonly Notification[]) => Promise<void>): Promise<Turn> {
    const [place] = await rowsOf(this.sql, PLACE)`
      SELECT cursor, attempts, next_attempt_at <= now() AS due FROM notifications.readers WHERE name = ${reader.name}`;
    if (place === undefined) return this.begin(reader);
    if (!place.due) return { state: 'idle' };
    const { rows, cursor } = await this.notifications.after(place.cursor, reader.limit, reader.filter);
    if (rows.length === 0 || !(await this.claim(reader, place.cursor))) return { state: 'idle' };
    try {
      await take(rows);
    } catch (error) {
      return this.failed(reader, place, { cursor, count: rows.length }, error);
    }
    await this.moveTo(cursor, reader, place.cursor);
    return { state: 'done' };
  }

  private async begin({ name, from }: Reader): Promise<Turn> {
    const cursor = from === 'now' ? await this.notifications.now() : '0.0';
    await this.sql.$executeRaw`
      INSERT INTO notifications.readers (name, cursor) VALUES (${name}, ${cursor}) ON CONFLICT DO NOTHING`;
    return { state: 'idle' };
  }

  /**
   * The lease is a time and no lock: a lock is held by a transaction, and while one is open that has written, nobody reads
   * what was written after it.
   */
  private async claim({ name, leaseSeconds }: Reader, cursor: string): Promise<boolean> {
    const claimed = await this.sql.$executeRaw`
      UPDATE notifications.readers SET next_attempt_at = now() + make_interval(secs => ${leaseSeconds})
      WHERE name = ${name} AND cursor = ${cursor} AND next_attempt_at <= now()`;
    return claimed > 0;
  }

  /** Only from where it was: who comes back after his lease does not take the reader back. */
  private async moveTo(cursor: string, { name }: Reader, from: string): Promise<void> {
    await this.sql.$executeRaw`
      UPDATE notifications.readers SET cursor = ${cursor}, attempts = 0, last_error = NULL, next_attempt_at = now()
      WHERE name = ${name} AND cursor = ${from}`;
  }

  private async failed(
    reader: Reader,
    place: { readonly cursor: string; readonly attempts: number },
    next: { readonly cursor: string; readonly count: number },
    thrown: unknown,
  ): Promise<Turn> {
    const attempts = place.attempts + 1;
    const error = (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, LONGEST_ERROR);
    const told = { error, attempts, count: next.count };
    if (attempts >= reader.attempts) {
      await this.moveTo(next.cursor, reader, place.cursor);
      return { state: 'given up', ...told };
    }
    const pause = Math.min(2 ** attempts, LONGEST_BACKOFF_SECONDS);
    await this.sql.$executeRaw`
      UPDATE notifications.readers SET attempts = ${attempts}, last_error = ${error.replaceAll('\0', '')},
        next_attempt_at = now() + make_interval(secs => ${pause})
      WHERE name = ${reader.name} AND cursor = ${place.cursor}`;
    return { state: 'failed', ...told };
  }
}
