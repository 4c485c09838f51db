import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import { UUID_LIKE } from '#services/placement/index';
import { byMinor } from '../http/by-minor.js';
import { Answers, Described } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { Minor } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import {
  AGGREGATES_BY_GENERATION,
  ProviderUsagesAnswer,
  SHOWS_CONSUMER_GENERATION,
  TraitsAnswer,
  aggregatesAnswer,
  providerAllocationsAnswer,
} from './answer-schemas.js';
import { absent, check, freshness } from './dialect.js';
import { generation } from './inventory-schemas.js';

/** The microversions that brought the parts. */
const AGGREGATES = 1;
const TRAITS = 6;

const strict = { additionalProperties: false };
const uuids = Type.Array(Type.String({ pattern: UUID_LIKE }), { uniqueItems: true });
const Aggregates = Type.Object({ aggregates: uuids, resource_provider_generation: generation }, strict);
const aggregatesBody = byMinor(
  (minor) => (minor < AGGREGATES_BY_GENERATION ? uuids : Aggregates),
  [0, AGGREGATES_BY_GENERATION],
);
const Traits = Type.Object(
  {
    traits: Type.Array(Type.String({ minLength: 1, maxLength: 255 })),
    resource_provider_generation: generation,
  },
  strict,
);

/**
 * What a provider is in, what it can, how much of it is in use and by whom (placement/handlers/aggregate.py and its
 * like). A microversion without a part is refused before what is wrong with a body, so handlers check bodies themselves.
 */
@Controller('placement/resource_providers/:id')
export class ProviderPartsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get parts() {
    return this.services.placement.parts;
  }

  @Get('aggregates')
  @Policy('placement:resource_providers:aggregates:list')
  @Described({ since: AGGREGATES, answer: aggregatesAnswer })
  async aggregates(@Minor() minor: number, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    since(AGGREGATES, minor, reply);
    return aggregatesView(await this.parts.aggregates(id), minor);
  }

  @Put('aggregates')
  @Policy('placement:resource_providers:aggregates:update')
  @Described({ since: AGGREGATES, body: { schema: aggregatesBody }, answer: aggregatesAnswer })
  async setAggregates(
    @Minor() minor: number,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    since(AGGREGATES, minor, reply);
    await this.parts.aggregates(id);
    if (minor < AGGREGATES_BY_GENERATION) await this.parts.setAggregates(id, undefined, check(uuids, body));
    else {
      const given = check(Aggregates, body);
      await this.parts.setAggregates(id, given.resource_provider_generation, given.aggregates);
    }
    return aggregatesView(await this.parts.aggregates(id), minor);
  }

  @Get('traits')
  @Policy('placement:resource_providers:traits:list')
  @Described({ since: TRAITS })
  @Answers(TraitsAnswer)
  async traits(@Minor() minor: number, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    since(TRAITS, minor, reply);
    return traitsView(await this.parts.traits(id));
  }

  @Put('traits')
  @Policy('placement:resource_providers:traits:update')
  @Described({ since: TRAITS, body: { schema: Traits } })
  @Answers(TraitsAnswer)
  async setTraits(
    @Minor() minor: number,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    since(TRAITS, minor, reply);
    const given = check(Traits, body);
    await this.parts.setTraits(id, given.resource_provider_generation, given.traits);
    return traitsView(await this.parts.traits(id));
  }

  @Delete('traits')
  @HttpCode(204)
  @Policy('placement:resource_providers:traits:delete')
  @Described({ since: TRAITS })
  async deleteTraits(@Minor() minor: number, @Param('id') id: string): Promise<void> {
    since(TRAITS, minor);
    await this.parts.setTraits(id, undefined, []);
  }

  @Get('usages')
  @Policy('placement:resource_providers:usages')
  @Answers(ProviderUsagesAnswer)
  async usages(@Minor() minor: number, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    since(0, minor, reply);
    const { generation: resource_provider_generation, usages } = await this.parts.usages(id);
    return { resource_provider_generation, usages };
  }

  /** The link to it came later than the route. */
  @Get('allocations')
  @Policy('placement:resource_providers:allocations:list')
  @Described({ answer: providerAllocationsAnswer })
  async allocations(@Minor() minor: number, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    since(0, minor, reply);
    const { generation: resource_provider_generation, allocations } = await this.parts.allocations(id);
    return {
      resource_provider_generation,
      allocations: Object.fromEntries(
        Object.entries(allocations).map(([consumer, { resources, consumer_generation }]) => [
          consumer,
          minor < SHOWS_CONSUMER_GENERATION ? { resources } : { resources, consumer_generation },
        ]),
      ),
    };
  }
}

/** Refuses what came with a later microversion. */
function since(first: number, minor: number, reply?: FastifyReply): void {
  if (minor < first) throw absent();
  void reply?.headers(freshness([], minor));
}

interface Counted {
  readonly generation: number;
}
const aggregatesView = (
  { generation: count, aggregates }: Counted & { aggregates: readonly string[] },
  minor: number,
) => (minor < AGGREGATES_BY_GENERATION ? { aggregates } : { aggregates, resource_provider_generation: count });
const traitsView = ({ generation: count, traits }: Counted & { traits: readonly string[] }) => ({
  traits,
  resource_provider_generation: count,
});
