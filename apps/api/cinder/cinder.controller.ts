import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import { isAdmin, type RequestContext } from '#services/kernel/context';
import { badRequest, notFound } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { parsePage } from '#services/kernel/paging';
import { micros, nextLink, selfAndBookmark } from '../http/links.js';
import { INT4_MAX } from '../http/numbers.js';
import { integerText } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { Ctx, Params } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validate } from '../http/validation.js';

type VolumeRecord = Awaited<ReturnType<Services['cinder']['get']>>;
type Query = Record<string, string | undefined>;

const text = (maxLength: number) => Type.Optional(Type.Union([Type.String({ maxLength }), Type.Null()]));

/** cinder/api/schemas/volumes.py, without what this cloud has no use for (snapshots, consistency groups). */
const CreateVolumeSchema = Type.Object({
  volume: Type.Object(
    {
      name: text(255),
      description: text(255),
      size: Type.Optional(integerText(1, INT4_MAX, 'null')),
      imageRef: text(255),
      metadata: Type.Optional(
        Type.Union([
          Type.Record(Type.String({ pattern: '^.{1,255}$' }), Type.String({ maxLength: 255 }), {
            additionalProperties: false,
          }),
          Type.Null(),
        ]),
      ),
      availability_zone: text(255),
      volume_type: text(255),
      multiattach: Type.Optional(Type.Literal(false)),
      snapshot_id: Type.Optional(Type.Null()),
      source_volid: Type.Optional(Type.Null()),
      backup_id: Type.Optional(Type.Null()),
      consistencygroup_id: Type.Optional(Type.Null()),
    },
    // Clients send fields of every microversion; Cinder takes those that it does not know.
    { additionalProperties: true },
  ),
});

/** What volumes can be sorted by, and the column of each. */
const SORT_KEYS: Readonly<Record<string, string>> = {
  id: 'id',
  name: 'name',
  display_name: 'name',
  status: 'status',
  size: 'size',
  availability_zone: 'availability_zone',
  bootable: 'bootable',
  created_at: 'created_at',
  updated_at: 'updated_at',
  host: 'host',
  project_id: 'project_id',
  user_id: 'user_id',
};

@Controller('volume/v3')
export class CinderController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get cinder() {
    return this.services.cinder;
  }

  @Post('volumes')
  @HttpCode(202)
  @Policy('volume:create')
  async create(@Ctx() ctx: RequestContext, @Body() body: unknown) {
    const { size, name, description, imageRef, metadata, availability_zone, volume_type } = validate(
      CreateVolumeSchema,
      body,
    ).volume;
    if (volume_type && volume_type !== 'file')
      throw notFound('VolumeTypeNotFoundByName', `Volume type with name ${volume_type} could not be found.`);
    const volume = await this.cinder.create(ctx, {
      size: size === null || size === undefined ? undefined : Number(size),
      // Cinder takes white space off both.
      name: name?.trim(),
      description: description?.trim(),
      imageRef,
      metadata: metadata ?? undefined,
      availability_zone,
    });
    return { volume: this.view(volume, isAdmin(ctx, 'cinder')) };
  }

  @Get('volumes')
  @Policy('volume:get_all')
  async list(@Ctx() ctx: RequestContext, @Params() query: Query) {
    const { page, items, more } = await this.find(ctx, query);
    return {
      volumes: items.map(({ id, name }) => ({ id, name, links: this.links(id) })),
      ...this.next('volumes', query, page.limit, more, items),
    };
  }

  @Get('volumes/detail')
  @Policy('volume:get_all')
  async detail(@Ctx() ctx: RequestContext, @Params() query: Query) {
    const { page, items, more } = await this.find(ctx, query);
    return {
      volumes: items.map((v) => this.detailedView(v, isAdmin(ctx, 'cinder'))),
      ...this.next('volumes/detail', query, page.limit, more, items),
    };
  }

  @Get('limits')
  @Policy('volume:get_all')
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

  @Get('volumes/:id')
  @Policy('volume:get')
  async get(@Ctx() ctx: RequestContext, @Param('id') id: string) {
    return { volume: this.detailedView(await this.cinder.get(ctx, id), isAdmin(ctx, 'cinder')) };
  }

  @Delete('volumes/:id')
  @HttpCode(202)
  @Policy('volume:delete')
  async delete(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.cinder.delete(ctx, id);
  }

  private async find(ctx: RequestContext, query: Query) {
    const page = parsePage(query, 0);
    const { name, status, size, availability_zone } = query;
    const allProjects = ['1', 'true'].includes(query['all_tenants']?.toLowerCase() ?? '');
    const filters = {
      ...(name === undefined ? {} : { name }),
      ...(status === undefined ? {} : { status }),
      ...(size === undefined ? {} : { size: sizeFilter(size) }),
      ...(availability_zone === undefined ? {} : { availability_zone }),
      ...(query['bootable'] === undefined ? {} : { bootable: query['bootable'].toLowerCase() === 'true' }),
      allProjects,
    };
    return { page, ...(await this.cinder.list(ctx, filters, page, orderOf(query))) };
  }

  private next(path: string, query: Query, limit: number, more: boolean, items: { id: string }[]) {
    const last = items.at(-1);
    return more && last
      ? { volumes_links: [nextLink(`${this.config.publicUrl}/volume/v3/${path}`, query, limit, last.id)] }
      : {};
  }

  private links(id: string) {
    return selfAndBookmark(`${this.config.publicUrl}/volume`, '/v3', `volumes/${id}`);
  }

  /** What the answer to a create has: the details without what Cinder's extensions add to them. */
  private view(v: VolumeRecord, admin: boolean) {
    return {
      id: v.id,
      name: v.name,
      description: v.description,
      size: v.size,
      status: v.status,
      availability_zone: v.availability_zone,
      volume_type: v.volume_type,
      bootable: String(v.bootable),
      encrypted: false,
      multiattach: false,
      user_id: v.user_id,
      created_at: micros(v.created_at),
      updated_at: micros(v.updated_at),
      metadata: v.metadata,
      snapshot_id: null,
      source_volid: null,
      consistencygroup_id: null,
      replication_status: null,
      links: this.links(v.id),
      attachments: v.attachments.map((a) => ({
        id: v.id,
        attachment_id: a.id,
        volume_id: v.id,
        server_id: a.server_id,
        host_name: admin ? a.host : null,
        device: a.mountpoint,
        attached_at: micros(a.attached_at),
      })),
    };
  }

  private detailedView(v: VolumeRecord, admin: boolean) {
    return {
      ...this.view(v, admin),
      ...(v.image_id === null ? {} : { volume_image_metadata: { image_id: v.image_id } }),
      'os-vol-tenant-attr:tenant_id': v.project_id,
      ...(admin
        ? {
            'os-vol-host-attr:host': v.host,
            'os-vol-mig-status-attr:migstat': null,
            'os-vol-mig-status-attr:name_id': null,
          }
        : {}),
    };
  }
}

function sizeFilter(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw badRequest(`Invalid input received: Invalid size filter ${value}.`);
  return Number(value);
}

/** `sort=key:direction,key…`, or the older `sort_key` and `sort_dir` (cinder/api/common.py get_sort_params). */
function orderOf(query: Query): Record<string, 'asc' | 'desc'>[] {
  const { sort, sort_key, sort_dir } = query;
  if (sort !== undefined && (sort_key !== undefined || sort_dir !== undefined))
    throw badRequest(
      "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter.",
    );
  const wanted = sort?.split(',').map((one) => one.split(':')) ?? [[sort_key ?? 'created_at', sort_dir]];
  const order = wanted.map(([key = '', direction = 'desc']): Record<string, 'asc' | 'desc'> => {
    const column = Object.hasOwn(SORT_KEYS, key.trim()) ? SORT_KEYS[key.trim()] : undefined;
    if (column === undefined) throw badRequest('Invalid input received: Invalid sort key');
    const dir = direction.trim();
    if (dir !== 'asc' && dir !== 'desc')
      throw badRequest('Invalid input received: Unknown sort direction, must be one of: asc, desc.');
    return { [column]: dir };
  });
  // The id makes the order whole, so that a marker has one place in it.
  return [...order, { id: Object.values(order.at(-1)!)[0]! }];
}
