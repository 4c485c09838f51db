import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Type, type TSchema } from 'typebox';
import type { Services } from '#services/index';
import { dashed } from '#services/placement/index';
import { byMinor } from '../http/by-minor.js';
import { Described } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { Minor } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { RESHAPER, consumers, readConsumers } from './allocation-schemas.js';
import { absent, check } from './dialect.js';
import { ReplaceInventories, inventoryOf } from './inventory-schemas.js';

const strict = { additionalProperties: false };
const Inventories = Type.Record(Type.String({ pattern: '^[0-9a-fA-F-]{36}$' }), ReplaceInventories, {
  ...strict,
  minProperties: 1,
});
const reshaping = <T extends TSchema>(allocations: T) => Type.Object({ inventories: Inventories, allocations }, strict);
/** Allocations are checked by themselves, after what the inventories can give. */
const Reshaping = reshaping(Type.Unknown());
const reshapingBody = byMinor((minor) => reshaping(consumers(minor)), consumers.changes);

/** Moves inventories and their allocations between providers, for a service that comes to know its hosts better. */
@Controller('placement/reshaper')
export class ReshaperController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post()
  @HttpCode(204)
  @Policy('placement:reshaper:reshape')
  @Described({ since: RESHAPER, body: { schema: reshapingBody } })
  async reshape(@Minor() minor: number, @Body() body: unknown): Promise<void> {
    if (minor < RESHAPER) throw absent();
    const { inventories, allocations } = check(Reshaping, body);
    const providers = Object.entries(inventories).map(([id, one]) => [
      dashed(id),
      {
        generation: one.resource_provider_generation,
        inventories: Object.fromEntries(
          Object.entries(one.inventories).map(([name, given]) => [
            name,
            inventoryOf(given, name, minor, (message) => message),
          ]),
        ),
      },
    ]);
    await this.services.placement.reshape(Object.fromEntries(providers), readConsumers(consumers(minor), allocations));
  }
}
