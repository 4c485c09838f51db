import type { Database, Prisma, Queries } from '../database.js';
import { notFound } from '../errors.js';
import { insertRows } from '../insert.js';
import type { Operations, StepRecord } from '../operations.js';

/** Nova's os-instance-actions: what was done to a server, step by step. */
export class InstanceActions {
  constructor(
    private readonly db: Database,
    private readonly operations: Operations,
  ) {}

  /** Newest first, as Nova lists them. */
  list(serverId: string, filters: { since?: Date; before?: Date } = {}) {
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
    tx: Queries,
    end: { serverId: string; requestId: string; message?: string; story: readonly StepRecord[]; again?: boolean },
  ): Promise<void> {
    const now = new Date();
    const actions = await tx.$queryRaw<{ id: string }[]>`
      UPDATE nova.instance_actions SET finish_time = ${now}, updated_at = ${now}, message = ${end.message ?? null}
      WHERE server_id = ${end.serverId} AND request_id = ${end.requestId} AND (finish_time IS NULL OR ${end.again ?? false})
      RETURNING id`;
    const action = actions[0];
    if (!action) return;
    // The step that records the story is the last one, and ends with this transaction.
    const ended = end.story.map((s) =>
      s.status === 'running' ? { ...s, status: 'done' as const, finishedAt: now.toISOString() } : s,
    );
    if (end.again) {
      // A burial that comes back late has the shorter story, and does not replace the longer one.
      if ((await tx.instanceActionEvent.count({ where: { action_id: action.id } })) > ended.length) return;
      await tx.instanceActionEvent.deleteMany({ where: { action_id: action.id } });
    }
    await insertRows(tx, { 'nova.instance_action_events': toEvents(action.id, ended) });
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
