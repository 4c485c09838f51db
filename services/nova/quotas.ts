import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import type { Database, Statements } from '../kernel/database.js';
import { badRequest, forbidden } from '../kernel/errors.js';
import { HardLimits, type QuotaStore } from '../kernel/hard-limits.js';
import { integer, nullable, rowType, rowsOf } from '../kernel/rows.js';
import { ROOM_ELSEWHERE, type OtherQuotas } from './other-quotas.js';

/** Nova's resources that servers use up; memory is in MiB. */
const USAGE = Type.Object({ instances: integer, cores: integer, ram: integer });
export type Usage = Readonly<Static<typeof USAGE>>;
const RESOURCES = ['instances', 'cores', 'ram'] as const;
const STANDING = rowType({
  limits: nullable(Type.Record(Type.String(), integer)),
  used: USAGE,
  elsewhere: ROOM_ELSEWHERE,
});

/**
 * The defaults of the resources that have no setting (nova/conf/quota.py). The last four belonged to nova-network: Nova
 * still shows them, and does not count them.
 */
const DEFAULTS = {
  metadata_items: 128,
  injected_files: 5,
  injected_file_content_bytes: 10_240,
  injected_file_path_bytes: 255,
  server_groups: 10,
  server_group_members: 10,
  fixed_ips: -1,
  floating_ips: -1,
  security_groups: -1,
  security_group_rules: -1,
} as const;

export type Resource = keyof Usage | keyof typeof DEFAULTS | 'key_pairs';
/** What a project may have of each resource; -1 is unlimited. */
export type Limits = Readonly<Record<Resource, number>>;

/** Quotas. Usage is counted from the servers' records and kept nowhere, so it cannot drift. */
export class Quotas implements QuotaStore {
  private readonly hard: HardLimits<Resource>;

  constructor(
    private readonly db: Database,
    config: Config,
  ) {
    this.hard = new HardLimits('nova.quotas', {
      instances: config.nova.quota_instances,
      cores: config.nova.quota_cores,
      ram: config.nova.quota_ram,
      key_pairs: config.nova.quota_key_pairs,
      ...DEFAULTS,
    });
  }

  /** The limits of a project for which none was set. */
  get defaults(): Limits {
    return this.hard.defaults;
  }

  limits(projectId: string): Promise<Limits> {
    return this.hard.of(this.db, projectId);
  }

  all() {
    return this.hard.all(this.db);
  }

  async usage(projectId: string): Promise<Usage> {
    const sums = await this.db.server.aggregate({
      where: { project_id: projectId, deleted_at: null },
      _count: true,
      _sum: { vcpus: true, ram: true },
    });
    return { instances: sums._count, cores: sums._sum.vcpus ?? 0, ram: sums._sum.ram ?? 0 };
  }

  /**
   * Sets the limits that are named: all of them or none.
   * @param force sets limits also below what is in use
   * @throws 400 in Nova's words for a limit below what is in use
   */
  async set(projectId: string, limits: Partial<Record<Resource, number>>, force: boolean): Promise<void> {
    const used: Partial<Record<string, number>> = force ? {} : { ...(await this.usage(projectId)) };
    for (const [resource, limit] of Object.entries(limits))
      if (limit >= 0 && limit < (used[resource] ?? 0))
        throw badRequest(
          `Quota limit ${limit} for ${resource} must be greater than or equal to already used and reserved ${used[resource]!}.`,
        );
    await this.hard.set(this.db, projectId, limits);
  }

  async reset(projectId: string): Promise<void> {
    await this.hard.reset(this.db, projectId);
  }

  /** The lock of a project's reservations. */
  lockOf(projectId: string): string {
    return `quota/${projectId}`;
  }

  /**
   * Checks, inside the transaction that inserts the servers and holds the project's lock, how many of them fit. The
   * lock makes simultaneous requests take turns, so exactly one gets the last unit.
   * @param check is given the project's limits, for what a request may have of its own
   * @param others the quotas of other services, read in the same statement
   * @returns how many may be made, between `min` and `max`
   * @throws 403 in Nova's words when not even `min` fit
   */
  async reserve(
    tx: Statements,
    projectId: string,
    each: { cores: number; ram: number },
    min: number,
    max: number,
    check: (limits: Limits) => void,
    others: OtherQuotas,
  ): Promise<number> {
    const rows = await rowsOf(tx, STANDING)`
      SELECT (SELECT jsonb_object_agg(resource, hard_limit) FROM nova.quotas WHERE project_id = ${projectId}) AS limits,
        (SELECT jsonb_build_object('instances', count(*), 'cores', COALESCE(sum(vcpus), 0), 'ram', COALESCE(sum(ram), 0))
         FROM nova.servers WHERE project_id = ${projectId} AND deleted_at IS NULL) AS used,
        ${others.sql} AS elsewhere`;
    const limits = { ...this.defaults, ...rows[0]!.limits };
    const { used, elsewhere } = rows[0]!;
    check(limits);
    const perServer: Usage = { instances: 1, ...each };
    const room = (r: keyof Usage): number =>
      limits[r] < 0 || perServer[r] === 0 ? Infinity : Math.floor((limits[r] - used[r]) / perServer[r]);
    const count = Math.min(max, ...RESOURCES.map(room));
    if (count >= min) {
      const fitting = others.fit(elsewhere, count);
      if (fitting < min) throw others.refusal(elsewhere, min);
      return fitting;
    }
    const over = RESOURCES.filter((r) => room(r) < min).toSorted();
    const list = (values: Usage): string => over.map((r) => values[r]).join(', ');
    const requested = over.map((r) => perServer[r] * min).join(', ');
    throw forbidden(
      `Quota exceeded for ${over.join(', ')}: Requested ${requested}, but already used ${list(used)} of ${list(limits)} ${over.join(', ')}`,
    );
  }
}
