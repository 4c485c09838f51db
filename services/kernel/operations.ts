import { randomUUID } from 'node:crypto';
import { Prisma, type Database, type Statements } from './database.js';
import { float, integer, nullable, rowType, rowsOf, text, time, word, type Row } from './rows.js';
import type { StepRecord } from './step-record.js';
import { insertRows, type RowsByTable } from './insert.js';
import { logContext } from './log-context.js';

/**
 * An operation as a record: what was asked for, by whom, how far it is. Its id is its workflow's.
 *
 *   requested → running → done | failed | undone       held: it waits for its turn (boots)
 *   cancelling: what it works on is being deleted; it is not started any more, and undone where it has begun
 *   undoing: it has failed for its user, and what it did is still being taken back
 */
export const OPERATION_STATES = [
  'requested',
  'held',
  'running',
  'cancelling',
  'undoing',
  'done',
  'failed',
  'undone',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];
export type OperationEnd = Extract<OperationState, 'done' | 'failed' | 'undone'>;
export type ResourceType = 'server' | 'volume';

/**
 * The types of the notifications that tell of an operation: of its start, of its end, and that it failed. Empty for one
 * that is not told. A trigger of the table writes them when the transaction commits
 * (prisma/migrations, `notifications.tell_of_operation`): no statement more is sent, and no caller can forget one.
 */
export type OperationEvents = readonly [start: string, end: string, error: string];

/** `compute.instance.create` as `compute.instance.create.start`, `.end` and `.error`. */
export const eventsOf = (prefix: string): OperationEvents => [`${prefix}.start`, `${prefix}.end`, `${prefix}.error`];

/** A kind of operation: what ties the type of a workflow to its input and to what it works on. */
export interface OperationKind<Input extends object> {
  /** Also the type of the workflow. */
  readonly kind: string;
  readonly resource: ResourceType;
  /** Its name in os-instance-actions. */
  readonly action?: string;
  /** None where it is left out. */
  readonly events?: OperationEvents;
  /** Never set: it carries the type of the input. */
  readonly input?: Input;
}

export const operationKind = <Input extends object>(kind: OperationKind<Input>): OperationKind<Input> => kind;

/** Who asks for an operation, by which request. */
export interface Asker {
  readonly projectId: string;
  readonly userId: string;
  readonly requestId: string;
}

/** What a workflow shows of itself in the Temporal UI, and the span that asked for it, where that is traced. */
export interface OperationStory {
  readonly summary: string;
  readonly details: string;
  readonly traceparent?: string;
}

/** A row of `operations.operations`, as it is inserted. */
export interface NewOperation {
  readonly id: string;
  readonly kind: string;
  readonly action: string | null;
  readonly resource_type: ResourceType;
  readonly resource_id: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly request_id: string;
  readonly events: readonly string[];
  readonly state: OperationState;
  readonly input: object;
  readonly story: OperationStory;
}

/** Makes the record of an operation, with its id chosen. @param held it waits until it is released */
export function newOperation<Input extends object>(
  { kind, resource, action, events }: OperationKind<Input>,
  resourceId: string,
  input: NoInfer<Input>,
  { projectId, userId, requestId }: Asker,
  story: NewOperation['story'],
  held = false,
): NewOperation {
  const traceparent = logContext()?.traceparent;
  return {
    id: randomUUID(),
    kind,
    action: action ?? null,
    resource_type: resource,
    resource_id: resourceId,
    project_id: projectId,
    user_id: userId,
    request_id: requestId,
    events: events ?? [],
    state: held ? 'held' : 'requested',
    input,
    story: traceparent === undefined ? story : { ...story, traceparent },
  };
}

/** How an operation ends, and what there is to tell of it. */
export interface End {
  readonly operationId: string;
  readonly state: OperationEnd;
  readonly message?: string;
  readonly story: readonly StepRecord[];
}

const OPEN = { id: text, kind: text, state: word<OperationState>() };
const OPEN_OPERATION = rowType({
  ...OPEN,
  /** Since its record changed last, by the database's clock: since it was cancelled, where it is `cancelling`. */
  resting_seconds: float,
});
/** An operation that has not ended. */
export type OpenOperation = Row<typeof OPEN_OPERATION>;

const OPEN_RECORD = rowType({
  ...OPEN,
  resource_type: text,
  resource_id: text,
  project_id: text,
  request_id: text,
  requested_at: time,
  /** Since it was asked for, or, once it runs, since it was started; by the database's clock. */
  age_ms: float,
  /** Tries of its start, and why the last one failed. */
  attempts: integer,
  last_error: nullable(text),
});
/** The same, with what an operator asks of it first. */
export type OpenOperationRecord = Row<typeof OPEN_RECORD>;
const ID = rowType({ id: text });

/** The records of operations. Their starts are the outbox's (outbox.ts). */
export class OperationRecords {
  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
  ) {}

  /** For a caller that inserts them with rows of other tables. */
  rows(operations: readonly NewOperation[]): RowsByTable {
    return { 'operations.operations': operations };
  }

  /** Writes operations inside the caller's transaction. */
  add(tx: Statements, operations: readonly NewOperation[]): Promise<void> {
    return insertRows(tx, this.rows(operations));
  }

  /** What works on a resource and has not ended, but for one operation: the one that asks. */
  openOf(resourceId: string, but: string | null = null): Promise<OpenOperation[]> {
    return rowsOf(this.sql, OPEN_OPERATION)`
      SELECT id, kind, state, extract(epoch FROM now() - updated_at)::float8 AS resting_seconds FROM operations.operations
      WHERE resource_id = ${resourceId} AND finished_at IS NULL AND id IS DISTINCT FROM ${but}`;
  }

  /** All that have not ended and are at least so old, the oldest first. */
  openNow(minAgeSeconds: number, limit: number): Promise<OpenOperationRecord[]> {
    return rowsOf(this.sql, OPEN_RECORD)`
      SELECT id, kind, state, resource_type, resource_id, project_id, request_id, requested_at, attempts, last_error,
        (extract(epoch FROM now() - COALESCE(started_at, requested_at)) * 1000)::float8 AS age_ms
      FROM operations.operations
      WHERE finished_at IS NULL AND requested_at <= now() - make_interval(secs => ${minAgeSeconds})
      ORDER BY requested_at LIMIT ${limit}`;
  }

  /**
   * The resource is about to be deleted, so what works on it need not go on. An operation that has not begun is never
   * started; one that has is cancelled by the delete, and undoes itself.
   */
  async cancelAll(tx: Statements, resourceId: string): Promise<void> {
    await tx.$executeRaw`
      UPDATE operations.operations SET state = 'cancelling', updated_at = now()
      WHERE resource_id = ${resourceId} AND finished_at IS NULL`;
  }

  /** Ends an operation and keeps its steps. One that has ended stays as it ended. */
  async finish(tx: Statements, end: End): Promise<void> {
    await tx.$executeRaw`WITH ${this.finishing(Prisma.sql`SELECT 1`, end)} SELECT 1`;
  }

  /** The same in a transaction of its own. */
  finishNow(end: End): Promise<void> {
    return this.finish(this.sql, end);
  }

  /** The same as a part of the caller's own statement. @param when a query: it ends if that returns a row */
  finishing(when: Prisma.Sql, { operationId, state, message, story }: End): Prisma.Sql {
    // The step that records the story still runs: it is the last one, and ends with this transaction.
    const last = story.length - 1;
    const steps = JSON.stringify(story.map((s) => (s.status === 'running' ? { ...s, status: 'done' } : s)));
    const ended =
      story[last]?.status === 'running'
        ? Prisma.sql`jsonb_set(${steps}::jsonb, ${`{${last},finishedAt}`}::text[], to_jsonb(now()))`
        : Prisma.sql`${steps}::jsonb`;
    return Prisma.sql`
      ended_operation AS (
        UPDATE operations.operations SET state = ${state}, steps = ${ended}, message = ${message ?? null},
          started_at = COALESCE(started_at, now()), finished_at = now(), updated_at = now()
        WHERE id = ${operationId} AND finished_at IS NULL AND EXISTS (${when}))`;
  }

  /** Whether an operation has ended as asked. */
  async isDone(operationId: string): Promise<boolean> {
    const done = await this.sql.$queryRaw<unknown[]>`
      SELECT 1 FROM operations.operations WHERE id = ${operationId} AND state = 'done'`;
    return done.length > 0;
  }

  /** It has failed for its user, and goes on only to take back what it did. */
  async undoing(tx: Statements, operationId: string, message: string): Promise<void> {
    await tx.$executeRaw`
      UPDATE operations.operations SET state = 'undoing', message = ${message}, updated_at = now()
      WHERE id = ${operationId} AND state IN ('requested', 'running')`;
  }

  /** The newest operation of a kind that a resource has not ended, or undefined. */
  async newest(resourceId: string, kind: string): Promise<string | undefined> {
    const [row] = await rowsOf(this.sql, ID)`
      SELECT id FROM operations.operations WHERE resource_id = ${resourceId} AND kind = ${kind} AND finished_at IS NULL
      ORDER BY requested_at DESC LIMIT 1`;
    return row?.id;
  }

  /** Removes up to `batch` operations of volumes that ended long ago. Those of a server go with its record. */
  async purge(retentionDays: number, batch: number): Promise<number> {
    return this.db.$executeRaw`
      DELETE FROM operations.operations WHERE id IN (
        SELECT id FROM operations.operations
        WHERE resource_type <> 'server' AND finished_at < now() - make_interval(days => ${retentionDays})
        LIMIT ${batch} FOR UPDATE SKIP LOCKED)`;
  }
}
