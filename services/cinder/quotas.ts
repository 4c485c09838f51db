import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import { Prisma, type Database, type Queries, type Statements } from '../kernel/database.js';
import { OpenStackError, badRequest } from '../kernel/errors.js';
import {
  HardLimits,
  KEPT_BY_KEYSTONE,
  takeTurn,
  type Level,
  type LimitStore,
  type QuotaStore,
} from '../kernel/hard-limits.js';
import type { Columns } from '../kernel/resource/spec.js';
import { integer, rowType, rowsOf } from '../kernel/rows.js';
import { Turns } from '../kernel/turns.js';
import { UnifiedLimits } from '../keystone/index.js';

/** Every resource that Cinder has a quota for. There are no snapshots, backups or groups here, so theirs limit nothing. */
const OTHERS = { snapshots: 10, backups: 10, backup_gigabytes: 1000, groups: 10 } as const;
export type VolumeResource = 'volumes' | 'gigabytes' | 'per_volume_gigabytes' | keyof typeof OTHERS;
export type VolumeLimits = Record<VolumeResource, number>;

/** What Keystone calls them. */
const NAMES = {
  volumes: 'volumes',
  gigabytes: 'gigabytes',
  per_volume_gigabytes: 'per_volume_gigabytes',
  snapshots: 'snapshots',
  backups: 'backups',
  backup_gigabytes: 'backup_gigabytes',
  groups: 'groups',
} as const;

/** What a project may have of volumes, and has; then the same of what it shares with others. Sizes are in GiB. */
export const VOLUME_STANDING = Type.Array(
  Type.Object({
    volumes: integer,
    gigabytes: integer,
    per_volume_gigabytes: integer,
    used: integer,
    used_gigabytes: integer,
  }),
);
type VolumeStanding = Readonly<Static<typeof VOLUME_STANDING>>;
const ROW = rowType({ standing: VOLUME_STANDING });

/** Cinder answers 413 and names the exception (cinder/exception.py: QuotaError). A boot ends by it: nobody can make the volume. */
const quotaError = (type: string, message: string): OpenStackError =>
  new OpenStackError(413, type, `${type}: ${message}`, { headers: { 'retry-after': '0' } });

/** Quotas of volumes (cinder/quota.py). */
export class VolumeQuotas implements QuotaStore {
  private readonly store: LimitStore<VolumeResource>;
  private readonly turns = new Turns();

  constructor(
    private readonly db: Database,
    config: Config,
  ) {
    const { use_keystone_limits, quota_volumes, quota_gigabytes, per_volume_size_limit } = config.cinder;
    const whose = { region: config.cloud.region, model: config.keystone.enforcement_model };
    this.store = use_keystone_limits
      ? new UnifiedLimits({ service: 'volumev3', ...whose }, NAMES)
      : new HardLimits('cinder.quotas', {
          volumes: quota_volumes,
          gigabytes: quota_gigabytes,
          per_volume_gigabytes: per_volume_size_limit,
          ...OTHERS,
        });
  }

  get resources() {
    return this.store.resources;
  }

  defaults(): Promise<VolumeLimits> {
    return this.store.defaults(this.db);
  }

  limits(projectId: string): Promise<VolumeLimits> {
    return this.store.of(this.db, projectId);
  }

  all() {
    return this.store.all(this.db);
  }

  /** What a project's volumes come to, in Cinder's names; what there is none of is 0. */
  async usage(projectId: string): Promise<VolumeLimits> {
    const [own] = await this.standingOf(this.db, projectId);
    const { used, used_gigabytes } = own!;
    return {
      volumes: used,
      gigabytes: used_gigabytes,
      per_volume_gigabytes: 0,
      snapshots: 0,
      backups: 0,
      backup_gigabytes: 0,
      groups: 0,
    };
  }

  /** @throws 400 for a limit below what is used, and where Keystone keeps the limits */
  async set(projectId: string, limits: Partial<VolumeLimits>): Promise<void> {
    const own = this.own();
    const usage = await this.usage(projectId);
    for (const [resource, limit] of Object.entries(limits)) {
      const used = usage[resource as VolumeResource];
      if (limit !== -1 && limit < used && resource !== 'per_volume_gigabytes')
        throw badRequest(
          `Quota ${resource} limit must be equal or greater than existing resources. Current usage is ${used} and the requested limit is ${limit}.`,
        );
    }
    await own.set(this.db, projectId, limits);
  }

  async reset(projectId: string): Promise<void> {
    await this.own().reset(this.db, projectId);
  }

  private own(): HardLimits<VolumeResource> {
    if (this.store.own === undefined) throw badRequest(KEPT_BY_KEYSTONE);
    return this.store.own;
  }

  /** Runs the transaction that inserts volumes of a project if they fit. @throws 413 in Cinder's words */
  async making<T>(
    _resource: string,
    [projectId = '']: readonly string[],
    insert: (tx: Queries) => Promise<T>,
    planned: readonly Columns[],
  ): Promise<T> {
    const sizes = planned.map(({ size }) => size as number);
    return this.turns.take([await this.lockOf(this.db, projectId)], () =>
      this.db.$transaction(async (tx) => {
        await this.reserve(tx, projectId, sizes);
        return insert(tx);
      }),
    );
  }

  private async lockOf(db: Statements, projectId: string): Promise<string> {
    const pools = await this.store.poolsOf(db, [projectId]);
    return `quota/volumes/${pools.get(projectId)!}`;
  }

  /**
   * Checks, inside the transaction that inserts them, that volumes of these sizes fit, and makes other transactions that
   * make volumes of the project wait until this one ends. @throws 413 in Cinder's words
   */
  async reserve(tx: Statements, projectId: string, sizes: readonly number[]): Promise<void> {
    if (sizes.length === 0) return;
    const before = await this.standingOf(tx, projectId);
    checkRoom(before, sizes);
    // Where there is no limit nobody has to wait: the boots of such a project stay side by side.
    if (before.every(({ volumes, gigabytes }) => volumes < 0 && gigabytes < 0)) return;
    await takeTurn(tx, await this.lockOf(tx, projectId));
    checkRoom(await this.standingOf(tx, projectId), sizes);
  }

  private async standingOf(db: Statements, projectId: string): Promise<VolumeStanding> {
    const [found] = await rowsOf(db, ROW)`SELECT ${this.standing(projectId)} AS standing`;
    return found!.standing;
  }

  /** A project's standing as an expression of SQL, for the caller's own statement. */
  standing(projectId: string): Prisma.Sql {
    return Prisma.sql`jsonb_build_array(${Prisma.join(this.store.levels(projectId).map(standingAt))})`;
  }
}

const standingAt = ({ limit, whose }: Level<VolumeResource>): Prisma.Sql => Prisma.sql`(
  SELECT jsonb_build_object('volumes', ${limit('volumes')}, 'gigabytes', ${limit('gigabytes')},
    'per_volume_gigabytes', ${limit('per_volume_gigabytes')}, 'used', count(*), 'used_gigabytes', COALESCE(sum(size), 0))
  FROM cinder.volumes WHERE ${whose('project_id')})`;

/**
 * @param sizes in GiB @param times how often volumes of these sizes are wanted
 * @throws 413 in Cinder's words when they do not all fit
 */
export function checkRoom(standings: VolumeStanding, sizes: readonly number[], times = 1): void {
  for (const standing of standings) checkRoomAt(standing, sizes, times);
}

function checkRoomAt(standing: VolumeStanding[number], sizes: readonly number[], times: number): void {
  const { volumes, gigabytes, per_volume_gigabytes: largest } = standing;
  const tooLarge = largest < 0 ? undefined : sizes.find((s) => s > largest);
  if (tooLarge !== undefined)
    throw quotaError(
      'VolumeSizeExceedsLimit',
      `Requested volume size ${tooLarge}G is larger than maximum allowed limit ${largest}G.`,
    );
  const requested = times * sizes.reduce((a, b) => a + b, 0);
  if (gigabytes >= 0 && standing.used_gigabytes + requested > gigabytes)
    throw quotaError(
      'VolumeSizeExceedsAvailableQuota',
      `Requested volume or snapshot exceeds allowed gigabytes quota. Requested ${requested}G, quota is ${gigabytes}G and ${standing.used_gigabytes}G has been consumed.`,
    );
  if (volumes >= 0 && standing.used + times * sizes.length > volumes)
    throw quotaError(
      'VolumeLimitExceeded',
      `Maximum number of volumes allowed (${volumes}) exceeded for quota 'volumes'.`,
    );
}
