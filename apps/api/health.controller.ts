import { Controller, Get, Inject } from '@nestjs/common';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import { Answers } from './http/described.js';
import { Public } from './http/policy.js';
import { SERVICES } from './http/tokens.js';

@Controller('healthz')
@Public()
export class HealthController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** 200 when the api can answer requests: it reaches its database. */
  @Get()
  @Answers(Type.Object({ status: Type.String() }))
  async health() {
    await this.services.db.$queryRaw`SELECT 1`;
    return { status: 'ok' };
  }
}
