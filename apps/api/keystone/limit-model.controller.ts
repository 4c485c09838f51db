import { Controller, Get } from '@nestjs/common';
import { Type } from 'typebox';
import { LIMIT_MODEL } from '#services/keystone/index';
import { Answers } from '../http/described.js';
import { Policy } from '../http/policy.js';

const closed = { additionalProperties: false };
const ModelSchema = Type.Object(
  { model: Type.Object({ name: Type.String(), description: Type.String() }, closed) },
  closed,
);

/** How limits are enforced (keystone/api/limits.py: LimitModelResource). */
@Controller('identity/v3/limits/model')
export class LimitModelController {
  @Get()
  @Policy('identity:get_limit_model')
  @Answers(ModelSchema)
  show() {
    return { model: LIMIT_MODEL };
  }
}
