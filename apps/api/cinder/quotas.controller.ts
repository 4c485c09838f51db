import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { Type } from 'typebox';
import type { VolumeResource } from '#services/cinder/index';
import type { RequestContext } from '#services/kernel/context';
import { badRequest } from '#services/kernel/errors';
import { policies } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { Policy } from '../http/policy.js';
import { Ctx, Params } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validate } from '../http/validation.js';

/** Keys that clients send along and that are no quota (cinder/quota.py: NON_QUOTA_KEYS). */
const NO_QUOTAS = new Set(['tenant_id', 'id']);

const QuotaSetSchema = Type.Object(
  { quota_set: Type.Record(Type.String(), Type.Unknown(), { minProperties: 1 }) },
  { additionalProperties: false },
);

/** Cinder's quotas (cinder/api/contrib/quotas.py). */
@Controller('volume/v3/os-quota-sets')
export class VolumeQuotasController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get quotas() {
    return this.services.cinder.quotas;
  }

  @Get(':projectId')
  @Policy('volume_extension:quotas:show')
  async show(
    @Ctx() ctx: RequestContext,
    @Param('projectId') projectId: string,
    @Params() query: Record<string, string | undefined>,
  ) {
    mayLook(ctx, projectId);
    const limits = await this.quotas.limits(projectId);
    if (!['true', '1'].includes(query['usage']?.toLowerCase() ?? ''))
      return { quota_set: { ...limits, id: projectId } };
    const usage = await this.quotas.usage(projectId);
    const both = Object.entries(limits).map(([resource, limit]) => [
      resource,
      { limit, in_use: usage[resource as VolumeResource], reserved: 0 },
    ]);
    return { quota_set: { ...(Object.fromEntries(both) as object), id: projectId } };
  }

  @Get(':projectId/defaults')
  @Policy('volume_extension:quotas:show')
  defaults(@Ctx() ctx: RequestContext, @Param('projectId') projectId: string) {
    mayLook(ctx, projectId);
    return { quota_set: { ...this.quotas.defaults, id: projectId } };
  }

  /** A project that is not there may have a quota, as in Cinder, which does not ask Keystone. */
  @Put(':projectId')
  @Policy('volume_extension:quotas:update')
  async update(@Param('projectId') projectId: string, @Body() body: unknown) {
    const given = Object.entries(validate(QuotaSetSchema, body).quota_set).filter(([name]) => !NO_QUOTAS.has(name));
    const bad = given.map(([name]) => name).filter((name) => !Object.hasOwn(this.quotas.defaults, name));
    if (bad.length > 0) throw badRequest(`Invalid input received: Bad key(s) in quota set: ${bad.join(', ')}`);
    const limits = Object.fromEntries(given.map(([name, value]) => [name, limitOf(name, value)]));
    await this.quotas.set(projectId, limits);
    return { quota_set: await this.quotas.limits(projectId) };
  }

  @Delete(':projectId')
  @HttpCode(200)
  @Policy('volume_extension:quotas:delete')
  async reset(@Param('projectId') projectId: string): Promise<void> {
    await this.quotas.reset(projectId);
  }
}

/** A project's own quota is for its users to see, others' for administrators. */
function mayLook(ctx: RequestContext, projectId: string): void {
  policies.enforce('cinder', 'volume_extension:quotas:show', ctx.credentials, { project_id: projectId });
}

/** oslo_utils.strutils.validate_integer */
function limitOf(name: string, value: unknown): number {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`${name} must be an integer`);
  const limit = Number(text);
  if (limit < -1) throw badRequest(`${name} must be >= -1`);
  if (limit > 2 ** 31 - 1) throw badRequest(`${name} must be <= ${2 ** 31 - 1}`);
  return limit;
}
