import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from 'typebox';
import type { Logger } from './log.js';
import { onNobodysBehalf } from './log-context.js';
import type { Statements } from './database.js';
import { integer, json, rowType, rowsOf, text, texts, type Row } from './rows.js';
import { StartRefused, type Startable } from './engine.js';

/** Starts a workflow; one that is already there under this id counts as started. @throws StartRefused */
export type Starter = (operation: Startable) => Promise<void>;
/** Ends an operation whose workflow can never start. It may run twice. */
export type Refused = (operation: Startable, reason: string) => Promise<unknown>;

/** The first try is the api's own, right after the commit; the relay takes over when that has had its time. */
const RELAY_AFTER_SECONDS = 2;
/** Under load some starts share one statement and one commit; it is far less than the relay waits. */
const CONFIRM_AFTER_MS = 250;
/** The relay's longest pause between tries of one workflow: as often as a client looks for Temporal (apps/temporal). */
const LONGEST_BACKOFF_SECONDS = 2;

const HELD = rowType({ project_id: text, n: integer });
const DUE = rowType({
  id: text,
  kind: text,
  resource_type: text,
  resource_id: text,
  project_id: text,
  request_id: text,
  input: json(),
  story: Type.Object({ summary: text, details: text, traceparent: Type.Optional(text) }),
  replaces: texts,
});
type Due = Row<typeof DUE>;

/** How an operation stands that was to be started again: `waits` is for the relay, which does not give up. */
export type Retried = 'started' | 'waits' | 'ended';

/**
 * The transactional outbox between the records and Temporal: it is the operations that are requested and not started.
 * Whoever commits a server commits its operation with it, and that is tried until Temporal has its workflow. The
 * operation's id is the workflow's, which makes the start exactly-once.
 */
export class Outbox {
  /** Operations that Temporal has, and that one statement soon records as running. */
  private started: string[] = [];
  private confirming: Promise<void> | undefined;
  /** By kind. Of a kind that is not here, a refused start is tried again: its input is never at fault. */
  private readonly refused = new Map<string, Refused>();

  constructor(
    private readonly sql: Statements,
    private readonly start: Starter,
    private readonly log: Logger,
  ) {}

  /** Says what ends an operation that the engine refuses for good. */
  onRefused(kind: string, end: Refused): void {
    this.refused.set(kind, end);
  }

  /** Starts what was just committed. Never throws and need not be awaited: what fails here, the relay does later. */
  async dispatch(operations: readonly (Startable & { readonly state?: string })[]): Promise<void> {
    await Promise.all(operations.filter((o) => o.state !== 'held').map((o) => this.attempt(o)));
  }

  /** How many operations are held, by project. */
  async held(queries: Statements = this.sql): Promise<Map<string, number>> {
    const rows = await rowsOf(queries, HELD)`
      SELECT project_id, count(*)::int AS n FROM operations.operations WHERE state = 'held' GROUP BY project_id`;
    return new Map(rows.map((r) => [r.project_id, r.n]));
  }

  /**
   * Releases up to `count` held operations: of each project its oldest, then of each its second, and so on.
   * @param turns how many turns each project has had: without them, one whose operations are older than all others would
   * have every turn where there is room for one at a time
   */
  async release(tx: Statements, count: number, turns: ReadonlyMap<string, number>): Promise<Due[]> {
    return rowsOf(tx, DUE)`
      UPDATE operations.operations
      SET state = 'requested', attempts = attempts + 1,
        next_attempt_at = now() + make_interval(secs => ${RELAY_AFTER_SECONDS})
      WHERE id IN (
        SELECT id FROM (
          SELECT id, requested_at, row_number() OVER (PARTITION BY project_id ORDER BY requested_at, id)
            + COALESCE((${JSON.stringify(Object.fromEntries(turns))}::jsonb ->> project_id)::int, 0) AS turn
          FROM operations.operations WHERE state = 'held') AS waiting
        ORDER BY turn, requested_at LIMIT ${count})
      RETURNING id, kind, resource_type, resource_id, project_id, request_id, input, story, replaces`;
  }

  /**
   * Starts what is due. `FOR UPDATE SKIP LOCKED` lets any number of relays run side by side.
   * @returns how many operations were due
   */
  async relay(batch = 100): Promise<number> {
    const due = await rowsOf(this.sql, DUE)`
      UPDATE operations.operations SET attempts = attempts + 1,
        next_attempt_at = now() + make_interval(secs => LEAST(${LONGEST_BACKOFF_SECONDS}, power(2, LEAST(attempts, 5))))
      WHERE id IN (
        SELECT id FROM operations.operations
        WHERE state = 'requested'
          AND next_attempt_at <= now() - make_interval(secs => CASE WHEN attempts = 0 THEN ${RELAY_AFTER_SECONDS}::int ELSE 0 END)
        ORDER BY next_attempt_at LIMIT ${batch} FOR UPDATE SKIP LOCKED)
      RETURNING id, kind, resource_type, resource_id, project_id, request_id, input, story, replaces`;
    await this.dispatch(due);
    return due.length;
  }

  /**
   * Starts an operation at once: one that waits, or whose workflow somebody ended. As with the api's first try, the relay
   * leaves it alone for a moment. If the relay took it up meanwhile, this call would answer `waits`, as if the operation
   * could not be started.
   */
  async retry(id: string): Promise<Retried> {
    const due = await rowsOf(this.sql, DUE)`
      UPDATE operations.operations SET state = 'requested', attempts = attempts + 1,
        next_attempt_at = now() + make_interval(secs => ${RELAY_AFTER_SECONDS})
      WHERE id = ${id} AND finished_at IS NULL
      RETURNING id, kind, resource_type, resource_id, project_id, request_id, input, story, replaces`;
    if (due.length === 0) return 'ended';
    await this.dispatch(due);
    const waiting = await this.sql.$queryRaw<unknown[]>`
      SELECT 1 FROM operations.operations WHERE id = ${id} AND state = 'requested'`;
    return waiting.length === 0 ? 'started' : 'waits';
  }

  private async attempt(operation: Startable): Promise<void> {
    const { id } = operation;
    const line = { requestId: operation.request_id, workflowId: id };
    try {
      await this.start(operation);
      this.log.info({ ...line, kind: operation.kind }, 'operation started');
      await this.confirm(id);
    } catch (error) {
      if (error instanceof StartRefused && (await this.refuse(operation, error.message))) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.log.warn({ ...line, error: reason }, 'workflow not started yet; the relay will');
      await this.sql.$executeRaw`UPDATE operations.operations SET last_error = ${reason} WHERE id = ${id}`.catch(
        () => undefined,
      );
    }
  }

  /** Ends an operation that can never begin. @returns false when it could not be ended now: then it is tried again */
  private async refuse(operation: Startable, reason: string): Promise<boolean> {
    const end = this.refused.get(operation.kind);
    if (end === undefined) return false;
    this.log.error(
      { requestId: operation.request_id, workflowId: operation.id, reason },
      'the engine will never take this start; its operation ends here',
    );
    try {
      await end(operation, reason);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Records that an operation runs, with others that began about now. A process that ends before that leaves operations
   * whose workflows are there already; the relay finds that out.
   */
  private confirm(id: string): Promise<void> {
    this.started.push(id);
    this.confirming ??= onNobodysBehalf(() => this.confirmSoon());
    return this.confirming;
  }

  private async confirmSoon(): Promise<void> {
    await sleep(CONFIRM_AFTER_MS);
    const ids = this.started;
    this.started = [];
    this.confirming = undefined;
    // One that is short has ended by now, and keeps its end.
    await this.sql.$executeRaw`
      UPDATE operations.operations SET state = 'running', started_at = now(), last_error = NULL
      WHERE id = ANY(${ids}) AND state = 'requested'`;
  }
}
