import { Prisma, type Database, type Statements } from '../kernel/database.js';
import { notFound } from '../kernel/errors.js';
import type { Operations, StepRecord } from '../kernel/operations.js';

/** Nova's os-instance-actions: what was done to a server, step by step. */
export class InstanceActions {
  constructor(
    private readonly db: Database,
    private readonly operations: Operations,
  ) {}

  /** Newest first, as Nova lists them. */
  list(serverId: string, filters: { since?: Date | undefined; before?: Date | undefined } = {}) {
    const updated_at: Prisma.DateTimeFilter = {
      ...(filters.since ? { gte: filters.since } : {}),
      ...(filters.before ? { lte: filters.before } : {}),
    };
    return this.db.instanceAction.findMany({
      where: { server_id: serverId, updated_at },
      orderBy: [{ start_time: 'desc' }, { id: 'desc' }],
    });
  }

  /** One action with its steps: recorded when it has ended, told by its workflow while it runs. */
  async get(serverId: string, requestId: string) {
    const action = await this.db.instanceAction.findFirst({
      where: { server_id: serverId, request_id: requestId },
      include: { events: { orderBy: { position: 'asc' } } },
    });
    if (!action) throw notFound('ActionNotFound', `Action ${requestId} on instance ${serverId} could not be found`);
    if (action.finish_time !== null) return action;
    const story = await this.operations.story(action.workflow_id);
    return story ? { ...action, events: toEvents(action.id, story) } : action;
  }

  /**
   * Ends the workflow's action and records its steps. A boot may be buried twice: early, while an undo is stuck, and
   * again with its whole story when all is undone.
   */
  async finish(
    tx: Statements,
    end: { serverId: string; requestId: string; message?: string; story: readonly StepRecord[]; again?: boolean },
  ): Promise<void> {
    if (end.again) {
      // A burial that comes back late has the shorter story, and does not replace the longer one.
      const actions = Prisma.sql`
        SELECT id FROM nova.instance_actions WHERE server_id = ${end.serverId} AND request_id = ${end.requestId}`;
      const [told] = await tx.$queryRaw<{ n: number }[]>`
        SELECT count(*)::int AS n FROM nova.instance_action_events WHERE action_id IN (${actions})`;
      if (told!.n > end.story.length) return;
      await tx.$executeRaw`DELETE FROM nova.instance_action_events WHERE action_id IN (${actions})`;
    }
    await tx.$executeRaw`WITH ${this.finishing(Prisma.sql`SELECT ${end.serverId}::text`, end)} SELECT 1`;
  }

  /** The same as a part of the caller's own statement. @param servers a query for the server's id, or for none */
  finishing(
    servers: Prisma.Sql,
    end: { requestId: string; message?: string; story: readonly StepRecord[]; again?: boolean },
  ): Prisma.Sql {
    // The step that records the story still runs: it is the last one, and ends with this transaction.
    const events = toEvents('', end.story).map(({ action_id: _id, ...event }, i) => ({
      ...event,
      result: end.story[i]?.status === 'running' ? 'Success' : event.result,
    }));
    return Prisma.sql`
      ended_action AS (
        UPDATE nova.instance_actions SET finish_time = now(), updated_at = now(), message = ${end.message ?? null}
        WHERE server_id IN (${servers}) AND request_id = ${end.requestId} AND (finish_time IS NULL OR ${end.again ?? false})
        RETURNING id),
      ended_events AS (
        INSERT INTO nova.instance_action_events (action_id, position, event, start_time, finish_time, result, host, details)
        SELECT a.id, e.position, e.event, e.start_time, CASE WHEN e.result IS NOT NULL THEN COALESCE(e.finish_time, now()) END, e.result, e.host, e.details
        FROM ended_action a, jsonb_populate_recordset(NULL::nova.instance_action_events, ${JSON.stringify(events)}::jsonb) e
        ON CONFLICT DO NOTHING)`;
  }
}

function toEvents(actionId: string, story: readonly StepRecord[]) {
  return story.map((s, position) => ({
    action_id: actionId,
    position,
    event: s.status === 'undoing' || s.status === 'undone' ? `undo ${s.step}` : s.step,
    start_time: new Date(s.startedAt),
    finish_time: s.finishedAt === undefined ? null : new Date(s.finishedAt),
    result: s.finishedAt === undefined ? null : s.status === 'failed' ? 'Error' : 'Success',
    host: s.host ?? null,
    details: s.detail ?? null,
  }));
}
