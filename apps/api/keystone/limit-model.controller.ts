import { Controller, Get, Inject } from '@nestjs/common';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import { Answers } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';

const closed = { additionalProperties: false };
const ModelSchema = Type.Object(
  { model: Type.Object({ name: Type.String(), description: Type.String() }, closed) },
  closed,
);

/** How limits are enforced (keystone/api/limits.py: LimitModelResource). */
@Controller('identity/v3/limits/model')
export class LimitModelController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Policy('identity:get_limit_model')
  @Answers(ModelSchema)
  show() {
    return { model: this.services.keystone.limitModel };
  }
}
