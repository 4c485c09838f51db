import { Type } from 'typebox';
import type { Config } from '#config';
import { Prisma, type Database, type Statements } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import type { Level, QuotaStore } from '../kernel/hard-limits.js';
import { integer, nullable, rowType, rowsOf } from '../kernel/rows.js';
import { ROOM_ELSEWHERE, type OtherQuotas } from './other-quotas.js';
import { DbQuotaDriver, LEVELS, type Demand, type Limits, type QuotaDriver, type Resource } from './quota-driver.js';
import type { CreateServerRequest } from './server-request.js';
import { UnifiedLimitsDriver } from './unified-quotas.js';

export type { Resource } from './quota-driver.js';

/** Nova's resources that servers use up; memory is in MiB. */
export type Usage = Readonly<Record<'instances' | 'cores' | 'ram', number>>;
const SET = nullable(Type.Record(Type.String(), integer));
const STANDING = rowType({ levels: LEVELS, of_requests: SET, elsewhere: ROOM_ELSEWHERE });
const OF_REQUESTS = rowType({ limits: SET });

/** Quotas. Usage is counted from the servers' records and kept nowhere, so it cannot drift. */
export class Quotas implements QuotaStore {
  private readonly driver: QuotaDriver;

  constructor(
    private readonly db: Database,
    config: Config,
  ) {
    const { quota_driver, quota_instances, quota_cores, quota_ram, quota_key_pairs } = config.nova;
    this.driver =
      quota_driver === 'nova.quota.UnifiedLimitsDriver'
        ? new UnifiedLimitsDriver(config)
        : new DbQuotaDriver({
            instances: quota_instances,
            cores: quota_cores,
            ram: quota_ram,
            key_pairs: quota_key_pairs,
          });
  }

  get resources() {
    return this.driver.store.resources;
  }

  /** The limits of a project for which none was set. */
  defaults(): Promise<Limits> {
    return this.driver.store.defaults(this.db);
  }

  limits(projectId: string): Promise<Limits> {
    return this.driver.store.of(this.db, projectId);
  }

  all() {
    return this.driver.store.all(this.db);
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
   * Sets the limits that are named: all of them or none. Where Keystone keeps them nothing is set, and nobody is refused
   * (nova/api/openstack/compute/quota_sets.py); what is answered says which limits hold.
   * @param force sets limits also below what is in use
   * @throws 400 in Nova's words for a limit below what is in use
   */
  async set(projectId: string, limits: Partial<Record<Resource, number>>, force: boolean): Promise<void> {
    const { own } = this.driver.store;
    if (own === undefined) return;
    const used: Partial<Record<string, number>> = force ? {} : { ...(await this.usage(projectId)) };
    for (const [resource, limit] of Object.entries(limits))
      if (limit >= 0 && limit < (used[resource] ?? 0))
        throw badRequest(
          `Quota limit ${limit} for ${resource} must be greater than or equal to already used and reserved ${used[resource]!}.`,
        );
    await own.set(this.db, projectId, limits);
  }

  async reset(projectId: string): Promise<void> {
    await this.driver.store.own?.reset(this.db, projectId);
  }

  /** The limits of a class of quotas. There are no classes where Keystone keeps the limits. */
  ofClass(name: string): Promise<Limits> {
    const { own } = this.driver.store;
    return own === undefined ? this.defaults() : own.ofClass(this.db, name);
  }

  /** Sets limits of a class: those of `default` hold for every project that has none of its own. */
  async setClass(name: string, limits: Partial<Record<Resource, number>>): Promise<void> {
    await this.driver.store.own?.setClass(this.db, name, limits);
  }

  /** The lock of the reservations of a project, and of those that it shares its limits with. */
  async lockOf(projectId: string): Promise<string> {
    const pools = await this.driver.store.poolsOf(this.db, [projectId]);
    return `quota/${pools.get(projectId)!}`;
  }

  /** What a user may have of key pairs. @returns throws 403 unless one more fits to so many */
  async keypairs(projectId: string): Promise<(used: number) => void> {
    const limits = this.driver.ofRequests ?? this.driver.store.levels(projectId)[0].limits;
    const [found] = await rowsOf(this.db, OF_REQUESTS)`SELECT ${limits} AS limits`;
    return (used) => this.driver.checkKeypairs(found?.limits ?? null, used);
  }

  /**
   * Checks, inside the transaction that inserts the servers and holds the project's lock, how many of them fit. The
   * lock makes simultaneous requests take turns, so exactly one gets the last unit.
   * @param others the quotas of other services, read in the same statement
   * @returns how many may be made, between the request's bounds
   * @throws 403 in Nova's words when not even the fewest fit, or the request itself has too much of something
   */
  async reserve(
    tx: Statements,
    projectId: string,
    each: Demand,
    request: CreateServerRequest,
    others: OtherQuotas,
  ): Promise<number> {
    const { store, ofRequests = Prisma.sql`NULL::jsonb` } = this.driver;
    const standings = Prisma.join(store.levels(projectId).map((level) => this.standingAt(level)));
    const [found] = await rowsOf(tx, STANDING)`
      SELECT jsonb_build_array(${standings}) AS levels, ${ofRequests} AS of_requests, ${others.sql} AS elsewhere`;
    const { levels, of_requests, elsewhere } = found!;
    this.driver.checkRequest(request, of_requests ?? levels[0]!.limits);
    const { minCount, maxCount } = request;
    const count = Math.min(maxCount, this.driver.room(levels, each));
    if (count < minCount) throw this.driver.refusal(levels, each, minCount, projectId);
    const fitting = others.fit(elsewhere, count);
    if (fitting < minCount) throw others.refusal(elsewhere, minCount);
    return fitting;
  }

  private standingAt({ limits, whose }: Level<Resource>): Prisma.Sql {
    return Prisma.sql`jsonb_build_object('limits', ${limits}, 'used', (
      SELECT jsonb_build_object('instances', count(*), 'cores', COALESCE(sum(vcpus), 0), 'ram', COALESCE(sum(ram), 0),
        'disk', COALESCE(sum(${this.driver.disk}), 0))
      FROM nova.servers WHERE ${whose('project_id')} AND deleted_at IS NULL))`;
  }
}
