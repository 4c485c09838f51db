import type { ObjectStore } from '#drivers/objects/index';
import { Prisma, type Database, type Sql } from '../kernel/database.js';
import { OpenStackError, conflict } from '../kernel/errors.js';
import type { Uploads } from '../kernel/uploads.js';
import { bool, float, integer, nullable, rowType, rowsOf, text, textMap, time } from '../kernel/rows.js';
import { checkContainerName, checkMetadata } from './limits.js';
import { LISTED, listing, type ListQuery } from './listing.js';
import { StoredObjects, noContainer } from './objects.js';

export { LIMITS } from './limits.js';
export type { Listed, ListQuery } from './listing.js';
export type { ObjectKey, ObjectRecord } from './objects.js';

/** Metadata of an account or a container to set, by names without prefix; an empty value removes it. */
export type MetadataChange = Readonly<Record<string, string>>;

/** How much there is of something; bytes as a number, exact up to 2^53. */
const USAGE = { count: integer, bytes: float };
const ACCOUNT = rowType({ ...USAGE, metadata: nullable(textMap), created_at: nullable(time), containers: integer });
const METADATA = rowType({ metadata: textMap });
const PUT = rowType({ is_new: bool, metadata: textMap });
const CONTAINER = rowType({ ...USAGE, metadata: textMap, created_at: time });
const LISTED_CONTAINER = rowType({ ...LISTED, ...USAGE, name: text, created_at: time });
/** A size is bytes, as text. */
const LISTED_OBJECT = rowType({ ...LISTED, name: text, size: text, etag: text, content_type: text, updated_at: time });

/** Something came into the container in this moment, and refers to it. */
const isReferred = (error: unknown): boolean => error instanceof OpenStackError && error.status === 409;

/** Swift: a project's account, containers and objects. Another project's account does not exist. */
export class Swift {
  readonly objects: StoredObjects;

  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
    store: ObjectStore,
    uploads: Uploads,
  ) {
    this.objects = new StoredObjects(db, sql, store, uploads);
  }

  async account(project_id: string) {
    const [row] = await rowsOf(this.sql, ACCOUNT)`
      SELECT (SELECT metadata FROM swift.accounts WHERE project_id = ${project_id}) AS metadata,
        (SELECT min(created_at) FROM swift.containers WHERE project_id = ${project_id}) AS created_at,
        (SELECT count(*)::int FROM swift.containers WHERE project_id = ${project_id}) AS containers,
        count(*)::int AS count, COALESCE(sum(size), 0)::float8 AS bytes
      FROM swift.objects WHERE project_id = ${project_id}`;
    const { metadata, ...usage } = row!;
    return { ...usage, metadata: metadata ?? {} };
  }

  async updateAccount(project_id: string, change: MetadataChange): Promise<void> {
    await this.sql.transaction(async (tx) => {
      const [row] = await rowsOf(tx, METADATA)`
        INSERT INTO swift.accounts AS a (project_id, metadata) VALUES (${project_id}, ${merged(Prisma.sql`'{}'::jsonb`, change)})
        ON CONFLICT (project_id) DO UPDATE SET metadata = ${merged(Prisma.sql`a.metadata`, change)} RETURNING metadata`;
      checkMetadata(row!.metadata, 'x-account-meta-');
    });
  }

  listContainers(project_id: string, query: ListQuery) {
    return rowsOf(
      this.sql,
      LISTED_CONTAINER,
    )(
      listing(
        Prisma.sql`
          SELECT c.name, c.created_at, count(o.name)::int AS count, COALESCE(sum(o.size), 0)::float8 AS bytes
          FROM swift.containers c LEFT JOIN swift.objects o ON o.project_id = c.project_id AND o.container = c.name
          WHERE c.project_id = ${project_id} GROUP BY c.name, c.created_at`,
        query,
      ),
    );
  }

  /** @returns whether it is new */
  putContainer(project_id: string, name: string, change: MetadataChange): Promise<boolean> {
    checkContainerName(name);
    return this.sql.transaction(async (tx) => {
      const [row] = await rowsOf(tx, PUT)`
        INSERT INTO swift.containers AS c (project_id, name, metadata)
        VALUES (${project_id}, ${name}, ${merged(Prisma.sql`'{}'::jsonb`, change)})
        ON CONFLICT (project_id, name) DO UPDATE SET metadata = ${merged(Prisma.sql`c.metadata`, change)}
        RETURNING xmax = 0 AS is_new, metadata`;
      checkMetadata(row!.metadata, 'x-container-meta-');
      return row!.is_new;
    });
  }

  /** @throws 404 when there is no such container */
  async updateContainer(project_id: string, name: string, change: MetadataChange): Promise<void> {
    await this.sql.transaction(async (tx) => {
      const [row] = await rowsOf(tx, METADATA)`
        UPDATE swift.containers SET metadata = ${merged(Prisma.sql`metadata`, change)}
        WHERE project_id = ${project_id} AND name = ${name} RETURNING metadata`;
      if (!row) throw noContainer(name);
      checkMetadata(row.metadata, 'x-container-meta-');
    });
  }

  /** @throws 404 when there is no such container */
  async getContainer(project_id: string, name: string) {
    const [row] = await rowsOf(this.sql, CONTAINER)`
      SELECT c.metadata, c.created_at, count(o.name)::int AS count, COALESCE(sum(o.size), 0)::float8 AS bytes
      FROM swift.containers c LEFT JOIN swift.objects o ON o.project_id = c.project_id AND o.container = c.name
      WHERE c.project_id = ${project_id} AND c.name = ${name} GROUP BY c.project_id, c.name`;
    if (!row) throw noContainer(name);
    return row;
  }

  /** @throws 409 while something is in it: also what arrives at this moment */
  async deleteContainer(project_id: string, name: string): Promise<void> {
    const deleted = await this.sql.$executeRaw`
      DELETE FROM swift.containers c WHERE project_id = ${project_id} AND name = ${name}
        AND NOT EXISTS (SELECT 1 FROM swift.objects o WHERE o.project_id = c.project_id AND o.container = c.name)`.catch(
      (error: unknown) => {
        if (isReferred(error)) return 0;
        throw error;
      },
    );
    if (deleted > 0) return;
    if ((await this.db.container.count({ where: { project_id, name } })) === 0) throw noContainer(name);
    throw conflict(
      'Conflict',
      'There was a conflict when trying to complete your request: the container is not empty.',
    );
  }

  listObjects(project_id: string, container: string, query: ListQuery) {
    return rowsOf(
      this.sql,
      LISTED_OBJECT,
    )(
      listing(
        Prisma.sql`SELECT name, size, etag, content_type, updated_at FROM swift.objects
          WHERE project_id = ${project_id} AND container = ${container}`,
        query,
      ),
    );
  }
}

/** Metadata with a change: what has a value is set, what has none goes. */
function merged(before: Prisma.Sql, change: MetadataChange): Prisma.Sql {
  const entries = Object.entries(change);
  const set = JSON.stringify(Object.fromEntries(entries.filter(([, value]) => value !== '')));
  const removed = entries.filter(([, value]) => value === '').map(([name]) => name);
  return Prisma.sql`((${before} || ${set}::jsonb) - ${removed}::text[])`;
}
