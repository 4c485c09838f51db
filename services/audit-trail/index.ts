import { setTimeout as sleep } from 'node:timers/promises';
import { Prisma, type Sql } from '../kernel/database.js';
import { badRequest, OpenStackError } from '../kernel/errors.js';
import type { Logger } from '../kernel/log.js';
import { onNobodysBehalf } from '../kernel/log-context.js';
import { json, rowType, rowsOf, time } from '../kernel/rows.js';
import { eventIdOf, rowOf, type Deed, type TrailRow } from './event.js';

export type { Deed, Initiator } from './event.js';

/** Rows come together for this long, so that a busy api writes them by the hundred; and nobody looks sooner. */
const GATHER_MS = 500;
/** Rows of one statement: about a megabyte. */
const BATCH = 1_000;
/** Rows that wait in memory while the database is away: about ten megabytes, or minutes of a busy api. */
const MOST_WAITING = 10_000;
/** While the database is away it is tried again this often. */
const RETRY_MS = 1_000;
/** An orderly stop tries this often: it is killed after 15 s (apps/standalone/supervisor.ts), ten of which are for requests. */
const LAST_TRIES = 3;
/** Rows of one statement of a purge: short enough that nobody waits for it. */
const PURGE_BATCH = 5_000;

const EVENT = rowType({ event: json<object>() });
const AT = rowType({ at: time });

/** Which events are asked for; all of what is given has to hold. */
export interface TrailFilter {
  readonly initiator?: string | undefined;
  readonly project?: string | undefined;
  readonly target?: string | undefined;
  /** A whole action (`compute/server/create`) or some of its words (`create`, `server`, `update/reboot`). */
  readonly action?: string | undefined;
  readonly outcome?: string | undefined;
  readonly requestId?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

interface Waiting {
  readonly row: TrailRow;
  /** By performance.now(): the row's time is the database's clock, less what has passed since. */
  readonly noted: number;
}

/**
 * The audit trail: who did what to which resource, with CADF's names. To note an event costs a log line and a place in
 * memory; the rows are written together a moment later. What cannot be written is in the log.
 */
export class AuditTrail {
  /** Rows that were not written, since the process began. */
  dropped = 0;
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<boolean> | undefined;

  /** @param retentionDays 0 keeps everything */
  constructor(
    private readonly sql: Sql,
    private readonly log: Logger,
    private readonly settings: { readonly enabled: boolean; readonly retentionDays: number },
  ) {}

  /** Notes what a request did. It waits for nothing. */
  note(deed: Deed): void {
    if (!this.settings.enabled) return;
    const row = rowOf(deed);
    this.log.info(row.event, row.action);
    if (this.waiting.length >= MOST_WAITING) return this.drop([row], 'too many wait for the database');
    this.waiting.push({ row, noted: performance.now() });
    onNobodysBehalf(() => this.wake(GATHER_MS));
  }

  /** Writes what waits. What is then left is in the log. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (let tries = 0; this.waiting.length > 0 || this.writing !== undefined;) {
      if (await this.flush()) continue;
      if (++tries === LAST_TRIES) break;
      await sleep(RETRY_MS);
    }
    clearTimeout(this.timer);
    this.drop(
      this.waiting.splice(0).map(({ row }) => row),
      'the api stopped before the database took it',
    );
  }

  /**
   * The newest events first.
   * @param marker the id of the last event of the page before
   * @throws 400 for a marker that is none
   */
  async list(filter: TrailFilter, limit: number, marker?: string): Promise<object[]> {
    const conditions = [...conditionsOf(filter), ...(await this.beyond(marker))];
    const where = conditions.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}`;
    const rows = await rowsOf(this.sql, EVENT)`
      SELECT event FROM audit.trail ${where} ORDER BY at DESC, id DESC LIMIT ${limit}`;
    return rows.map(({ event }) => event);
  }

  /** Removes events that are older than they are kept. @returns whether there may be more */
  async purge(): Promise<{ more: boolean }> {
    if (this.settings.retentionDays === 0) return { more: false };
    const removed = await this.sql.$executeRaw`
      DELETE FROM audit.trail WHERE id IN (
        SELECT id FROM audit.trail WHERE at < now() - make_interval(days => ${this.settings.retentionDays})
        ORDER BY at LIMIT ${PURGE_BATCH})`;
    return { more: removed === PURGE_BATCH };
  }

  private async beyond(marker: string | undefined): Promise<Prisma.Sql[]> {
    if (marker === undefined) return [];
    const [last] = await rowsOf(this.sql, AT)`SELECT at FROM audit.trail WHERE id = ${marker}`;
    if (last === undefined) throw badRequest(`marker [${marker}] not found`);
    // Compared in the database: a time of JavaScript has no microseconds.
    return [Prisma.sql`(at, id) < ((SELECT at FROM audit.trail WHERE id = ${marker}), ${marker})`];
  }

  private wake(ms: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.flush().then((written) => this.waiting.length > 0 && this.wake(written ? 0 : RETRY_MS));
    }, ms).unref();
  }

  /** Writes one batch, one at a time. @returns false when the database is away; what it was given waits on */
  private flush(): Promise<boolean> {
    this.writing ??= this.writeBatch(this.waiting.splice(0, BATCH)).finally(() => (this.writing = undefined));
    return this.writing;
  }

  private async writeBatch(batch: Waiting[]): Promise<boolean> {
    if (batch.length === 0) return true;
    const now = performance.now();
    const rows = batch.map(({ row, noted }) => ({ ...row, age: (now - noted) / 1_000 }));
    try {
      // A batch that is written twice, since nobody heard of the first time, is there once.
      await this.sql.$executeRaw`
        INSERT INTO audit.trail
          (id, at, initiator_id, project_id, action, outcome, target_type, target_id, request_id, event)
        SELECT id, at, initiator_id, project_id, action, outcome, target_type, target_id, request_id,
          event || jsonb_build_object(
            'eventTime', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+0000"'))
        FROM (SELECT r.*, now() - make_interval(secs => r.age) AS at FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
          AS r (id text, age float8, initiator_id text, project_id text, action text, outcome text, target_type text,
                target_id text, request_id text, event jsonb)) AS dated
        ON CONFLICT (id) DO NOTHING`;
      return true;
    } catch (error) {
      const away = error instanceof OpenStackError && error.status === 503;
      if (away) this.waiting.unshift(...batch);
      else
        this.drop(
          batch.map(({ row }) => row),
          error instanceof Error ? error.message : String(error),
        );
      return !away;
    }
  }

  /** Says each row in the log, at a level at which somebody hears it. */
  private drop(rows: readonly TrailRow[], why: string): void {
    this.dropped += rows.length;
    for (const { event, action } of rows) this.log.error({ ...event, why }, `not in the audit trail: ${action}`);
  }
}

function conditionsOf(filter: TrailFilter): Prisma.Sql[] {
  const { initiator, project, target, action, outcome, requestId, since, until } = filter;
  return [
    initiator === undefined ? undefined : Prisma.sql`initiator_id = ${initiator}`,
    project === undefined ? undefined : Prisma.sql`project_id = ${project}`,
    target === undefined ? undefined : Prisma.sql`target_id = ${target}`,
    action === undefined ? undefined : Prisma.sql`strpos('/' || action || '/', ${`/${action}/`}) > 0`,
    outcome === undefined ? undefined : Prisma.sql`outcome = ${outcome}`,
    requestId === undefined ? undefined : Prisma.sql`id = ${eventIdOf(requestId)}`,
    since === undefined ? undefined : Prisma.sql`at >= ${since}`,
    until === undefined ? undefined : Prisma.sql`at < ${until}`,
  ].filter((condition) => condition !== undefined);
}
