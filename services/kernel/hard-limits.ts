import { Prisma, type Statements } from './database.js';
import { integer, json, rowType, rowsOf, text } from './rows.js';

/** The quotas of one service, as its API shows and sets them. -1 is unlimited. */
export interface QuotaStore {
  /** The names of what has a limit. */
  readonly resources: readonly string[];
  /** What a project has that has no limits of its own. */
  defaults(): Promise<Readonly<Record<string, number>>>;
  limits(projectId: string): Promise<Readonly<Record<string, number>>>;
  /** What is in use, of the resources that are counted by project. */
  usage(projectId: string): Promise<Readonly<Record<string, number>>>;
  /** The limits of the projects that have some of their own. */
  all(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Sets what is named, or nothing. @throws 400 for a limit below what is in use, unless it is forced, and where Keystone keeps them */
  set(projectId: string, limits: Readonly<Record<string, number>>, force: boolean): Promise<void>;
  reset(projectId: string): Promise<void>;
}

/** A sum that has to stay within limits when a project is to have more: what it has itself, or what its whole tree has. */
export interface Level<R extends string> {
  /** What is set, as an expression of SQL: a JSON object, or NULL. `LimitStore.read` says what it means. */
  readonly limits: Prisma.Sql;
  /** The limit of one resource, as an expression of SQL. */
  readonly limit: (resource: R) => Prisma.Sql;
  /** Whose things are counted: a condition of SQL. @param column that with the id of a record's project */
  readonly whose: (column: string) => Prisma.Sql;
}

/** Where one service has the limits of projects from. -1 is unlimited. */
export interface LimitStore<R extends string> {
  readonly resources: readonly R[];
  defaults(db: Statements): Promise<Record<R, number>>;
  of(db: Statements, projectId: string): Promise<Record<R, number>>;
  /** The limits of the projects that have some of their own. */
  all(db: Statements): Promise<(Record<R, number> & { project_id: string })[]>;
  /** The first one is the project's own. */
  levels(projectId: string): readonly [Level<R>, ...Level<R>[]];
  read(limits: Readonly<Record<string, number>> | null): Record<R, number>;
  /** By project, the id of that in which its things are counted: who counts takes turns by it. */
  poolsOf(db: Statements, projects: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Only where it is the service itself that keeps limits. */
  readonly own?: HardLimits<R>;
}

/** The class whose limits a project has of what is not set for itself (nova/db/main/api.py: _DEFAULT_QUOTA_NAME). */
const DEFAULT_CLASS = 'default';
const LIMIT = rowType({ resource: text, hard_limit: integer });
const LIMITS = rowType({ project_id: text, limits: json() });

/**
 * Limits that the service keeps: what an administrator set for the project, else for the default class of quotas, else the
 * service's default. Usage is counted from records by who asks, and kept nowhere.
 */
export class HardLimits<R extends string> implements LimitStore<R> {
  readonly own = this;
  private readonly table: Prisma.Sql;
  /** Where the limits of classes are, in a service that has classes. */
  private readonly classes: Prisma.Sql | undefined;

  constructor(
    table: 'nova.quotas' | 'neutron.quotas' | 'cinder.quotas' | 'aodh.quotas',
    private readonly settings: Readonly<Record<R, number>>,
    classes?: 'nova.quota_classes',
  ) {
    this.table = Prisma.raw(table);
    this.classes = classes === undefined ? undefined : Prisma.raw(classes);
  }

  get resources(): readonly R[] {
    return Object.keys(this.settings) as R[];
  }

  defaults(db: Statements): Promise<Record<R, number>> {
    return this.ofClass(db, DEFAULT_CLASS);
  }

  /** The limits of a class, with the service's own for what none is set of. */
  async ofClass(db: Statements, name: string): Promise<Record<R, number>> {
    if (this.classes === undefined) return { ...this.settings };
    const rows = await rowsOf(db, LIMIT)`SELECT resource, hard_limit FROM ${this.classes} WHERE class_name = ${name}`;
    return this.read(Object.fromEntries(rows.map((r) => [r.resource, r.hard_limit])));
  }

  async setClass(db: Statements, name: string, limits: Partial<Record<R, number>>): Promise<void> {
    if (this.classes !== undefined) await write(db, this.classes, 'class_name', name, limits);
  }

  read(limits: Readonly<Record<string, number>> | null): Record<R, number> {
    return { ...this.settings, ...(limits as Partial<Record<R, number>> | null) };
  }

  poolsOf(_db: Statements, projects: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(eachItsOwn(projects));
  }

  levels(projectId: string): readonly [Level<R>] {
    const limits = Prisma.sql`(SELECT jsonb_object_agg(resource, hard_limit) FROM (${this.given(projectId)}) AS given)`;
    return [{ limits, limit: (resource) => this.limit(projectId, resource), whose: ofProject(projectId) }];
  }

  async of(db: Statements, projectId: string): Promise<Record<R, number>> {
    const rows = await rowsOf(db, LIMIT)`${this.given(projectId)}`;
    return this.read(Object.fromEntries(rows.map((r) => [r.resource, r.hard_limit])));
  }

  async all(db: Statements): Promise<(Record<R, number> & { project_id: string })[]> {
    const rows = await rowsOf(db, LIMITS)`
      SELECT project_id, jsonb_object_agg(resource, hard_limit) AS limits FROM ${this.table}
      GROUP BY project_id ORDER BY project_id`;
    const defaults = await this.defaults(db);
    return rows.map(({ project_id, limits }) => ({ ...defaults, ...limits, project_id }));
  }

  async set(db: Statements, projectId: string, limits: Partial<Record<R, number>>): Promise<void> {
    await write(db, this.table, 'project_id', projectId, limits);
  }

  async reset(db: Statements, projectId: string): Promise<void> {
    await db.$executeRaw`DELETE FROM ${this.table} WHERE project_id = ${projectId}`;
  }

  private limit(projectId: string, resource: R): Prisma.Sql {
    return Prisma.sql`COALESCE((SELECT hard_limit FROM (${this.given(projectId)}) AS given WHERE resource = ${resource}), ${this.settings[resource]}::int)`;
  }

  /** What is set for a project, else for the default class: a query of resources and their limits. */
  private given(projectId: string): Prisma.Sql {
    const own = Prisma.sql`SELECT resource, hard_limit FROM ${this.table} WHERE project_id = ${projectId}`;
    if (this.classes === undefined) return own;
    return Prisma.sql`${own} UNION ALL
      SELECT c.resource, c.hard_limit FROM ${this.classes} c WHERE c.class_name = ${DEFAULT_CLASS} AND NOT EXISTS (
        SELECT 1 FROM ${this.table} q WHERE q.project_id = ${projectId} AND q.resource = c.resource)`;
  }
}

/**
 * In the order of their names: two changes that locked the same limits in different orders would wait for each other.
 * @param column that which says whose limits they are
 */
async function write(
  db: Statements,
  table: Prisma.Sql,
  column: 'project_id' | 'class_name',
  whose: string,
  limits: Readonly<Record<string, unknown>>,
): Promise<void> {
  const [resources, values, key] = [Object.keys(limits), Object.values(limits), Prisma.raw(column)];
  await db.$executeRaw`
    INSERT INTO ${table} (${key}, resource, hard_limit)
    SELECT ${whose}, r, l FROM unnest(${resources}::text[], ${values}::int[]) AS given(r, l) ORDER BY r
    ON CONFLICT (${key}, resource) DO UPDATE SET hard_limit = EXCLUDED.hard_limit`;
}

/** Why a service's own API does not change its limits. */
export const KEPT_BY_KEYSTONE = 'The limits of this service are kept by Keystone: change them there.';

/** Those that belong to one project. */
export const ofProject =
  (projectId: string) =>
  (column: string): Prisma.Sql =>
    Prisma.sql`${Prisma.raw(column)} = ${projectId}`;

/** Where what a project has is counted for it alone. */
export const eachItsOwn = (projects: readonly string[]): ReadonlyMap<string, string> =>
  new Map(projects.map((id) => [id, id]));

/**
 * Makes the transactions that count and insert one project's resources take turns, until they end. It has to be a
 * statement of its own: one that waited in the middle would go on to count what it saw before it waited.
 */
export async function takeTurn(tx: Statements, lock: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${lock}, 0))`;
}
