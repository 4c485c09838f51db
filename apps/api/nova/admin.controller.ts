import { createHash } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { Type } from '@sinclair/typebox';
import type { Config } from '#config';
import { isAdmin, type RequestContext } from '#services/context';
import { forbidden, notFound } from '#services/errors';
import type { Services } from '#services/index';
import { micros } from '../common/links.js';
import { wholeOrDigits } from '../common/numbers.js';
import { Policy } from '../common/policy.js';
import { Ctx, Minor, Params } from '../common/request.js';
import { CONFIG, SERVICES } from '../common/tokens.js';
import { validate } from '../common/validation.js';

type Query = Record<string, string | undefined>;
const limit = Type.Optional(wholeOrDigits(-1));
const QuotaSchema = Type.Object(
  {
    quota_set: Type.Object(
      { instances: limit, cores: limit, ram: limit, force: Type.Optional(Type.Boolean()) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
const ServiceSchema = Type.Object({
  host: Type.Optional(Type.String()),
  binary: Type.Optional(Type.String()),
  status: Type.Optional(Type.Union([Type.Literal('enabled'), Type.Literal('disabled')])),
  disabled_reason: Type.Optional(Type.String({ maxLength: 255 })),
  forced_down: Type.Optional(Type.Boolean()),
});
/** Until 2.53 the path says what to do with the host that the body names. */
const OLD_VERBS: ReadonlySet<string> = new Set(['enable', 'disable', 'disable-log-reason', 'force-down']);

/** What operators look at and set: limits, quotas, services, hypervisors, zones. */
@Controller('compute/v2.1')
export class ComputeAdminController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('limits')
  @Policy('os_compute_api:limits')
  async limits(@Ctx() ctx: RequestContext, @Minor() minor: number, @Params() query: Query) {
    const projectId = query['tenant_id'] ?? ctx.projectId;
    if (projectId !== ctx.projectId && !isAdmin(ctx))
      throw forbidden("Policy doesn't allow os_compute_api:limits:other_project to be performed.");
    const { quotas } = this.services.nova;
    const [limits, used] = await Promise.all([quotas.limits(projectId), quotas.usage(projectId)]);
    const absolute = {
      maxTotalInstances: limits.instances,
      maxTotalCores: limits.cores,
      maxTotalRAMSize: limits.ram,
      maxServerMeta: 128,
      maxTotalKeypairs: this.config.NOVAFLOW_QUOTA_KEY_PAIRS,
      maxServerGroups: 10,
      maxServerGroupMembers: 10,
      totalInstancesUsed: used.instances,
      totalCoresUsed: used.cores,
      totalRAMUsed: used.ram,
      totalServerGroupsUsed: 0,
      // Nova's old network limits went in 2.36, image metadata in 2.39, personality in 2.57.
      ...(minor < 36
        ? {
            maxTotalFloatingIps: -1,
            maxSecurityGroups: -1,
            maxSecurityGroupRules: -1,
            totalFloatingIpsUsed: 0,
            totalSecurityGroupsUsed: 0,
          }
        : {}),
      ...(minor < 39 ? { maxImageMeta: 128 } : {}),
      ...(minor < 57 ? { maxPersonality: 5, maxPersonalitySize: 10240 } : {}),
    };
    return { limits: { rate: [], absolute } };
  }

  @Get('os-quota-sets/:projectId')
  @Policy('os_compute_api:os-quota-sets:show')
  async quota(@Ctx() ctx: RequestContext, @Param('projectId') projectId: string) {
    if (projectId !== ctx.projectId && !isAdmin(ctx))
      throw forbidden("Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.");
    return { quota_set: { id: projectId, ...(await this.quotaSet(projectId)) } };
  }

  @Put('os-quota-sets/:projectId')
  @Policy('os_compute_api:os-quota-sets:update')
  async setQuota(@Param('projectId') projectId: string, @Body() body: unknown) {
    const { force: _force, ...limits } = validate(QuotaSchema, body).quota_set;
    await this.services.nova.quotas.set(
      projectId,
      Object.fromEntries(Object.entries(limits).map(([k, v]) => [k, Number(v)])),
    );
    return { quota_set: await this.quotaSet(projectId) };
  }

  @Delete('os-quota-sets/:projectId')
  @HttpCode(202)
  @Policy('os_compute_api:os-quota-sets:update')
  async resetQuota(@Param('projectId') projectId: string): Promise<void> {
    await this.services.nova.quotas.reset(projectId);
  }

  @Get('os-services')
  @Policy('os_compute_api:os-services:list')
  async computeServices(@Minor() minor: number, @Params() query: Query) {
    const hosts = await this.services.nova.hosts.list();
    const wanted = hosts.filter(
      (s) =>
        (query['host'] === undefined || s.host === query['host']) &&
        (query['binary'] === undefined || query['binary'] === 'nova-compute'),
    );
    return {
      services: wanted.map((s) => ({
        id: minor >= 53 ? uuidOf(s.host) : hosts.indexOf(s) + 1,
        binary: 'nova-compute',
        host: s.host,
        zone: s.availability_zone,
        status: s.disabled ? 'disabled' : 'enabled',
        state: s.up ? 'up' : 'down',
        disabled_reason: s.disabled_reason,
        updated_at: micros(s.updated_at),
        ...(minor >= 11 ? { forced_down: s.forced_down } : {}),
      })),
    };
  }

  @Put('os-services/:id')
  @Policy('os_compute_api:os-services:update')
  async setService(@Param('id') id: string, @Body() body: unknown) {
    const input = validate(ServiceSchema, body);
    const { hosts } = this.services.nova;
    const host = OLD_VERBS.has(id) ? input.host : (await hosts.list()).find((s) => uuidOf(s.host) === id)?.host;
    if (host === undefined) throw notFound('ServiceNotFound', `Service ${id} could not be found.`);
    const status = id === 'enable' ? 'enabled' : id.startsWith('disable') ? 'disabled' : input.status;
    const { disabled, disabled_reason } = await hosts.set(host, {
      ...(status === undefined
        ? {}
        : {
            disabled: status === 'disabled',
            disabled_reason: status === 'disabled' ? (input.disabled_reason ?? null) : null,
          }),
      ...(input.forced_down === undefined ? {} : { forced_down: input.forced_down }),
    });
    return {
      service: {
        host,
        binary: 'nova-compute',
        status: disabled ? 'disabled' : 'enabled',
        ...(disabled_reason ? { disabled_reason } : {}),
        ...(input.forced_down === undefined ? {} : { forced_down: input.forced_down }),
      },
    };
  }

  @Get('os-hypervisors')
  @Policy('os_compute_api:os-hypervisors:list')
  async hypervisors(@Minor() minor: number) {
    return { hypervisors: (await this.services.nova.hosts.list()).map((s, i) => hypervisorRef(s, i, minor)) };
  }

  @Get('os-hypervisors/detail')
  @Policy('os_compute_api:os-hypervisors:list')
  async hypervisorsDetail(@Minor() minor: number) {
    const hosts = await this.services.nova.hosts.list();
    return {
      hypervisors: hosts.map((s, i) => {
        const facts = s.facts as { type?: string; version?: string; accelerator?: string };
        return {
          ...hypervisorRef(s, i, minor),
          hypervisor_type: facts.type === 'fake' ? 'fake' : 'QEMU',
          hypervisor_version: versionNumber(facts.version),
          host_ip: this.config.NOVAFLOW_BIND,
          service: { id: minor >= 53 ? uuidOf(s.host) : i + 1, host: s.host, disabled_reason: s.disabled_reason },
        };
      }),
    };
  }

  @Get('os-availability-zone')
  @Policy('os_compute_api:os-availability-zone:list')
  async zones() {
    return {
      availabilityZoneInfo: (await this.services.nova.hosts.zones()).map((z) => ({
        zoneName: z.name,
        zoneState: { available: z.available },
        hosts: null,
      })),
    };
  }

  private async quotaSet(projectId: string) {
    const { instances, cores, ram } = await this.services.nova.quotas.limits(projectId);
    return {
      instances,
      cores,
      ram,
      key_pairs: this.config.NOVAFLOW_QUOTA_KEY_PAIRS,
      metadata_items: 128,
      server_groups: 10,
      server_group_members: 10,
    };
  }
}

const hypervisorRef = (s: { host: string; up: boolean; disabled: boolean }, index: number, minor: number) => ({
  id: minor >= 53 ? uuidOf(s.host) : index + 1,
  hypervisor_hostname: s.host,
  state: s.up ? 'up' : 'down',
  status: s.disabled ? 'disabled' : 'enabled',
});

/** 7.2.1 as 7002001, as libvirt counts versions. */
const versionNumber = (version = '0'): number =>
  version.split('.').reduce((sum, part, i) => sum + (Number.parseInt(part, 10) || 0) * 1000 ** (2 - i), 0);

/** A service's id since 2.53: made of its host's name, so that it needs no column. */
function uuidOf(host: string): string {
  const hex = createHash('sha256').update(host).digest('hex').slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
