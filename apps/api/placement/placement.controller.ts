import { Controller, Delete, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { Type, type Static, type TSchema } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { OpenStackError, badRequest, notFound } from '#services/kernel/errors';
import { policies } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import type { Resources } from '#services/placement/index';
import { Answers, Query, ValidBody } from '../http/described.js';
import { INT4_MAX } from '../http/numbers.js';
import { Policy } from '../http/policy.js';
import { Ctx } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validateSaying } from '../http/validation.js';

type ProviderRecord = Awaited<ReturnType<Services['placement']['getProvider']>>;

const amount = Type.Integer({ minimum: 1, maximum: INT4_MAX });
const InventoriesSchema = Type.Object(
  {
    resource_provider_generation: Type.Integer({ minimum: 0, maximum: INT4_MAX }),
    inventories: Type.Record(
      Type.String({ pattern: '^[A-Z0-9_]+$' }),
      Type.Object(
        {
          total: amount,
          reserved: Type.Optional(Type.Integer({ minimum: 0, maximum: INT4_MAX })),
          min_unit: Type.Optional(amount),
          max_unit: Type.Optional(amount),
          step_size: Type.Optional(amount),
          allocation_ratio: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 3.40282e38 })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
/** PUT /allocations at placement 1.0. */
const AllocationsSchema = Type.Object(
  {
    allocations: Type.Array(
      Type.Object(
        {
          resource_provider: Type.Object({ uuid: Type.String({ format: 'uuid' }) }, { additionalProperties: false }),
          resources: Type.Record(Type.String({ pattern: '^[A-Z0-9_]+$' }), amount),
        },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
  },
  { additionalProperties: false },
);

const strict = { additionalProperties: false };
const count = Type.Integer();
const Amounts = Type.Record(Type.String(), count);
const Provider = Type.Object(
  {
    uuid: Type.String(),
    name: Type.String(),
    generation: count,
    links: Type.Array(Type.Object({ rel: Type.String(), href: Type.String() }, strict)),
  },
  { ...strict, title: 'ResourceProvider' },
);
const Inventories = Type.Object(
  {
    resource_provider_generation: count,
    inventories: Type.Record(
      Type.String(),
      Type.Object(
        {
          total: count,
          reserved: count,
          min_unit: count,
          max_unit: count,
          step_size: count,
          allocation_ratio: Type.Number(),
        },
        strict,
      ),
    ),
  },
  strict,
);
const Usages = Type.Object({ resource_provider_generation: count, usages: Amounts }, strict);
const Allocations = Type.Object(
  {
    allocations: Type.Record(Type.String(), Type.Object({ generation: count, resources: Amounts }, strict)),
  },
  strict,
);
/** Checks a body in Placement's words. */
const check = (schema: TSchema, body: unknown): unknown => validateSaying(schema, body, 'JSON does not validate: ');

/** Placement 1.0: providers, inventories, usages, allocations. */
@Controller('placement')
export class PlacementController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get placement() {
    return this.services.placement;
  }

  @Get('resource_providers')
  @Policy('placement:resource_providers:list')
  @Answers(Type.Object({ resource_providers: Type.Array(Provider) }, strict))
  async providers(
    @Query({ name: 'The provider of this name.', uuid: 'The provider of this id.' })
    { name, uuid }: Record<string, string | undefined>,
  ) {
    const found = await this.placement.listProviders({
      ...(name === undefined ? {} : { name }),
      ...(uuid === undefined ? {} : { id: uuid }),
    });
    return { resource_providers: found.map(providerView) };
  }

  @Get('resource_providers/:id')
  @Policy('placement:resource_providers:show')
  @Answers(Provider)
  async provider(@Param('id') id: string) {
    return providerView(await this.placement.getProvider(id));
  }

  @Get('resource_providers/:id/inventories')
  @Policy('placement:resource_providers:inventories:list')
  @Answers(Inventories)
  async inventories(@Param('id') id: string) {
    return inventoriesView(await this.placement.getProvider(id));
  }

  @Put('resource_providers/:id/inventories')
  @Policy('placement:resource_providers:inventories:update')
  @Answers(Inventories)
  async writeInventories(
    @Param('id') id: string,
    @ValidBody(InventoriesSchema, { check })
    { resource_provider_generation, inventories }: Static<typeof InventoriesSchema>,
  ) {
    const provider = await this.placement.getProvider(id);
    if (provider.generation !== resource_provider_generation)
      throw new OpenStackError(409, 'ConcurrentUpdate', 'resource provider generation conflict');
    const given = Object.entries(inventories).map(
      ([name, { total, reserved = 0, min_unit = 1, max_unit = total, step_size = 1, allocation_ratio = 1 }]) =>
        [name, { total, reserved, min_unit, max_unit, step_size, allocation_ratio }] as const,
    );
    const over = given.find(([, i]) => i.reserved > i.total);
    if (over)
      throw badRequest(
        `Unable to update inventory for resource provider ${id}: Invalid inventory for '${over[0]}' on resource provider '${id}'. The reserved value is greater than total.`,
      );
    await this.placement.writeInventories(id, Object.fromEntries(given));
    return inventoriesView(await this.placement.getProvider(id));
  }

  @Get('resource_providers/:id/usages')
  @Policy('placement:resource_providers:usages')
  @Answers(Usages)
  async usages(@Param('id') id: string) {
    const provider = await this.placement.getProvider(id);
    return { resource_provider_generation: provider.generation, usages: await this.placement.providerUsage(id) };
  }

  @Get('usages')
  @Policy('placement:usages')
  @Answers(Type.Object({ usages: Amounts }, strict))
  async projectUsage(
    @Ctx() ctx: RequestContext,
    @Query({ project_id: { required: true }, user_id: 'What one user has of it.' })
    { project_id, user_id }: Record<string, string | undefined>,
  ) {
    if (project_id === undefined)
      throw badRequest("Invalid query string parameters: 'project_id' is a required property");
    policies.enforce('placement', 'placement:usages', ctx.credentials, { project_id });
    return { usages: await this.placement.usageOf({ project_id, ...(user_id === undefined ? {} : { user_id }) }) };
  }

  @Get('allocations/:consumer')
  @Policy('placement:allocations:list')
  @Answers(Allocations)
  async allocations(@Param('consumer') consumer: string) {
    const byProvider: Record<string, { generation: number; resources: Record<string, number> }> = {};
    for (const a of await this.placement.allocationsOf(consumer))
      (byProvider[a.resource_provider_id] ??= { generation: a.provider.generation, resources: {} }).resources[
        a.resource_class
      ] = a.used;
    return { allocations: byProvider };
  }

  @Put('allocations/:consumer')
  @HttpCode(204)
  @Policy('placement:allocations:update')
  async writeAllocations(
    @Ctx() ctx: RequestContext,
    @Param('consumer') consumerId: string,
    @ValidBody(AllocationsSchema, { check }) { allocations }: Static<typeof AllocationsSchema>,
  ): Promise<void> {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(consumerId))
      throw badRequest(`Malformed consumer_uuid: ${consumerId}`);
    const byProvider = new Map<string, Resources>(allocations.map((a) => [a.resource_provider.uuid, a.resources]));
    await this.placement
      .replaceAllocations({ consumerId, projectId: ctx.projectId, userId: ctx.userId }, byProvider)
      .catch((error: unknown) => {
        // A provider that the body names and that is not there is a bad request.
        throw error instanceof OpenStackError && error.status === 404 ? badRequest(error.message) : error;
      });
  }

  @Delete('allocations/:consumer')
  @HttpCode(204)
  @Policy('placement:allocations:delete')
  async deleteAllocations(@Param('consumer') consumerId: string): Promise<void> {
    if ((await this.placement.allocationsOf(consumerId)).length === 0)
      throw notFound('NotFound', `No allocations for consumer '${consumerId}'`);
    await this.placement.releaseConsumer(consumerId);
  }
}

const providerView = ({ id, name, generation }: { id: string; name: string; generation: number }) => ({
  uuid: id,
  name,
  generation,
  links: ['', 'inventories', 'usages'].map((rel) => ({
    rel: rel || 'self',
    href: `/resource_providers/${id}${rel && `/${rel}`}`,
  })),
});

const inventoriesView = ({ generation, inventories }: ProviderRecord) => ({
  resource_provider_generation: generation,
  inventories: Object.fromEntries(
    inventories.map(({ resource_class, total, reserved, min_unit, max_unit, step_size, allocation_ratio }) => [
      resource_class,
      { total, reserved, min_unit, max_unit, step_size, allocation_ratio },
    ]),
  ),
});
