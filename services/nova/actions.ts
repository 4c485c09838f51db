import type { Database, Prisma } from '../kernel/database.js';
import { badRequest, notFound } from '../kernel/errors.js';
import type { Engine, StepRecord } from '../kernel/engine.js';
import { fetchPage, type Page } from '../kernel/paging.js';

/**
 * Nova's os-instance-actions: what was done to a server, step by step. Each action is one of the server's operations.
 */
export class InstanceActions {
  constructor(
    private readonly db: Database,
    private readonly engine: Engine,
  ) {}

  /**
   * A page, the newest first, as Nova lists them. @param page its marker is a request's id
   * @throws 400 for a marker that is no request of the server's
   */
  async list(serverId: string, page: Page, filters: { since?: Date | undefined; before?: Date | undefined } = {}) {
    const updated_at: Prisma.DateTimeFilter = {
      ...(filters.since ? { gte: filters.since } : {}),
      ...(filters.before ? { lte: filters.before } : {}),
    };
    const { limit, marker: request_id } = page;
    const marker = request_id === undefined ? undefined : (await this.markerOf(serverId, request_id)).id;
    const { items, more } = await fetchPage(
      { limit, ...(marker === undefined ? {} : { marker }) },
      (args) =>
        this.db.operation.findMany({
          where: { resource_id: serverId, action: { not: null }, updated_at },
          select: SHOWN,
          orderBy: [...NEWEST_FIRST],
          ...args,
        }),
      // It was looked up before.
      () => Promise.resolve(),
    );
    return { items: items.map(toAction), more };
  }

  private async markerOf(serverId: string, request_id: string): Promise<{ id: string }> {
    const found = await this.db.operation.findFirst({
      where: { resource_id: serverId, request_id, action: { not: null } },
      select: { id: true },
      orderBy: [...NEWEST_FIRST],
    });
    if (!found) throw badRequest(`marker [${request_id}] not found`);
    return found;
  }

  /** One action with its steps: recorded when it has ended, reported by its workflow while it runs. */
  async get(serverId: string, requestId: string) {
    const operation = await this.db.operation.findFirst({
      where: { resource_id: serverId, request_id: requestId, action: { not: null } },
      select: { ...SHOWN, steps: true },
      orderBy: [...NEWEST_FIRST],
    });
    if (!operation) throw notFound('ActionNotFound', `Action ${requestId} on instance ${serverId} could not be found`);
    const recorded = operation.steps as unknown as StepRecord[];
    const steps = operation.finished_at === null ? ((await this.engine.story(operation.id)) ?? recorded) : recorded;
    return { ...toAction(operation), events: steps.map(toEvent) };
  }
}

const NEWEST_FIRST = [{ requested_at: 'desc' }, { id: 'desc' }] as const;

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
