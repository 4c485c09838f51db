import { Controller, Get, Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { image } from '#services/glance/index';
import type { Services } from '#services/index';
import type { RequestContext } from '#services/kernel/context';
import { Answers } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import { Ctx } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';

const closed = { additionalProperties: false };
const UsageAnswer = Type.Object(
  {
    usage: Type.Record(Type.String(), Type.Object({ usage: Type.Integer(), limit: Type.Integer() }, closed)),
  },
  closed,
);

/** What the asker's project may have of images, and has (glance/api/v2/discovery.py: get_usage). */
@Controller('image/v2/info/usage')
export class ImageUsageController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @KitPolicy(image, 'list')
  @Answers(UsageAnswer)
  async usage(@Ctx() ctx: RequestContext) {
    return { usage: await this.services.glance.quotas.standing(ctx.projectId) };
  }
}
