import { Controller, Get, Inject } from '@nestjs/common';
import { Type } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { ownTarget, policies } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { Answers } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { Ctx, Minor, Params } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';

const LimitsAnswer = Type.Object({
  limits: Type.Object({ rate: Type.Array(Type.Unknown()), absolute: Type.Record(Type.String(), Type.Integer()) }),
});
type Query = Record<string, string | undefined>;

/** A project's limits (nova/api/openstack/compute/limits.py). */
@Controller('compute/v2.1/limits')
export class LimitsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Policy('os_compute_api:limits')
  @Answers(LimitsAnswer)
  async limits(@Ctx() ctx: RequestContext, @Minor() minor: number, @Params() query: Query) {
    const projectId = query['tenant_id'] ?? ctx.projectId;
    if (projectId !== ctx.projectId)
      policies.enforce('nova', 'os_compute_api:limits:other_project', ctx.credentials, ownTarget(ctx.credentials));
    const { quotas } = this.services.nova;
    const [limits, used] = await Promise.all([quotas.limits(projectId), quotas.usage(projectId)]);
    const absolute = {
      maxTotalInstances: limits.instances,
      maxTotalCores: limits.cores,
      maxTotalRAMSize: limits.ram,
      maxServerMeta: limits.metadata_items,
      maxTotalKeypairs: limits.key_pairs,
      maxServerGroups: limits.server_groups,
      maxServerGroupMembers: limits.server_group_members,
      totalInstancesUsed: used.instances,
      totalCoresUsed: used.cores,
      totalRAMUsed: used.ram,
      totalServerGroupsUsed: 0,
      // Nova's old network limits went in 2.36, image metadata in 2.39, personality in 2.57.
      ...(minor < 36
        ? {
            maxTotalFloatingIps: limits.floating_ips,
            maxSecurityGroups: limits.security_groups,
            maxSecurityGroupRules: limits.security_group_rules,
            totalFloatingIpsUsed: 0,
            totalSecurityGroupsUsed: 0,
          }
        : {}),
      ...(minor < 39 ? { maxImageMeta: limits.metadata_items } : {}),
      ...(minor < 57
        ? { maxPersonality: limits.injected_files, maxPersonalitySize: limits.injected_file_content_bytes }
        : {}),
    };
    return { limits: { rate: [], absolute } };
  }
}
