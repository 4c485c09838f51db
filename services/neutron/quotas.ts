import { Type } from 'typebox';
import type { Config } from '#config';
import { Prisma, type Database, type Queries, type Statements } from '../kernel/database.js';
import { OpenStackError, conflict } from '../kernel/errors.js';
import {
  HardLimits,
  KEPT_BY_KEYSTONE,
  ofProject,
  takeTurn,
  type LimitStore,
  type QuotaStore,
} from '../kernel/hard-limits.js';
import { integer, nullable, rowType, rowsOf } from '../kernel/rows.js';
import { Turns } from '../kernel/turns.js';
import { UnifiedLimits } from '../keystone/index.js';

const ROOMS = rowType({ rooms: Type.Array(nullable(integer)) });
/** What Neutron counts, by the table of its records. */
const TABLES = {
  network: 'neutron.networks',
  subnet: 'neutron.subnets',
  subnetpool: 'neutron.subnet_pools',
  port: 'neutron.ports',
  router: 'neutron.routers',
  security_group: 'neutron.security_groups',
  security_group_rule: 'neutron.security_group_rules',
  floatingip: 'neutron.floating_ips',
  trunk: 'neutron.trunks',
  rbac_policy: 'neutron.rbac_policies',
} as const;
export type NeutronResource = keyof typeof TABLES;
export type NeutronLimits = Record<NeutronResource, number>;
export const NEUTRON_RESOURCES = Object.keys(TABLES) as NeutronResource[];
const USAGE = rowType(Object.fromEntries(NEUTRON_RESOURCES.map((r) => [r, integer])));

/** Neutron's words, which also end a boot that goes beyond the quota: nobody can make the port. */
export const overQuota = (resource: NeutronResource | 'router_route'): OpenStackError =>
  conflict('OverQuota', `Quota exceeded for resources: ['${resource}'].`);

const byResource = <T>(of: (resource: NeutronResource) => T): Record<NeutronResource, T> =>
  Object.fromEntries(NEUTRON_RESOURCES.map((resource) => [resource, of(resource)])) as Record<NeutronResource, T>;

/** Quotas of what projects have of Neutron (neutron/quota). */
export class NeutronQuotas implements QuotaStore {
  private readonly store: LimitStore<NeutronResource>;
  private readonly turns = new Turns();

  constructor(
    private readonly db: Database,
    config: Config,
  ) {
    const { use_keystone_limits, ...settings } = config.neutron;
    const whose = { region: config.cloud.region, model: config.keystone.enforcement_model };
    this.store = use_keystone_limits
      ? new UnifiedLimits(
          { service: 'network', ...whose },
          byResource((resource) => resource),
        )
      : new HardLimits(
          'neutron.quotas',
          byResource((resource) => settings[`quota_${resource}`]),
        );
  }

  get resources() {
    return this.store.resources;
  }

  defaults(): Promise<NeutronLimits> {
    return this.store.defaults(this.db);
  }

  limits(projectId: string): Promise<NeutronLimits> {
    return this.store.of(this.db, projectId);
  }

  all() {
    return this.store.all(this.db);
  }

  async usage(projectId: string): Promise<NeutronLimits> {
    const counts = NEUTRON_RESOURCES.map((r) => Prisma.sql`${count(ofProject(projectId), r)}::int AS ${Prisma.raw(r)}`);
    const [used] = await rowsOf(this.db, USAGE)`SELECT ${Prisma.join(counts)}`;
    return used! as NeutronLimits;
  }

  /** @throws 400 for a limit below what is used, unless it is forced, and where Keystone keeps the limits */
  async set(projectId: string, limits: Partial<NeutronLimits>, force: boolean): Promise<void> {
    const own = this.own();
    const used = await this.usage(projectId);
    const below = force ? [] : NEUTRON_RESOURCES.filter((r) => (limits[r] ?? -1) >= 0 && limits[r]! < used[r]);
    for (const resource of below)
      throw new OpenStackError(
        400,
        'HTTPBadRequest',
        `Quota limit ${limits[resource]!} for ${resource} must be greater than or equal to already used ${used[resource]}`,
      );
    await own.set(this.db, projectId, limits);
  }

  async reset(projectId: string): Promise<void> {
    await this.own().reset(this.db, projectId);
  }

  private own(): HardLimits<NeutronResource> {
    if (this.store.own === undefined) throw new OpenStackError(400, 'HTTPBadRequest', KEPT_BY_KEYSTONE);
    return this.store.own;
  }

  /** The lock under which a project's ports, networks or subnets are counted and inserted. */
  async lockOf(projectId: string, resource: NeutronResource): Promise<string> {
    const pools = await this.store.poolsOf(this.db, [projectId]);
    return lockOf(pools.get(projectId)!, resource);
  }

  /**
   * Runs the transaction that inserts them if so many more fit. Those of the same projects take turns.
   * @param projects whose each one is to be
   * @throws 409 in Neutron's words
   */
  async making<T>(
    resource: NeutronResource,
    projects: readonly string[],
    insert: (tx: Queries) => Promise<T>,
  ): Promise<T> {
    const pools = await this.store.poolsOf(this.db, projects);
    // In one order, so that two requests for the same projects cannot wait for each other.
    const locks = [...new Set(pools.values())].toSorted().map((pool) => lockOf(pool, resource));
    return this.turns.take(locks, () =>
      this.db.$transaction(async (tx) => {
        for (const lock of locks) await takeTurn(tx, lock);
        for (const [id, pool] of pools) {
          const mine = projects.filter((p) => p === id).length;
          const ofPool = projects.filter((p) => pools.get(p) === pool).length;
          const [room = Infinity, roomOfPool = Infinity] = await this.roomsNow(tx, id, resource);
          if (mine > room || ofPool > roomOfPool) throw overQuota(resource);
        }
        return insert(tx);
      }),
    );
  }

  /**
   * Refuses what does not fit beside what a transaction makes under the lock of another resource.
   * @param more how many of them @throws 409 in Neutron's words
   */
  async check(tx: Statements, resource: NeutronResource, projectId: string, more: number): Promise<void> {
    const pools = await this.store.poolsOf(tx, [projectId]);
    await takeTurn(tx, lockOf(pools.get(projectId)!, resource));
    if ((await this.roomsNow(tx, projectId, resource)).some((room) => more > room)) throw overQuota(resource);
  }

  private async roomsNow(tx: Statements, projectId: string, resource: NeutronResource): Promise<number[]> {
    const rooms = Prisma.join(this.roomsOf(projectId, resource));
    const [found] = await rowsOf(tx, ROOMS)`SELECT jsonb_build_array(${rooms}) AS rooms`;
    return found!.rooms.map((room) => room ?? Infinity);
  }

  /**
   * How many more a project may have, as an expression of SQL; NULL is any number. Nothing is counted where there is
   * no limit, so that a project without one pays nothing for its size.
   */
  room(projectId: string, resource: NeutronResource): Prisma.Sql {
    const [room, ...others] = this.roomsOf(projectId, resource);
    return others.length === 0 ? room! : Prisma.sql`LEAST(${Prisma.join([room!, ...others])})`;
  }

  private roomsOf(projectId: string, resource: NeutronResource): Prisma.Sql[] {
    return this.store.levels(projectId).map(({ limit, whose }) => {
      const room = Prisma.sql`CASE WHEN hard < 0 THEN NULL ELSE hard - ${count(whose, resource)} END`;
      return Prisma.sql`(SELECT ${room} FROM (SELECT ${limit(resource)} AS hard) AS quota)`;
    });
  }
}

/** @param pool that in which a project's things are counted */
const lockOf = (pool: string, resource: NeutronResource): string => `quota/${resource}/${pool}`;

const count = (whose: (column: string) => Prisma.Sql, resource: NeutronResource): Prisma.Sql =>
  Prisma.sql`(SELECT count(*) FROM ${Prisma.raw(TABLES[resource])} WHERE ${whose('project_id')})`;
