import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './log.js';
import type { Database, Statements } from './database.js';
import { insertRows, type RowsByTable } from './insert.js';
import { StartRefused } from './operations.js';

/** What a workflow shows of itself in the Temporal UI, and how it is found there. */
export interface WorkflowStory {
  readonly summary: string;
  readonly details: string;
  readonly attributes: { readonly ServerId?: string; readonly ProjectId?: string };
}
/** A workflow to start, once the transaction that asks for it has committed. */
export interface WorkflowStart {
  readonly workflowId: string;
  readonly workflowType: string;
  readonly input: object;
  readonly story: WorkflowStory;
  /** Boots only: the project that asks, and whether the start waits until it is released. */
  readonly turn?: { readonly projectId: string; readonly held: boolean };
}
interface DueRow {
  readonly workflow_id: string;
  readonly workflow_type: string;
  readonly input: object;
  readonly story: WorkflowStory;
}
const startOf = ({ workflow_id, workflow_type, input, story }: DueRow): WorkflowStart => ({
  workflowId: workflow_id,
  workflowType: workflow_type,
  input,
  story,
});
/** Starts a workflow; one that is already there under this id counts as started. @throws StartRefused */
export type Starter = (start: WorkflowStart) => Promise<void>;
/** Ends an operation whose workflow can never start. It may run twice. */
export type Refused = (input: object, reason: string) => Promise<unknown>;

/** The first try is the api's own, right after the commit; the relay takes over when that has had its time. */
const RELAY_AFTER_SECONDS = 2;
/** Under load some starts share one statement and one commit; it is far less than the relay waits. */
const FORGET_AFTER_MS = 250;
/** The relay's longest pause between tries of one workflow: as often as a client looks for Temporal (apps/temporal). */
const LONGEST_BACKOFF_SECONDS = 2;

/**
 * The transactional outbox between the records and Temporal: whoever commits a server commits the wish for its
 * workflow with it, and the wish is kept until Temporal has it. The workflow's id makes the start exactly-once.
 */
export class Outbox {
  /** Wishes that are fulfilled, and whose rows one statement deletes soon. */
  private fulfilled: string[] = [];
  private forgetting: Promise<void> | undefined;
  /** By the type of the workflow. Of a type that is not here, a refused start is tried again: its input is never at fault. */
  private readonly refused = new Map<string, Refused>();

  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
    private readonly start: Starter,
    private readonly log: Logger,
  ) {}

  /** Says what ends an operation that the engine refuses for good. */
  onRefused(workflowType: string, end: Refused): void {
    this.refused.set(workflowType, end);
  }

  /** The rows of the wishes, for a caller that writes them with others. */
  rows(starts: readonly WorkflowStart[]): RowsByTable {
    return {
      'outbox.workflow_starts': starts.map((s) => ({
        workflow_id: s.workflowId,
        workflow_type: s.workflowType,
        input: s.input,
        story: s.story,
        held: s.turn?.held ?? false,
        project_id: s.turn?.projectId ?? null,
      })),
    };
  }

  /** Writes the wishes, inside the caller's transaction. */
  add(tx: Statements, starts: readonly WorkflowStart[]): Promise<void> {
    return insertRows(tx, this.rows(starts));
  }

  /** Starts what was just committed. Never throws and need not be awaited: what fails here, the relay does later. */
  async dispatch(starts: readonly WorkflowStart[]): Promise<void> {
    await Promise.all(starts.filter((s) => s.turn?.held !== true).map((s) => this.attempt(s)));
  }

  /** How many starts are held, by project. */
  async held(queries: Statements = this.sql): Promise<Map<string, number>> {
    const rows = await queries.$queryRaw<{ project_id: string; n: number }[]>`
      SELECT project_id, count(*)::int AS n FROM outbox.workflow_starts WHERE held GROUP BY project_id`;
    return new Map(rows.map((r) => [r.project_id, r.n]));
  }

  /**
   * Releases up to `count` held starts: of each project its oldest, then of each its second, and so on.
   * @param turns how many turns each project has had: without them, one whose starts are older than all others would
   * have every turn where there is room for one at a time
   * @returns them, and the project of each
   */
  async release(tx: Statements, count: number, turns: ReadonlyMap<string, number>) {
    const rows = await tx.$queryRaw<(DueRow & { project_id: string })[]>`
      UPDATE outbox.workflow_starts
      SET held = false, attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${RELAY_AFTER_SECONDS})
      WHERE workflow_id IN (
        SELECT workflow_id FROM (
          SELECT workflow_id, created_at, row_number() OVER (PARTITION BY project_id ORDER BY created_at, workflow_id)
            + COALESCE((${JSON.stringify(Object.fromEntries(turns))}::jsonb ->> project_id)::int, 0) AS turn
          FROM outbox.workflow_starts WHERE held) AS waiting
        ORDER BY turn, created_at LIMIT ${count})
      RETURNING workflow_id, workflow_type, input, story, project_id`;
    return rows.map((row) => ({ projectId: row.project_id, start: startOf(row) }));
  }

  /**
   * Starts what is due. `FOR UPDATE SKIP LOCKED` lets any number of relays run side by side.
   * @returns how many rows were due
   */
  async relay(batch = 100): Promise<number> {
    const due = await this.sql.$queryRaw<DueRow[]>`
      UPDATE outbox.workflow_starts SET attempts = attempts + 1,
        next_attempt_at = now() + make_interval(secs => LEAST(${LONGEST_BACKOFF_SECONDS}, power(2, LEAST(attempts, 5))))
      WHERE workflow_id IN (
        SELECT workflow_id FROM outbox.workflow_starts
        WHERE next_attempt_at <= now() - make_interval(secs => CASE WHEN attempts = 0 THEN ${RELAY_AFTER_SECONDS}::int ELSE 0 END)
          AND NOT held
        ORDER BY next_attempt_at LIMIT ${batch} FOR UPDATE SKIP LOCKED)
      RETURNING workflow_id, workflow_type, input, story`;
    await this.dispatch(due.map(startOf));
    return due.length;
  }

  /** Tries one wish again now. @returns whether it is fulfilled */
  async retry(workflowId: string): Promise<boolean> {
    await this.sql.$executeRaw`
      UPDATE outbox.workflow_starts SET next_attempt_at = '-infinity', held = false WHERE workflow_id = ${workflowId}`;
    await this.relay();
    return (await this.db.workflowStart.count({ where: { workflow_id: workflowId } })) === 0;
  }

  private async attempt(start: WorkflowStart): Promise<void> {
    try {
      await this.start(start);
      await this.forget(start.workflowId);
    } catch (error) {
      if (error instanceof StartRefused && (await this.refuse(start, error.message))) return;
      const last_error = error instanceof Error ? error.message : String(error);
      this.log.warn({ workflowId: start.workflowId, error: last_error }, 'workflow not started yet; the relay will');
      await this.db.workflowStart
        .updateMany({ where: { workflow_id: start.workflowId }, data: { last_error } })
        .catch(() => undefined);
    }
  }

  /** Ends an operation that can never begin. @returns false when it could not be ended now: then it is tried again */
  private async refuse({ workflowId, workflowType, input }: WorkflowStart, reason: string): Promise<boolean> {
    const end = this.refused.get(workflowType);
    if (end === undefined) return false;
    this.log.error({ workflowId, reason }, 'the engine will never take this start; its operation ends here');
    try {
      await end(input, reason);
      await this.forget(workflowId);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Deletes the row of a wish that is fulfilled, with those of others that are fulfilled about now. A process that ends
   * before that leaves rows whose workflows are there already; the relay finds that out and deletes them.
   */
  private forget(workflowId: string): Promise<void> {
    this.fulfilled.push(workflowId);
    this.forgetting ??= this.forgetSoon();
    return this.forgetting;
  }

  private async forgetSoon(): Promise<void> {
    await sleep(FORGET_AFTER_MS);
    const ids = this.fulfilled;
    this.fulfilled = [];
    this.forgetting = undefined;
    await this.sql.$executeRaw`DELETE FROM outbox.workflow_starts WHERE workflow_id = ANY(${ids})`;
  }
}
