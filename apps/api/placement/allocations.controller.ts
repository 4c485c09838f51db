import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { badRequest } from '#services/kernel/errors';
import { policies } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { UUID_LIKE } from '#services/placement/index';
import { Described, Query } from '../http/described.js';
import { Policy, PolicyOfHandler } from '../http/policy.js';
import { Ctx, Minor, type ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validateAtLength } from '../http/validation.js';
import { queryOf } from '../kit/page.js';
import {
  SEVERAL,
  oneConsumer,
  readConsumers,
  severalConsumers,
  wantedOf,
  type ConsumerBody,
} from './allocation-schemas.js';
import {
  SHOWS_CONSUMER_GENERATION,
  SHOWS_CONSUMER_TYPE,
  SHOWS_OWNER,
  allocationsAnswer,
  usagesAnswer,
} from './answer-schemas.js';
import { absent, check, freshness } from './dialect.js';
import { QUERIES, checkNames } from './query.js';

/** The microversion that brought usages. */
const USAGES = 9;

const id = Type.String({ minLength: 1, maxLength: 255 });
const UsagesQuery = Type.Object({
  project_id: id,
  user_id: Type.Optional(id),
  consumer_type: Type.Optional(Type.String({ pattern: '^[A-Z0-9_]+$|^all|^unknown$', minLength: 1, maxLength: 255 })),
});
/** The same, for the document; what is not named here is refused by its name before. */
const USAGES_QUERY = {
  project_id: { schema: UsagesQuery.properties.project_id, required: true, description: 'Whose consumers.' },
  user_id: { schema: UsagesQuery.properties.user_id, description: 'Only those of this user.' },
  consumer_type: {
    schema: UsagesQuery.properties.consumer_type,
    since: QUERIES.usages.consumer_type,
    description: 'Only those of this type: `all` for all of them together, `unknown` for those that have none.',
  },
} as const;
const uuidLike = new RegExp(UUID_LIKE);

/**
 * Who holds how much of what (placement/handlers/allocation.py, usage.py). A consumer’s id that is none, and a microversion
 * without a route, are refused before what is wrong with a body, so handlers check bodies themselves.
 */
@Controller('placement')
export class AllocationsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get allocations() {
    return this.services.placement.allocations;
  }

  @Get('allocations/:consumer')
  @Policy('placement:allocations:list')
  @Described({ answer: allocationsAnswer })
  async show(
    @Minor() minor: number,
    @Param('consumer') consumerId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    void reply.headers(freshness([], minor));
    const consumer = await this.allocations.of(consumerId);
    if (consumer === undefined) return { allocations: {} };
    const { project_id, user_id, generation, type, byProvider } = consumer;
    return {
      allocations: Object.fromEntries(byProvider),
      ...(minor < SHOWS_OWNER ? {} : { project_id, user_id }),
      ...(minor < SHOWS_CONSUMER_GENERATION ? {} : { consumer_generation: generation }),
      ...(minor < SHOWS_CONSUMER_TYPE ? {} : { consumer_type: type ?? 'unknown' }),
    };
  }

  @Put('allocations/:consumer')
  @HttpCode(204)
  @Policy('placement:allocations:update')
  @Described({ body: { schema: oneConsumer } })
  async write(@Minor() minor: number, @Param('consumer') consumerId: string, @Body() body: unknown): Promise<void> {
    if (!uuidLike.test(consumerId)) throw badRequest(`Malformed consumer_uuid: ${consumerId}`);
    await this.allocations.replace([wantedOf(consumerId, check(oneConsumer(minor), body) as ConsumerBody)]);
  }

  @Post('allocations')
  @HttpCode(204)
  @Policy('placement:allocations:manage')
  @Described({ since: SEVERAL, body: { schema: severalConsumers } })
  async writeSeveral(@Minor() minor: number, @Body() body: unknown): Promise<void> {
    if (minor < SEVERAL) throw absent();
    await this.allocations.replace(readConsumers(severalConsumers(minor), body));
  }

  @Delete('allocations/:consumer')
  @HttpCode(204)
  @Policy('placement:allocations:delete')
  async remove(@Param('consumer') consumerId: string): Promise<void> {
    await this.allocations.remove(consumerId);
  }

  @Get('usages')
  @PolicyOfHandler('placement:usages')
  @Described({ since: USAGES, answer: usagesAnswer })
  async usages(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Query(USAGES_QUERY) query: Record<string, string | undefined>,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (minor < USAGES) throw absent();
    policies.enforce('placement', 'placement:usages', ctx.credentials, { project_id: query['project_id'] });
    checkNames('usages', queryOf(request), minor);
    const { project_id, user_id, consumer_type } = validateAtLength(
      UsagesQuery,
      query,
      'Invalid query string parameters: ',
    );
    void reply.headers(freshness([], minor));
    return {
      usages:
        minor < SHOWS_CONSUMER_TYPE
          ? await this.allocations.usage(project_id, user_id)
          : await this.allocations.usageByType(project_id, user_id, consumer_type),
    };
  }
}
