import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { Type } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { OpenStackError } from '#services/kernel/errors';
import { policies } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { NEUTRON_RESOURCES, type NeutronLimits, type NeutronResource } from '#services/neutron/index';
import { invalidAttribute, invalidInput } from '#services/neutron/refusals';
import { Policy, PolicyOfHandler } from '../http/policy.js';
import { Ctx } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validateNeutron } from '../http/validation.js';

const QuotaSchema = Type.Object({ quota: Type.Record(Type.String(), Type.Unknown()) }, { additionalProperties: false });

/** Neutron's quotas (neutron/extensions/quotasv2.py), of what there is here to have a quota for. */
@Controller('network/v2.0/quotas')
export class NeutronQuotasController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get quotas() {
    return this.services.neutron.quotas;
  }

  /** Of the projects that have limits of their own. */
  @Get()
  @PolicyOfHandler('network:get_quota')
  async list(@Ctx() ctx: RequestContext) {
    mayLook(ctx);
    return { quotas: (await this.quotas.all()).map((q) => ({ ...q, tenant_id: q.project_id })) };
  }

  @Get(':projectId')
  @PolicyOfHandler('network:get_quota')
  async show(@Ctx() ctx: RequestContext, @Param('projectId') projectId: string) {
    mayLook(ctx, projectId);
    return { quota: await this.quotas.limits(projectId) };
  }

  @Get(':projectId/default')
  @PolicyOfHandler('network:get_quota')
  defaults(@Ctx() ctx: RequestContext, @Param('projectId') projectId: string) {
    mayLook(ctx, projectId);
    return { quota: this.quotas.defaults };
  }

  /** A project that is not there may have a quota, as in Neutron, which does not ask Keystone. */
  @Put(':projectId')
  @Policy('network:update_quota')
  async update(@Param('projectId') projectId: string, @Body() body: unknown) {
    const { force, check_limit: _checked, ...given } = validateNeutron(QuotaSchema, body).quota;
    const limits: Partial<NeutronLimits> = {};
    for (const [name, value] of Object.entries(given)) limits[resourceOf(name)] = limitOf(name, value);
    await this.quotas.set(projectId, limits, force === true);
    return { quota: await this.quotas.limits(projectId) };
  }

  @Delete(':projectId')
  @HttpCode(204)
  @Policy('network:delete_quota')
  async reset(@Param('projectId') projectId: string): Promise<void> {
    await this.quotas.reset(projectId);
  }
}

/**
 * A project's own quota is for its users to see; the rule is for those of others. Neutron asks it about the project of the
 * caller, which lets a project's manager see those of all; here it is asked about the project whose quota it is.
 */
function mayLook(ctx: RequestContext, projectId?: string): void {
  if (projectId === undefined) policies.enforce('neutron', 'get_quota', ctx.credentials, {});
  else if (projectId !== ctx.projectId)
    policies.enforce('neutron', 'get_quota', ctx.credentials, { project_id: projectId });
}

function resourceOf(name: string): NeutronResource {
  const resource = NEUTRON_RESOURCES.find((r) => r === name);
  if (resource === undefined) throw new OpenStackError(400, 'HTTPBadRequest', `Unrecognized attribute(s) '${name}'`);
  return resource;
}

/** neutron_lib: convert_to_int and type:range [-1, 2^31-1] */
function limitOf(name: string, value: unknown): number {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^[+-]?\d+$/.test(text)) throw invalidInput(`'${text || JSON.stringify(value)}' is not an integer`);
  const limit = Number(text);
  if (limit < -1) throw invalidAttribute(name, `'${text}' is too small - must be at least '-1'`);
  if (limit > 2 ** 31 - 1)
    throw invalidAttribute(name, `'${text}' is too large - must be no larger than '${2 ** 31 - 1}'`);
  return limit;
}
