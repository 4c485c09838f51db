import { Prisma, type Statements } from './database.js';
import { integer, json, rowType, rowsOf, text } from './rows.js';

/** The quotas of one service, as its API shows and sets them. -1 is unlimited. */
export interface QuotaStore {
  readonly defaults: Readonly<Record<string, number>>;
  limits(projectId: string): Promise<Readonly<Record<string, number>>>;
  /** What is in use, of the resources that are counted by project. */
  usage(projectId: string): Promise<Readonly<Record<string, number>>>;
  /** The limits of the projects that have some of their own. */
  all(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Sets what is named, or nothing. @throws 400 for a limit below what is in use, unless it is forced */
  set(projectId: string, limits: Readonly<Record<string, number>>, force: boolean): Promise<void>;
  reset(projectId: string): Promise<void>;
}

const LIMIT = rowType({ resource: text, hard_limit: integer });
const LIMITS = rowType({ project_id: text, limits: json() });

/**
 * How much of each resource of one service a project may have: what an administrator set for the project, else the
 * service's default. -1 is unlimited. Usage is counted from records by who asks, and kept nowhere.
 */
export class HardLimits<R extends string> {
  private readonly table: Prisma.Sql;

  constructor(
    table: 'nova.quotas' | 'neutron.quotas' | 'cinder.quotas',
    readonly defaults: Readonly<Record<R, number>>,
  ) {
    this.table = Prisma.raw(table);
  }

  async of(db: Statements, projectId: string): Promise<Record<R, number>> {
    const rows = await rowsOf(db, LIMIT)`
      SELECT resource, hard_limit FROM ${this.table} WHERE project_id = ${projectId}`;
    return {
      ...this.defaults,
      ...(Object.fromEntries(rows.map((r) => [r.resource, r.hard_limit])) as Record<R, number>),
    };
  }

  /** The limits of the projects that have some of their own. */
  async all(db: Statements): Promise<(Record<R, number> & { project_id: string })[]> {
    const rows = await rowsOf(db, LIMITS)`
      SELECT project_id, jsonb_object_agg(resource, hard_limit) AS limits FROM ${this.table}
      GROUP BY project_id ORDER BY project_id`;
    return rows.map(({ project_id, limits }) => ({ ...this.defaults, ...limits, project_id }));
  }

  async set(db: Statements, projectId: string, limits: Partial<Record<R, number>>): Promise<void> {
    const [resources, values] = [Object.keys(limits), Object.values(limits)];
    await db.$executeRaw`
      INSERT INTO ${this.table} (project_id, resource, hard_limit)
      SELECT ${projectId}, r, l FROM unnest(${resources}::text[], ${values}::int[]) AS given(r, l)
      ON CONFLICT (project_id, resource) DO UPDATE SET hard_limit = EXCLUDED.hard_limit`;
  }

  async reset(db: Statements, projectId: string): Promise<void> {
    await db.$executeRaw`DELETE FROM ${this.table} WHERE project_id = ${projectId}`;
  }

  /** A project's limit, as an expression of SQL. */
  limit(projectId: string, resource: R): Prisma.Sql {
    return Prisma.sql`COALESCE((SELECT hard_limit FROM ${this.table} WHERE project_id = ${projectId} AND resource = ${resource}), ${this.defaults[resource]}::int)`;
  }
}

/**
 * Makes the transactions that count and insert one project's resources take turns, until they end. It has to be a
 * statement of its own: one that waited in the middle would go on to count what it saw before it waited.
 */
export async function takeTurn(tx: Statements, lock: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${lock}, 0))`;
}
