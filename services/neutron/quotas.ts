import type { Config } from '#config';
import { Prisma, type Database, type Queries, type Statements } from '../kernel/database.js';
import { OpenStackError, conflict } from '../kernel/errors.js';
import { HardLimits, takeTurn, type QuotaStore } from '../kernel/hard-limits.js';
import { Turns } from '../kernel/turns.js';
import { integer, nullable, rowType, rowsOf } from '../kernel/rows.js';

/** What Neutron counts, by the table of its records. */
const ROOM = rowType({ room: nullable(integer) });
const USAGE = rowType({ network: integer, subnet: integer, port: integer });
const TABLES = { network: 'neutron.networks', subnet: 'neutron.subnets', port: 'neutron.ports' } as const;
export type NeutronResource = keyof typeof TABLES;
export type NeutronLimits = Record<NeutronResource, number>;
export const NEUTRON_RESOURCES = Object.keys(TABLES) as NeutronResource[];

/** Neutron's words, which also end a boot that goes beyond the quota: nobody can make the port. */
export const overQuota = (resource: NeutronResource): OpenStackError =>
  conflict('OverQuota', `Quota exceeded for resources: ['${resource}'].`);

/** Quotas of networks, subnets and ports (neutron/quota). */
export class NeutronQuotas implements QuotaStore {
  private readonly hard: HardLimits<NeutronResource>;
  private readonly turns = new Turns();

  constructor(
    private readonly db: Database,
    config: Config,
  ) {
    this.hard = new HardLimits('neutron.quotas', {
      network: config.neutron.quota_network,
      subnet: config.neutron.quota_subnet,
      port: config.neutron.quota_port,
    });
  }

  get defaults(): Readonly<NeutronLimits> {
    return this.hard.defaults;
  }

  limits(projectId: string): Promise<NeutronLimits> {
    return this.hard.of(this.db, projectId);
  }

  all() {
    return this.hard.all(this.db);
  }

  async usage(projectId: string): Promise<NeutronLimits> {
    const counts = NEUTRON_RESOURCES.map((r) => Prisma.sql`${count(projectId, r)}::int AS ${Prisma.raw(r)}`);
    const [used] = await rowsOf(this.db, USAGE)`SELECT ${Prisma.join(counts)}`;
    return used!;
  }

  /** @throws 400 for a limit below what is used, unless it is forced */
  async set(projectId: string, limits: Partial<NeutronLimits>, force: boolean): Promise<void> {
    const used = await this.usage(projectId);
    const below = force ? [] : NEUTRON_RESOURCES.filter((r) => (limits[r] ?? -1) >= 0 && limits[r]! < used[r]);
    for (const resource of below)
      throw new OpenStackError(
        400,
        'HTTPBadRequest',
        `Quota limit ${limits[resource]!} for ${resource} must be greater than or equal to already used ${used[resource]}`,
      );
    await this.hard.set(this.db, projectId, limits);
  }

  async reset(projectId: string): Promise<void> {
    await this.hard.reset(this.db, projectId);
  }

  /** The lock under which a project's ports, networks or subnets are counted and inserted. */
  lockOf(projectId: string, resource: NeutronResource): string {
    return `quota/${resource}/${projectId}`;
  }

  /**
   * Runs the transaction that inserts them if so many more fit. Those of the same projects take turns.
   * @param projects whose each one is to be
   * @throws 409 in Neutron's words
   */
  making<T>(resource: NeutronResource, projects: readonly string[], insert: (tx: Queries) => Promise<T>): Promise<T> {
    // In one order, so that two requests for the same projects cannot wait for each other.
    const ids = [...new Set(projects)].toSorted();
    return this.turns.take(
      ids.map((id) => this.lockOf(id, resource)),
      () =>
        this.db.$transaction(async (tx) => {
          for (const id of ids) {
            await takeTurn(tx, this.lockOf(id, resource));
            const room = await this.roomNow(tx, id, resource);
            if (projects.filter((p) => p === id).length > room) throw overQuota(resource);
          }
          return insert(tx);
        }),
    );
  }

  private async roomNow(tx: Statements, projectId: string, resource: NeutronResource): Promise<number> {
    const [found] = await rowsOf(tx, ROOM)`SELECT ${this.room(projectId, resource)}::int AS room`;
    return found?.room ?? Infinity;
  }

  /**
   * How many more a project may have, as an expression of SQL; NULL is any number. Nothing is counted where there is
   * no limit, so that a project without one pays nothing for its size.
   */
  room(projectId: string, resource: NeutronResource): Prisma.Sql {
    return Prisma.sql`(SELECT CASE WHEN hard < 0 THEN NULL ELSE hard - ${count(projectId, resource)} END FROM (SELECT ${this.hard.limit(projectId, resource)} AS hard) AS quota)`;
  }
}

const count = (projectId: string, resource: NeutronResource): Prisma.Sql =>
  Prisma.sql`(SELECT count(*) FROM ${Prisma.raw(TABLES[resource])} WHERE project_id = ${projectId})`;
