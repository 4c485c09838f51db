import { Controller, HttpCode, Inject, Param, Put, Req } from '@nestjs/common';
import type { Config } from '#config';
import { badRequest } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { region } from '#services/keystone/index';
import { Described, ValidBody } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Answers } from '../kit/answers.js';
import { Bodies } from '../kit/bodies.js';
import { keystoneDialect as dialect } from './dialect.js';
import { Lists } from './lists.js';

const Schema = new Bodies(dialect, region).of('post', 0);

/** Makes a region whose id the client chooses (keystone/api/regions.py: RegionResource.put). */
@Controller('identity/v3/regions')
export class RegionsController {
  private readonly answers: Lists;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) config: Config,
  ) {
    this.answers = new Lists(region, services, config);
  }

  @Put(':id')
  @HttpCode(201)
  @KitPolicy(region, 'create')
  @Described({ summary: 'Create region with a specific ID', answer: new Answers(dialect, region).one('create') })
  async put(
    @Req() request: ApiRequest,
    @Param('id') id: string,
    @ValidBody(Schema, { check: (schema, body) => dialect.check(schema, body) })
    { region: given }: { region: { readonly id?: string | null } },
  ) {
    if (given.id !== undefined && given.id !== id)
      throw badRequest(`Conflicting region IDs specified: "${id}" != "${given.id ?? 'None'}"`);
    const whole = { ...given, id };
    dialect.check(Schema, { region: whole });
    const [row] = await this.services.keystone.regions.create(request.context!, [whole]);
    return this.answers.one(request, row!);
  }
}
