import { createHash } from 'node:crypto';
import { Body, Controller, Get, Inject, Param, Put } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { RequestContext } from '#services/kernel/context';
import { badRequest, notFound } from '#services/kernel/errors';
import { ownTarget, policies } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { micros } from '../http/links.js';
import { booleanText, fqdn, isTrue } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { Ctx, Minor, Params } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validate } from '../http/validation.js';

type Query = Record<string, string | undefined>;
const ServiceSchema = Type.Object(
  {
    host: Type.Optional(fqdn),
    binary: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    status: Type.Optional(Type.Union([Type.Literal('enabled'), Type.Literal('disabled')])),
    disabled_reason: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    forced_down: Type.Optional(booleanText),
  },
  { additionalProperties: false },
);
/** Until 2.53 the path says what to do with the host that the body names. */
const OLD_VERBS: ReadonlySet<string> = new Set(['enable', 'disable', 'disable-log-reason', 'force-down']);

/** What operators look at and set: limits, services, hypervisors, zones. */
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

  /** The hosts, then the conductors. A conductor holds the scheduler, so each is listed as both of Nova's services. */
  @Get('os-services')
  @Policy('os_compute_api:os-services:list')
  async computeServices(@Minor() minor: number, @Params() query: Query) {
    const { host, binary } = query;
    const services = await this.allServices();
    return {
      services: services
        .map((s, index) => ({
          id: minor >= 53 ? s.id : index + 1,
          binary: s.binary,
          host: s.host,
          zone: s.zone,
          status: s.disabled ? 'disabled' : 'enabled',
          state: s.up ? 'up' : 'down',
          disabled_reason: s.disabled_reason,
          updated_at: micros(s.updated_at),
          ...(minor >= 11 ? { forced_down: s.forced_down } : {}),
        }))
        .filter((s) => (host === undefined || s.host === host) && (binary === undefined || s.binary === binary)),
    };
  }

  private async allServices() {
    const { hosts, conductors } = this.services.nova;
    const [computes, controllers] = await Promise.all([hosts.list(), conductors.list()]);
    return [
      ...computes.map((s) => ({ ...s, id: uuidOf(s.host), binary: 'nova-compute', zone: s.availability_zone })),
      ...['nova-conductor', 'nova-scheduler'].flatMap((binary) =>
        controllers.map((s) => ({
          ...s,
          id: uuidOf(`${binary}/${s.host}`),
          binary,
          zone: 'internal',
          disabled: false,
          disabled_reason: null,
          forced_down: false,
        })),
      ),
    ];
  }

  @Put('os-services/:id')
  @Policy('os_compute_api:os-services:update')
  async setService(@Param('id') id: string, @Body() body: unknown) {
    const input = validate(ServiceSchema, body);
    const { hosts } = this.services.nova;
    const service = OLD_VERBS.has(id) ? input : (await this.allServices()).find((s) => s.id === id);
    const { host, binary = 'nova-compute' } = service ?? {};
    if (host === undefined) throw notFound('ServiceNotFound', `Service ${id} could not be found.`);
    // Nova's words for every service that no server is on.
    if (binary !== 'nova-compute')
      throw badRequest(`Updating a ${binary} service is not supported. Only nova-compute services can be updated.`);
    const status = id === 'enable' ? 'enabled' : id.startsWith('disable') ? 'disabled' : input.status;
    const { disabled, disabled_reason } = await hosts.set(host, {
      ...(status === undefined
        ? {}
        : {
            disabled: status === 'disabled',
            disabled_reason: status === 'disabled' ? (input.disabled_reason ?? null) : null,
          }),
      ...(input.forced_down === undefined ? {} : { forced_down: isTrue(input.forced_down) }),
    });
    return {
      service: {
        host,
        binary: 'nova-compute',
        status: disabled ? 'disabled' : 'enabled',
        ...(disabled_reason ? { disabled_reason } : {}),
        ...(input.forced_down === undefined ? {} : { forced_down: isTrue(input.forced_down) }),
      },
    };
  }

  @Get('os-hypervisors')
  @Policy('os_compute_api:os-hypervisors:list')
  async hypervisors(@Minor() minor: number) {
    return { hypervisors: (await this.services.nova.hosts.list()).map((s, i) => hypervisorRef(s, i, minor)) };
  }

  @Get('os-hypervisors/detail')
  @Policy('os_compute_api:os-hypervisors:list-detail')
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
