import { Controller, Get, Inject, Req } from '@nestjs/common';
import { volume } from '#services/cinder/index';
import type { RequestContext } from '#services/kernel/context';
import { notFound } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { Answers, Described, Query } from '../http/described.js';
import { micros } from '../http/links.js';
import { isTrue } from '../http/parameter-types.js';
import { KitPolicy } from '../http/policy.js';
import { Ctx, type ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import {
  BACKEND_STATE,
  CLUSTERS,
  LimitsSchema,
  SUMMARY,
  SUMMARY_METADATA,
  servicesSchema,
  summarySchema,
} from './answers.js';

type Params = Readonly<Record<string, string | undefined>>;

/** What Cinder says of all volumes together, and of the roles that have them. */
@Controller('volume/v3')
export class CinderController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get cinder() {
    return this.services.cinder;
  }

  @Get('volumes/summary')
  @KitPolicy(volume, 'list')
  @Described({ summary: 'Show all volumes together', answer: summarySchema, since: SUMMARY })
  async summary(
    @Ctx() ctx: RequestContext,
    @Query({ all_tenants: 'Those of all projects. For administrators.' }) query: Params,
    @Req() { microversion }: ApiRequest,
  ) {
    // Before there was one, it was the path of a volume with that id.
    if (microversion < SUMMARY) throw notFound('VolumeNotFound', 'Volume summary could not be found.');
    const { count, size, metadata } = await this.cinder.summary(ctx, isTrue(query['all_tenants']));
    return {
      'volume-summary': {
        total_count: count,
        total_size: size,
        ...(microversion < SUMMARY_METADATA ? {} : { metadata }),
      },
    };
  }

  @Get('limits')
  @KitPolicy(volume, 'list', 'limits_extension:used_limits')
  @Answers(LimitsSchema)
  async limits(@Ctx() ctx: RequestContext) {
    const { quotas } = this.cinder;
    const [limits, used] = await Promise.all([quotas.limits(ctx.projectId), quotas.usage(ctx.projectId)]);
    const absolute = {
      maxTotalVolumes: limits.volumes,
      maxTotalVolumeGigabytes: limits.gigabytes,
      maxTotalSnapshots: limits.snapshots,
      maxTotalBackups: limits.backups,
      maxTotalBackupGigabytes: limits.backup_gigabytes,
      totalVolumesUsed: used.volumes,
      totalGigabytesUsed: used.gigabytes,
      totalSnapshotsUsed: used.snapshots,
      totalBackupsUsed: used.backups,
      totalBackupGigabytesUsed: used.backup_gigabytes,
    };
    return { limits: { rate: [], absolute } };
  }

  /** cinder/api/v3/services.py */
  @Get('os-services')
  @KitPolicy(volume, 'list', 'volume_extension:services:index')
  @Described({ summary: 'List services', answer: servicesSchema })
  async list(
    @Query({ host: 'Those of one host.', binary: 'Those of this name.' }) { host, binary = 'cinder-volume' }: Params,
    @Req() { microversion }: ApiRequest,
  ) {
    const services = binary === 'cinder-volume' ? await this.cinder.services(host) : [];
    return {
      services: services.map((service) => ({
        binary,
        host: service.host,
        zone: 'nova',
        status: 'enabled',
        state: service.up ? 'up' : 'down',
        updated_at: micros(service.updated_at),
        disabled_reason: null,
        replication_status: 'disabled',
        active_backend_id: null,
        frozen: false,
        ...(microversion < CLUSTERS ? {} : { cluster: null }),
        ...(microversion < BACKEND_STATE ? {} : { backend_state: service.up ? 'up' : 'down' }),
      })),
    };
  }
}
