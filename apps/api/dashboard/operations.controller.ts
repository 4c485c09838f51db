import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import type { TemporalEngine } from '#apps/temporal/index';
import type { Services } from '#services/index';
import type { RequestContext } from '#services/kernel/context';
import { badRequest, conflict } from '#services/kernel/errors';
import { Described, Query } from '../http/described.js';
import { isTrue } from '../http/parameter-types.js';
import { paged } from '../http/paged-query.js';
import { Policy } from '../http/policy.js';
import { Ctx } from '../http/request.js';
import { CONFIG, OPERATIONS, SERVICES } from '../http/tokens.js';
import {
  BOOT,
  CardSchema,
  OperationSchema,
  StepSchema,
  cardView,
  operationView,
  stateOf,
  stepsOf,
  workflowUrl,
} from './operation-view.js';

const closed = { additionalProperties: false };
const OperationList = Type.Object({ operations: Type.Array(OperationSchema) }, closed);
const OperationWithSteps = Type.Object(
  {
    operation: OperationSchema,
    steps: Type.Array(StepSchema),
    /** Of a boot: what its host has seen of the server's cards. Nothing where no host sees them, as on a fake network. */
    cards: Type.Array(CardSchema),
    /** Whether who asks may have its waiting steps tried at once. */
    may_retry: Type.Boolean(),
    /** Its workflow in Temporal's own pages, for operators; null where there are none, and before it has begun. */
    workflow_url: Type.Union([Type.String({ format: 'uri' }), Type.Null()]),
  },
  closed,
);
const Retried = Type.Object({ retried: Type.Integer() }, closed);

const PAGE = paged('Operations', 50, 500, 'The id of the last operation of the page before.');

/** What is under way, and what was: every operation with its steps, their attempts and what takes them back. */
@Controller('dashboard/operations')
export class OperationsController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(OPERATIONS) private readonly engine: TemporalEngine,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get log() {
    return this.services.operationLog;
  }

  @Get()
  @Policy('novaflow:own_operations')
  @Described({ summary: 'List operations, the newest first', answer: OperationList })
  async list(
    @Ctx() ctx: RequestContext,
    @Query({
      state: { description: 'Only those that have ended, or have not.', schema: Type.Enum(['open', 'ended']) },
      resource_id: 'Only those on this server or volume.',
      all_projects: { description: 'Those of every project, for operators.', schema: Type.Boolean() },
      ...PAGE.parameters,
    })
    query: Readonly<Record<string, string | undefined>>,
  ): Promise<Static<typeof OperationList>> {
    const { state, resource_id, all_projects, limit, marker } = query;
    if (state !== undefined && state !== 'open' && state !== 'ended')
      throw badRequest(`state is open or ended, and not ${state}.`);
    const found = await this.log.list(ctx, {
      state,
      resourceId: resource_id,
      allProjects: isTrue(all_projects ?? ''),
      limit: PAGE.limitOf(limit),
      marker,
    });
    const hosts = this.log.seesAll(ctx);
    // A record says `running` until nothing can be begun any more.
    const undoing = await this.engine.undoing(found.filter((one) => one.state === 'running').map(({ id }) => id));
    return {
      operations: found.map((operation) => ({
        ...operationView(operation, hosts),
        ...(undoing.has(operation.id) ? { state: 'undoing' as const } : {}),
      })),
    };
  }

  @Get(':id')
  @Policy('novaflow:own_operations')
  @Described({ summary: 'Show an operation with its steps', answer: OperationWithSteps })
  async show(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<Static<typeof OperationWithSteps>> {
    const operation = await this.log.get(ctx, id);
    const open = operation.finished_at === null;
    const [story, pending] = open ? await Promise.all([this.engine.story(id), this.engine.pending(id)]) : [];
    const seen = operation.kind === BOOT.kind ? await this.services.neutron.hosts.reports.seenOf(operation) : [];
    const hosts = this.log.seesAll(ctx);
    const { ui, namespace } = this.config.temporal;
    const told = story ?? operation.steps;
    const shown = operationView(operation, hosts);
    return {
      operation: { ...shown, state: open ? stateOf(shown.state, told) : shown.state },
      steps: stepsOf({ operation, story: told, pending: pending ?? [], hosts }),
      cards: seen.map(cardView),
      may_retry: hosts,
      workflow_url: hosts ? workflowUrl(ui, namespace, operation) : null,
    };
  }

  /** Tries the steps at once that wait for their next attempt, as if they had not been tried before. */
  @Post(':id/retry')
  @HttpCode(200)
  @Policy('novaflow:operations')
  @Described({ summary: 'Try an operation’s waiting steps now', answer: Retried, refusals: [409] })
  async retry(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<Static<typeof Retried>> {
    const { finished_at } = await this.log.get(ctx, id);
    if (finished_at !== null) throw conflict('OperationEnded', `Operation ${id} has ended.`);
    const retried = await this.engine.retryNow(id);
    if (retried === 0) throw conflict('NothingWaits', `No step of operation ${id} waits for its next attempt.`);
    return { retried };
  }
}
