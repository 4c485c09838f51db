import { Prisma, type Sql } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { json, nullable, rowType, rowsOf, text, time, type Row } from '../kernel/rows.js';

/** Rows of one statement of a purge: short enough that nobody waits for it. */
const PURGE_BATCH = 5_000;

const NOTIFICATION = rowType({
  /** The place of this one: a reader that keeps it goes on behind it. */
  cursor: text,
  message_id: text,
  at: time,
  event_type: text,
  publisher_id: text,
  priority: text,
  project_id: nullable(text),
  user_id: nullable(text),
  request_id: nullable(text),
  resource_type: text,
  resource_id: text,
  payload: json(),
});
/** What happened to a resource, as OpenStack's services tell it. */
export type Notification = Row<typeof NOTIFICATION>;
const PLACE = rowType({ cursor: text });
const TOUCHED = rowType({ cursor: text, resource_type: text, resource_id: text, project_id: nullable(text) });

/** Which notifications are asked for; all of what is given has to hold. */
export interface NotificationFilter {
  /** One of them, where there are several. */
  readonly eventType?: string | readonly string[] | undefined;
  readonly project?: string | undefined;
  readonly resource?: string | undefined;
}

/**
 * Notifications: what Ceilometer's notification agent hears of OpenStack's services. They are written in the transaction
 * of what they tell (services/kernel/notifications.ts, and the triggers of prisma/migrations), and read in an order in
 * which none is missed.
 *
 * The audit trail is another record, of another question: it has each request that may change something, refused ones and
 * log-ins too, and is written beside the request, so that no request waits for it or fails by it. Notifications have what
 * really happened, also long after its request was answered.
 */
export class Notifications {
  /** @param retentionDays 0 keeps everything */
  constructor(
    private readonly sql: Sql,
    private readonly retentionDays: number,
  ) {}

  /**
   * What comes behind a cursor. Readers that go on from the cursor they were given see each committed row exactly once.
   * Ids alone do not make that order: who took the lower one may commit later. So rows are ordered by the transaction that
   * wrote them, and only those are given below which no transaction is open any more (pg_snapshot_xmin). One that stays
   * open holds readers up: ours are given up after 10 s (services/kernel/sql.ts), and those of another database on the same
   * PostgreSQL server count, too.
   * @param cursor as given before; from the oldest on where it is left out @throws 400 for one that is none
   * @returns rows, and the cursor behind them; where there are none, the same cursor
   */
  async after(
    cursor: string | undefined,
    limit: number,
    filter: NotificationFilter = {},
  ): Promise<{ rows: Notification[]; cursor: string }> {
    const from = cursor ?? '0.0';
    const [xid, id] = placeOf(from);
    const rows = await rowsOf(this.sql, NOTIFICATION)`
      SELECT xid || '.' || id AS cursor, message_id::text, at, event_type, publisher_id, priority, project_id, user_id,
        request_id, resource_type, resource_id, payload
      FROM notifications.notifications
      WHERE (xid, id) > (${xid}::bigint, ${id}::bigint) AND ${SETTLED} ${conditionsOf(filter)}
      ORDER BY xid, id LIMIT ${limit}`;
    return { rows, cursor: rows.at(-1)?.cursor ?? from };
  }

  /**
   * Of what something was told behind a cursor, in the order of `after`. A resource that is merely there (`.exists`) has not
   * changed.
   */
  async touched(cursor: string, limit: number): Promise<{ rows: Row<typeof TOUCHED>[]; cursor: string }> {
    const [xid, id] = placeOf(cursor);
    const rows = await rowsOf(this.sql, TOUCHED)`
      SELECT xid || '.' || id AS cursor, resource_type, resource_id, project_id FROM notifications.notifications
      WHERE (xid, id) > (${xid}::bigint, ${id}::bigint) AND ${SETTLED} AND event_type NOT LIKE '%.exists'
      ORDER BY xid, id LIMIT ${limit}`;
    return { rows, cursor: rows.at(-1)?.cursor ?? cursor };
  }

  /** The cursor behind everything that can be read now. */
  async now(): Promise<string> {
    const [last] = await rowsOf(this.sql, PLACE)`
      SELECT xid || '.' || id AS cursor FROM notifications.notifications WHERE ${SETTLED}
      ORDER BY xid DESC, id DESC LIMIT 1`;
    return last?.cursor ?? '0.0';
  }

  /** Removes those that are older than they are kept. @returns whether there may be more */
  async purge(): Promise<{ more: boolean }> {
    if (this.retentionDays === 0) return { more: false };
    // In the order of the key, so that the statement reads no more than it removes.
    const removed = await this.sql.$executeRaw`
      WITH oldest AS (
        SELECT xid, id, at FROM notifications.notifications ORDER BY xid, id LIMIT ${PURGE_BATCH})
      DELETE FROM notifications.notifications n USING oldest o
      WHERE (n.xid, n.id) = (o.xid, o.id) AND o.at < now() - make_interval(days => ${this.retentionDays})`;
    return { more: removed === PURGE_BATCH };
  }
}

/** No transaction is open that could still write a row before these. */
const SETTLED = Prisma.sql`xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint`;

/** Eighteen digits are less than a bigint holds, and more than transactions there will be. */
const CURSOR = /^(\d{1,18})\.(\d{1,18})$/;
function placeOf(cursor: string): [xid: string, id: string] {
  const [, xid, id] = CURSOR.exec(cursor) ?? [];
  if (xid === undefined || id === undefined) throw badRequest(`marker [${cursor.slice(0, 64)}] not found`);
  return [xid, id];
}

/** One type has the index that is in the order of the answer; of several, most of what was told is read in that order anyway. */
function ofType(wanted: NotificationFilter['eventType']): Prisma.Sql | undefined {
  if (wanted === undefined) return undefined;
  if (typeof wanted === 'string') return Prisma.sql`AND event_type = ${wanted}`;
  return Prisma.sql`AND event_type = ANY(${wanted}::text[])`;
}

function conditionsOf({ eventType, project, resource }: NotificationFilter): Prisma.Sql {
  const conditions = [
    ofType(eventType),
    project === undefined ? undefined : Prisma.sql`AND project_id = ${project}`,
    resource === undefined ? undefined : Prisma.sql`AND resource_id = ${resource}`,
  ].filter((condition) => condition !== undefined);
  return conditions.length === 0 ? Prisma.empty : Prisma.join(conditions, ' ');
}
