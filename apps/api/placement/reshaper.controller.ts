import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import { dashed } from '#services/placement/index';
import { Policy } from '../http/policy.js';
import { Minor } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { consumers, readConsumers } from './allocation-schemas.js';
import { absent, check } from './dialect.js';
import { ReplaceInventories, inventoryOf } from './inventory-schemas.js';

const RESHAPER = 30;
const Reshaping = Type.Object(
  {
    inventories: Type.Record(Type.String({ pattern: '^[0-9a-fA-F-]{36}$' }), ReplaceInventories, {
      additionalProperties: false,
      minProperties: 1,
    }),
    allocations: Type.Unknown(),
  },
  { additionalProperties: false },
);

/** Moves inventories and their allocations between providers, for a service that comes to know its hosts better. */
@Controller('placement/reshaper')
export class ReshaperController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post()
  @HttpCode(204)
  @Policy('placement:reshaper:reshape')
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
