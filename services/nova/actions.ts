import type { Database, Prisma } from '../kernel/database.js';
import { notFound } from '../kernel/errors.js';
import type { Engine, StepRecord } from '../kernel/engine.js';

/**
 * Nova's os-instance-actions: what was done to a server, step by step. Each action is one of the server's operations.
 */
export class InstanceActions {
  constructor(
    private readonly db: Database,
    private readonly engine: Engine,
  ) {}

  /** Newest first, as Nova lists them. */
  async list(serverId: string, filters: { since?: Date | undefined; before?: Date | undefined } = {}) {
    const updated_at: Prisma.DateTimeFilter = {
      ...(filters.since ? { gte: filters.since } : {}),
      ...(filters.before ? { lte: filters.before } : {}),
    };
    const found = await this.db.operation.findMany({
      where: { resource_id: serverId, action: { not: null }, updated_at },
      select: SHOWN,
      orderBy: [{ requested_at: 'desc' }, { id: 'desc' }],
    });
    return found.map(toAction);
  }

  /** One action with its steps: recorded when it has ended, reported by its workflow while it runs. */
  async get(serverId: string, requestId: string) {
    const operation = await this.db.operation.findFirst({
      where: { resource_id: serverId, request_id: requestId, action: { not: null } },
      select: { ...SHOWN, steps: true },
      orderBy: { requested_at: 'desc' },
    });
    if (!operation) throw notFound('ActionNotFound', `Action ${requestId} on instance ${serverId} could not be found`);
    const recorded = operation.steps as unknown as StepRecord[];
    const steps = operation.finished_at === null ? ((await this.engine.story(operation.id)) ?? recorded) : recorded;
    return { ...toAction(operation), events: steps.map(toEvent) };
  }
}

const SHOWN = {
  id: true,
  action: true,
  resource_id: true,
  request_id: true,
  user_id: true,
  project_id: true,
  requested_at: true,
  updated_at: true,
  finished_at: true,
  message: true,
} as const satisfies Prisma.OperationSelect;

/** An operation in the words of os-instance-actions. */
const toAction = ({
  action,
  resource_id: server_id,
  requested_at: start_time,
  ...operation
}: Prisma.OperationGetPayload<{ select: typeof SHOWN }>) => ({
  ...operation,
  action: action ?? '',
  server_id,
  start_time,
});

const toEvent = (s: StepRecord) => ({
  event: s.status === 'undoing' || s.status === 'undone' ? `undo ${s.step}` : s.step,
  start_time: new Date(s.startedAt),
  finish_time: s.finishedAt === undefined ? null : new Date(s.finishedAt),
  /** Success or Error, as in Nova; null while it runs. */
  result: s.finishedAt === undefined ? null : s.status === 'failed' ? 'Error' : 'Success',
  host: s.host ?? null,
  details: s.detail ?? null,
});
