import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { Type, type TSchema } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { badRequest, OpenStackError } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { Limits, Resource } from '#services/nova/index';
import { booleanText, integerText, isTrue } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { type ApiRequest, Ctx, Minor, Params } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validate } from '../http/validation.js';
import { byMinor } from './by-minor.js';

type Query = Record<string, string | undefined>;

const ALWAYS: readonly Resource[] = [
  'instances',
  'cores',
  'ram',
  'metadata_items',
  'key_pairs',
  'server_groups',
  'server_group_members',
];
/** What nova-network counted, until 2.35. */
const NETWORK: readonly Resource[] = ['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules'];
/** What went with personality, in 2.57. */
const FILES: readonly Resource[] = ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes'];

/** The resources that a microversion shows and sets. */
const resourcesOf = (minor: number): readonly Resource[] => [
  ...ALWAYS,
  ...(minor < 36 ? NETWORK : []),
  ...(minor < 57 ? FILES : []),
];

const schemaOf = byMinor(
  (minor): TSchema => {
    const limits = Object.fromEntries(resourcesOf(minor).map((resource) => [resource, Type.Optional(integerText(-1))]));
    const strict = { additionalProperties: false };
    return Type.Object({ quota_set: Type.Object({ ...limits, force: Type.Optional(booleanText) }, strict) }, strict);
  },
  [1, 36, 57],
);

/** The project that the path names. */
function ofProject({ params }: ApiRequest) {
  return { project_id: (params as { projectId: string }).projectId };
}

/** Quotas of projects (nova/api/openstack/compute/quota_sets.py). Users have none of their own. */
@Controller('compute/v2.1/os-quota-sets/:projectId')
export class QuotaSetsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get quotas() {
    return this.services.nova.quotas;
  }

  @Get()
  @Policy('os_compute_api:os-quota-sets:show', ofProject)
  async show(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('projectId') projectId: string) {
    await this.check(ctx, projectId);
    return { quota_set: { id: projectId, ...shown(await this.quotas.limits(projectId), minor) } };
  }

  @Get('detail')
  @Policy('os_compute_api:os-quota-sets:detail', ofProject)
  async detail(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('projectId') projectId: string) {
    await this.check(ctx, projectId);
    const [limits, usage] = await Promise.all([this.quotas.limits(projectId), this.quotas.usage(projectId)]);
    // What is counted by request or by user is 0 here, as in Nova.
    const used: Partial<Record<Resource, number>> = { ...usage };
    const details = resourcesOf(minor).map((resource) => [
      resource,
      { in_use: used[resource] ?? 0, limit: limits[resource], reserved: 0 },
    ]);
    return { quota_set: { id: projectId, ...(Object.fromEntries(details) as object) } };
  }

  @Get('defaults')
  @Policy('os_compute_api:os-quota-sets:defaults', ofProject)
  async defaults(@Minor() minor: number, @Param('projectId') projectId: string) {
    await this.checkProject(projectId);
    return { quota_set: { id: projectId, ...shown(this.quotas.defaults, minor) } };
  }

  @Put()
  @Policy('os_compute_api:os-quota-sets:update', ofProject)
  async update(
    @Minor() minor: number,
    @Param('projectId') projectId: string,
    @Params() query: Query,
    @Body() body: unknown,
  ) {
    const { quota_set } = validate(schemaOf(minor), body) as { quota_set: Record<string, number | string | boolean> };
    refuseUsers(query);
    await this.checkProject(projectId);
    const { force, ...limits } = quota_set;
    const numbers = Object.fromEntries(Object.entries(limits).map(([resource, limit]) => [resource, Number(limit)]));
    await this.quotas.set(projectId, numbers, isTrue(force as boolean | string | undefined));
    return { quota_set: shown(await this.quotas.limits(projectId), minor) };
  }

  @Delete()
  @HttpCode(202)
  @Policy('os_compute_api:os-quota-sets:delete', ofProject)
  async reset(@Param('projectId') projectId: string, @Params() query: Query): Promise<void> {
    refuseUsers(query);
    await this.quotas.reset(projectId);
  }

  private async check(ctx: RequestContext, projectId: string): Promise<void> {
    if (projectId !== ctx.projectId) await this.checkProject(projectId);
  }

  /** @throws 400 in Nova's words for a project that Keystone does not know */
  private async checkProject(projectId: string): Promise<void> {
    await this.services.keystone.getProject(projectId).catch((error: unknown) => {
      throw error instanceof OpenStackError && error.status === 404
        ? badRequest(`Project ID ${projectId} is not a valid project.`)
        : error;
    });
  }
}

const shown = (limits: Limits, minor: number): object =>
  Object.fromEntries(resourcesOf(minor).map((resource) => [resource, limits[resource]]));

/** A limit that was meant for one user must not become the project's. */
function refuseUsers(query: Query): void {
  if (query['user_id'] !== undefined) throw badRequest('This cloud has no quotas for single users; leave user_id out.');
}
