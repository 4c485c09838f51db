import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { badRequest } from '#services/kernel/errors';
import { policies } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { UUID_LIKE } from '#services/placement/index';
import { Policy, PolicyOfHandler } from '../http/policy.js';
import { Ctx, Minor, Params, type ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validateAtLength } from '../http/validation.js';
import { queryOf } from '../kit/page.js';
import { oneConsumer, readConsumers, severalConsumers, wantedOf, type ConsumerBody } from './allocation-schemas.js';
import { absent, check, freshness } from './dialect.js';
import { checkNames } from './query.js';

/** The microversions that brought what is here. */
const USAGES = 9;
const OWNER = 12;
const SEVERAL = 13;
const GENERATION = 28;
const TYPE = 38;

const id = Type.String({ minLength: 1, maxLength: 255 });
const UsagesQuery = Type.Object({
  project_id: id,
  user_id: Type.Optional(id),
  consumer_type: Type.Optional(Type.String({ pattern: '^[A-Z0-9_]+$|^all|^unknown$', minLength: 1, maxLength: 255 })),
});
const uuidLike = new RegExp(UUID_LIKE);

/** Who holds how much of what (placement/handlers/allocation.py, usage.py). */
@Controller('placement')
export class AllocationsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get allocations() {
    return this.services.placement.allocations;
  }

  @Get('allocations/:consumer')
  @Policy('placement:allocations:list')
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
      ...(minor < OWNER ? {} : { project_id, user_id }),
      ...(minor < GENERATION ? {} : { consumer_generation: generation }),
      ...(minor < TYPE ? {} : { consumer_type: type ?? 'unknown' }),
    };
  }

  @Put('allocations/:consumer')
  @HttpCode(204)
  @Policy('placement:allocations:update')
  async write(@Minor() minor: number, @Param('consumer') consumerId: string, @Body() body: unknown): Promise<void> {
    if (!uuidLike.test(consumerId)) throw badRequest(`Malformed consumer_uuid: ${consumerId}`);
    await this.allocations.replace([wantedOf(consumerId, check(oneConsumer(minor), body) as ConsumerBody)]);
  }

  @Post('allocations')
  @HttpCode(204)
  @Policy('placement:allocations:manage')
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
  async usages(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Params() query: Record<string, string | undefined>,
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
        minor < TYPE
          ? await this.allocations.usage(project_id, user_id)
          : await this.allocations.usageByType(project_id, user_id, consumer_type),
    };
  }
}
