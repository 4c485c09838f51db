import { Type } from 'typebox';
import { Prisma, type Statements } from '../kernel/database.js';
import { eachItsOwn, ofProject, type Level, type LimitStore } from '../kernel/hard-limits.js';
import { integer, nullable, rowType, rowsOf, text } from '../kernel/rows.js';
import { idOfShipped } from './catalog/shipped.js';
import type { ModelName } from './limit-model.js';

/** What oslo.limit assumes where there is no registered limit: nothing may be made. */
const UNREGISTERED = 0;

const SET = Type.Record(Type.String(), integer);
const FOUND = rowType({ limits: nullable(SET) });
const FOUND_OF = rowType({ project_id: text, limits: SET });
const POOL = rowType({ id: text, pool: text });

/** What a store reads: the service, the region of its endpoint, and how limits hold together. */
interface Whose {
  readonly service: 'compute' | 'image' | 'network' | 'volumev3';
  readonly region: string;
  readonly model: ModelName;
}

/**
 * The limits of one service as Keystone has them (oslo_limit/limit.py): a project's limit, else the registered one of
 * the service in its region, else 0. OpenStack's services ask Keystone for each of them; here all services are over one
 * database, so the limits are read by the statement that counts, and a changed one holds from the next request on.
 *
 * By the model `strict_two_level`, which oslo.limit has no enforcer for, it is as Keystone's manual says ("Unified
 * Limits: Strict Two Level"): a domain and its projects share what the domain may have, and a project without a limit of
 * its own never has more than its domain. A domain without one has the registered limit, as in
 * keystone/limit/models/strict_two_level.py.
 */
export class UnifiedLimits<R extends string> implements LimitStore<R> {
  private readonly registered: Prisma.Sql;
  private readonly strict: boolean;

  /** @param names what Keystone calls the service's resources; null for what it has no limit of */
  constructor(
    { service, region, model }: Whose,
    private readonly names: Readonly<Record<R, string | null>>,
  ) {
    this.registered = Prisma.sql`r.service_id = ${idOfShipped(service)} AND r.region_id = ${region}`;
    this.strict = model === 'strict_two_level';
  }

  get resources(): readonly R[] {
    return Object.keys(this.names) as R[];
  }

  /** The registered limits, by Keystone's names, as an expression of SQL. */
  get registeredOnes(): Prisma.Sql {
    return Prisma.sql`(SELECT jsonb_object_agg(r.resource_name, r.default_limit) FROM keystone.registered_limits r WHERE ${this.registered})`;
  }

  async defaults(db: Statements): Promise<Record<R, number>> {
    const [found] = await rowsOf(db, FOUND)`SELECT ${this.registeredOnes} AS limits`;
    return this.read(found?.limits ?? null);
  }

  async of(db: Statements, projectId: string): Promise<Record<R, number>> {
    const [found] = await rowsOf(db, FOUND)`SELECT ${this.levels(projectId)[0].limits} AS limits`;
    return this.read(found?.limits ?? null);
  }

  async all(db: Statements): Promise<(Record<R, number> & { project_id: string })[]> {
    const limited = Prisma.sql`(
      SELECT DISTINCT p.id, COALESCE(p.domain_id, p.id) AS pool FROM keystone.limits l
      JOIN keystone.registered_limits r ON r.id = l.registered_limit_id JOIN keystone.projects p ON p.id = l.project_id
      WHERE ${this.registered})`;
    const rows = await rowsOf(db, FOUND_OF)`
      SELECT p.id AS project_id, jsonb_object_agg(r.resource_name, ${this.ofProject}) AS limits
      FROM ${this.joined(limited)} GROUP BY p.id ORDER BY p.id`;
    return rows.map(({ project_id, limits }) => ({ ...this.read(limits), project_id }));
  }

  read(limits: Readonly<Record<string, number>> | null): Record<R, number> {
    const amount = (name: string | null): number => (name === null ? -1 : (limits?.[name] ?? UNREGISTERED));
    const read = Object.entries<string | null>(this.names).map(([resource, name]) => [resource, amount(name)]);
    return Object.fromEntries(read) as Record<R, number>;
  }

  levels(projectId: string): readonly [Level<R>, ...Level<R>[]] {
    const pool = Prisma.sql`(SELECT COALESCE(domain_id, id) FROM keystone.projects WHERE id = ${projectId})`;
    const project = Prisma.sql`(SELECT ${projectId}::text AS id, ${this.strict ? pool : Prisma.sql`NULL::text`} AS pool)`;
    const from = this.joined(project);
    const level = (amount: Prisma.Sql, whose: Level<R>['whose']): Level<R> => ({
      limits: Prisma.sql`(SELECT jsonb_object_agg(r.resource_name, ${amount}) FROM ${from})`,
      limit: (resource) =>
        this.names[resource] === null
          ? Prisma.sql`-1`
          : Prisma.sql`COALESCE((SELECT ${amount} FROM ${from} WHERE r.resource_name = ${this.names[resource]}), ${UNREGISTERED}::int)`,
      whose,
    });
    const own = level(this.ofProject, ofProject(projectId));
    if (!this.strict) return [own];
    const inTree = (column: string): Prisma.Sql =>
      Prisma.sql`${Prisma.raw(column)} IN (SELECT id FROM keystone.projects WHERE domain_id = ${pool} OR id = ${pool})`;
    return [own, level(Prisma.sql`COALESCE(above.resource_limit, r.default_limit)`, inTree)];
  }

  /** A project stays in its domain, so what is read before a transaction holds in it. */
  async poolsOf(db: Statements, projects: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const pools = new Map(eachItsOwn(projects));
    if (!this.strict) return pools;
    const rows = await rowsOf(db, POOL)`
      SELECT id, COALESCE(domain_id, id) AS pool FROM keystone.projects WHERE id = ANY(${[...pools.keys()]})`;
    for (const { id, pool } of rows) pools.set(id, pool);
    return pools;
  }

  /** Registered limits with a project's own and its domain's. @param projects a query for `id` and `pool` */
  private joined(projects: Prisma.Sql): Prisma.Sql {
    // Keystone keeps the limit of a project that acts as a domain as the domain's.
    const itself = this.strict
      ? Prisma.sql`(own.project_id = p.id OR own.domain_id = p.id)`
      : Prisma.sql`own.project_id = p.id`;
    const above = this.strict
      ? Prisma.sql`LEFT JOIN keystone.limits above ON above.registered_limit_id = r.id AND above.domain_id = p.pool`
      : Prisma.empty;
    return Prisma.sql`${projects} p JOIN keystone.registered_limits r ON ${this.registered}
      LEFT JOIN keystone.limits own ON own.registered_limit_id = r.id AND ${itself} ${above}`;
  }

  private get ofProject(): Prisma.Sql {
    return this.strict
      ? Prisma.sql`COALESCE(own.resource_limit, CASE WHEN above.resource_limit >= 0 AND (r.default_limit < 0 OR above.resource_limit < r.default_limit) THEN above.resource_limit ELSE r.default_limit END)`
      : Prisma.sql`COALESCE(own.resource_limit, r.default_limit)`;
  }
}
