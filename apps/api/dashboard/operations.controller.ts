import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { TemporalEngine } from '#apps/temporal/index';
import type { Services } from '#services/index';
import type { RequestContext } from '#services/kernel/context';
import { badRequest, conflict } from '#services/kernel/errors';
import { Described, Query } from '../http/described.js';
import { wholeOfQuery } from '../http/numbers.js';
import { isTrue } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { Ctx } from '../http/request.js';
import { OPERATIONS, SERVICES } from '../http/tokens.js';
import { OperationSchema, StepSchema, operationView, stepsOf } from './operation-view.js';

const closed = { additionalProperties: false };
const OperationList = Type.Object({ operations: Type.Array(OperationSchema) }, closed);
const OperationWithSteps = Type.Object(
  {
    operation: OperationSchema,
    steps: Type.Array(StepSchema),
    /** Whether who asks may have its waiting steps tried at once. */
    may_retry: Type.Boolean(),
  },
  closed,
);
const Retried = Type.Object({ retried: Type.Integer() }, closed);

/** Operations of a page: the usual number, and the most that are asked for at once. */
const USUAL = 50;
const MOST = 500;

/** What is under way, and what was: every operation with its steps, their attempts and what takes them back. */
@Controller('dashboard/operations')
export class OperationsController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(OPERATIONS) private readonly engine: TemporalEngine,
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
      limit: {
        description: `As many at most, ${USUAL} when left out.`,
        schema: Type.Integer({ minimum: 1, maximum: MOST }),
      },
      marker: 'The id of the last operation of the page before.',
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
      limit: limit === undefined ? USUAL : Math.max(1, Math.min(MOST, wholeOfQuery(limit))),
      marker,
    });
    const hosts = this.log.seesAll(ctx);
    return { operations: found.map((operation) => operationView(operation, hosts)) };
  }

  @Get(':id')
  @Policy('novaflow:own_operations')
  @Described({ summary: 'Show an operation with its steps', answer: OperationWithSteps })
  async show(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<Static<typeof OperationWithSteps>> {
    const operation = await this.log.get(ctx, id);
    const open = operation.finished_at === null;
    const [story, pending] = open ? await Promise.all([this.engine.story(id), this.engine.pending(id)]) : [];
    const hosts = this.log.seesAll(ctx);
    return {
      operation: operationView(operation, hosts),
      steps: stepsOf({ operation, story: story ?? operation.steps, pending: pending ?? [], hosts }),
      may_retry: hosts,
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
