import type { Sql } from '../kernel/database.js';
import { integer, json, rowType, rowsOf, text, type Row } from '../kernel/rows.js';

/** Deliveries side by side, and of one project: a project whose addresses do not answer keeps no other waiting. */
const AT_ONCE = 16;
const OF_A_PROJECT = 4;
/** How long a delivery may take that nobody speaks of any more: its conductor has ended. Longer than any takes. */
const LEASE_SECONDS = 60;
/** Six tries within seven minutes: what is away for longer is not about to come back, and an alarm is news. */
const MOST_ATTEMPTS = 6;
/** 5, 15, 45, 135 and 405 seconds. */
const BACK_OFF_SECONDS = 5;
const BACK_OFF_FACTOR = 3;

const NOTIFICATION = rowType({
  notification_id: text,
  alarm_id: text,
  action: text,
  body: json(),
  attempts: integer,
});
/** Something that has to be told of an alarm. */
export type AlarmNotification = Row<typeof NOTIFICATION>;

/** How a delivery went. */
export type Outcome = 'delivered' | { readonly failed: string; readonly passing: boolean };

/** What a delivery has come to: done, to be tried again, or given up. */
export type Fate = 'delivered' | 'retried' | 'given up';

/**
 * What alarms have to tell, each at least once: it is written with the alarm's transition, and taken away when it is
 * delivered. A conductor that ends between the two leaves it to be delivered again.
 */
export class AlarmOutbox {
  constructor(private readonly sql: Sql) {}

  /** Takes what is due, so that no other conductor does; what of each project is oldest comes first, project by project. */
  take(): Promise<AlarmNotification[]> {
    return rowsOf(this.sql, NOTIFICATION)`
      WITH due AS (
        SELECT notification_id FROM aodh.notifications WHERE notification_id IN (
          SELECT notification_id FROM (
            SELECT notification_id, row_number() OVER (PARTITION BY project_id ORDER BY next_attempt) AS place
            FROM aodh.notifications WHERE next_attempt <= now()) AS placed
          WHERE place <= ${OF_A_PROJECT} ORDER BY place LIMIT ${AT_ONCE})
        FOR UPDATE SKIP LOCKED)
      UPDATE aodh.notifications n
      SET attempts = n.attempts + 1, next_attempt = now() + make_interval(secs => ${LEASE_SECONDS})
      FROM due WHERE n.notification_id = due.notification_id
      RETURNING n.notification_id, n.alarm_id, n.action, n.body, n.attempts`;
  }

  /** Says how a delivery went. */
  async settle({ notification_id, attempts }: AlarmNotification, outcome: Outcome): Promise<Fate> {
    const delivered = outcome === 'delivered';
    if (delivered || !outcome.passing || attempts >= MOST_ATTEMPTS) {
      await this.sql.$executeRaw`DELETE FROM aodh.notifications WHERE notification_id = ${notification_id}`;
      return delivered ? 'delivered' : 'given up';
    }
    const seconds = BACK_OFF_SECONDS * BACK_OFF_FACTOR ** (attempts - 1);
    await this.sql.$executeRaw`
      UPDATE aodh.notifications SET next_attempt = now() + make_interval(secs => ${seconds})
      WHERE notification_id = ${notification_id}`;
    return 'retried';
  }
}
