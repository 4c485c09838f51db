import { Prisma, type Sql, type Statements } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { bool, nullable, rowType, rowsOf } from '../kernel/rows.js';
import { madeBy, type Access, type Caller } from './access.js';
import { readAttribute, type AttributeValue } from './attributes.js';
import { object, orNull, reading, readBody, textUpTo, type Check } from './checks.js';
import { bothOf } from './filters.js';
import { resourceId } from './ids.js';
import { metricsOfBody, setMetrics, type GivenMetrics } from './metric-rows.js';
import type { Page } from './pages.js';
import { conditionFor, findResource, listResources, type ResourceRow } from './resource-rows.js';
import type { Attribute, ResourceType } from './resource-types.js';
import type { Filter } from './search.js';
import { timeOf } from './store.js';
import { readTime } from './times.js';
import type { ResourceTypes } from './type-records.js';
import { invalidResourceValue, noResource, resourceExists } from './words.js';

/** What a body says of a resource. Times in microseconds. */
interface Given {
  readonly started_at?: number;
  readonly ended_at?: number;
  readonly user_id?: string | null;
  readonly project_id?: string | null;
  readonly metrics?: GivenMetrics;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

const time: Check<number> = reading(readTime);
const owner = orNull(textUpTo(255));
const COMMON = { started_at: time, ended_at: time, user_id: owner, project_id: owner, metrics: metricsOfBody };
const asCheck = (attribute: Attribute): Check<AttributeValue> => reading((value) => readAttribute(attribute, value));

/** Reads a body by the type's attributes. @throws 400 */
function readGiven(type: ResourceType, body: unknown, id?: Check<unknown>): Given & { readonly id?: unknown } {
  const attributes = Object.entries(type.attributes);
  const checks = (wanted: boolean) =>
    Object.fromEntries(
      attributes
        .filter(([, { required }]) => (required && id !== undefined) === wanted)
        .map(([name, attribute]) => [name, asCheck(attribute)]),
    );
  const required = { ...checks(true), ...(id === undefined ? {} : { id }) };
  const read = readBody(object(required, { ...checks(false), ...COMMON }), body) as Record<string, unknown>;
  const own = Object.fromEntries(Object.entries(read).filter(([name]) => Object.hasOwn(type.attributes, name)));
  const rest = Object.fromEntries(Object.entries(read).filter(([name]) => !Object.hasOwn(type.attributes, name)));
  return { ...rest, attributes: own as Record<string, AttributeValue> };
}

const nullOr = (microseconds: number | undefined): Prisma.Sql =>
  microseconds === undefined ? Prisma.sql`NULL::timestamptz` : timeOf(Prisma.sql`${microseconds}::bigint`);

/** What a rule asks of a resource. */
const targetOf = (row: ResourceRow) => ({ ...row.attributes, ...row, ...madeBy(row.creator), resource_type: row.type });

/** What is measured: the resources and their history. */
export class Resources {
  constructor(
    private readonly sql: Sql,
    private readonly types: ResourceTypes,
    private readonly access: Access,
  ) {}

  /** @param id as a path has it @throws 404 */
  idOf(caller: Caller, id: string): string {
    try {
      return resourceId(id, caller.creator);
    } catch (error) {
      throw error instanceof RangeError ? noResource(id) : error;
    }
  }

  /** A page of those that the caller may see. @throws 400, 403, 404 for the type */
  async list(
    caller: Caller,
    rule: 'list resource' | 'search resource',
    query: { readonly type: string; readonly filter?: Filter | undefined; readonly history?: boolean },
    page: Page,
  ): Promise<ResourceRow[]> {
    const type = await this.types.get(query.type);
    const filter = bothOf(this.access.resources(caller, rule, type.name), query.filter);
    return listResources(this.sql, { ...query, type, filter }, page);
  }

  /** @throws 403, 404 */
  async get(caller: Caller, type: string, id: string): Promise<ResourceRow> {
    await this.types.get(type);
    return this.find(caller, 'get resource', type, id);
  }

  /** What it was, and what it is. @throws 400, 403, 404 */
  async history(caller: Caller, type: string, id: string, page: Page): Promise<ResourceRow[]> {
    const { id: found } = await this.get(caller, type, id);
    const filter: Filter = { op: '=', field: 'id', value: found };
    return listResources(this.sql, { type: await this.types.get(type), filter, history: true }, page);
  }

  /** @throws 400, 403, 404 for the type, 409 */
  async create(caller: Caller, typeName: string, body: unknown): Promise<ResourceRow> {
    const type = await this.types.get(typeName);
    const original: Check<string> = reading((value) => {
      resourceId(String(value), caller.creator);
      return String(value);
    });
    const given = readGiven(type, body, original);
    const name = given.id as string;
    const { attributes, metrics, started_at, ended_at, user_id = null, project_id = null } = given;
    this.access.enforce(caller, 'create resource', { ...attributes, resource_type: type.name, user_id, project_id });
    if (started_at !== undefined && ended_at !== undefined && started_at > ended_at)
      throw badRequest('Start timestamp cannot be after end timestamp');
    const id = resourceId(name, caller.creator);
    return this.sql.transaction(async (tx) => {
      const made = await tx.$executeRaw`
        INSERT INTO gnocchi.resources (id, type, creator, original_resource_id, user_id, project_id, started_at, ended_at, attributes)
        VALUES (${id}::uuid, ${type.name}, ${caller.creator}, ${name}, ${user_id}, ${project_id},
          COALESCE(${nullOr(started_at)}, now()), ${nullOr(ended_at)}, ${JSON.stringify(attributes)}::jsonb)
        ON CONFLICT (id) DO NOTHING`;
      if (made === 0) throw resourceExists(id);
      if (metrics !== undefined) await setMetrics(tx, { id, creator: caller.creator }, metrics);
      return (await findResource(tx, type.name, id))!;
    });
  }

  /**
   * Changes what is given. What it was goes into its history, unless nothing but its metrics is others.
   * @param check looks at what there is before it is changed
   * @throws 400, 403, 404, and what the check throws
   */
  async update(
    caller: Caller,
    typeName: string,
    id: string,
    body: unknown,
    check: (row: ResourceRow) => void,
  ): Promise<ResourceRow> {
    const type = await this.types.get(typeName);
    return this.sql.transaction(async (tx) => {
      await lock(tx, this.idOf(caller, id));
      const row = await this.find(caller, 'update resource', typeName, id, tx);
      check(row);
      const given = readGiven(type, body);
      await applyChange(tx, row, given);
      return (await findResource(tx, row.type, row.id))!;
    });
  }

  /** Gives it more metrics. @throws 400, 403, 404, 409 */
  async addMetrics(caller: Caller, type: string, id: string, body: unknown): Promise<ResourceRow> {
    await this.types.get(type);
    return this.sql.transaction(async (tx) => {
      await lock(tx, this.idOf(caller, id));
      const row = await this.find(caller, 'update resource', type, id, tx);
      await setMetrics(tx, row, readBody(metricsOfBody, body));
      return (await findResource(tx, row.type, row.id))!;
    });
  }

  /** With its metrics. @throws 403, 404, and what the check throws */
  async delete(caller: Caller, type: string, id: string, check: (row: ResourceRow) => void): Promise<void> {
    await this.types.get(type);
    await this.sql.transaction(async (tx) => {
      await lock(tx, this.idOf(caller, id));
      const row = await this.find(caller, 'delete resource', type, id, tx);
      check(row);
      await removeResources(tx, Prisma.sql`r.id = ${row.id}::uuid`);
    });
  }

  /** Those that a filter finds, and that the caller may delete. @returns how many there were @throws 400, 403, 404 for the type */
  async deleteAll(caller: Caller, typeName: string, filter: Filter | undefined): Promise<number> {
    const type = await this.types.get(typeName);
    if (filter === undefined)
      throw badRequest('caution: the query can not be empty, or it will                   delete entire database');
    const mine = this.access.resources(caller, 'delete resources', type.name);
    const condition = conditionFor({ type, filter: bothOf(mine, filter) });
    return this.sql.transaction((tx) => removeResources(tx, condition));
  }

  /** @throws 404 for what is not there, or not for the caller to see, and 403 for what is not for him to do */
  private async find(
    caller: Caller,
    rule: 'get resource' | 'update resource' | 'delete resource',
    type: string,
    id: string,
    on: Statements = this.sql,
  ): Promise<ResourceRow> {
    const uuid = this.idOf(caller, id);
    const row = await findResource(on, type, uuid);
    if (row === undefined) throw noResource(uuid);
    this.access.enforceOf(caller, rule, targetOf(row), 'get resource', () => noResource(uuid));
    return row;
  }
}

/** Whether a change changes something, and whether the end is not before the start then. */
const CHANGED = rowType({ changes: bool, ends: nullable(bool) });

const lock = (tx: Statements, id: string): Promise<number> =>
  tx.$executeRaw`SELECT 1 FROM gnocchi.resources WHERE id = ${id}::uuid FOR UPDATE`;

/** Its metrics are deleted with it, and their measures when the upkeep comes by. */
async function removeResources(tx: Statements, condition: Prisma.Sql): Promise<number> {
  await tx.$executeRaw`
    UPDATE gnocchi.metrics SET status = 'delete' WHERE resource_id IN (SELECT r.id FROM gnocchi.resources r WHERE ${condition})`;
  return tx.$executeRaw`DELETE FROM gnocchi.resources r WHERE ${condition}`;
}

/** @throws 400 for an end before the start */
async function applyChange(tx: Statements, row: ResourceRow, given: Given): Promise<void> {
  const { started_at, ended_at, metrics } = given;
  const values = Prisma.sql`
    COALESCE(${nullOr(started_at)}, started_at) AS started_at, COALESCE(${nullOr(ended_at)}, ended_at) AS ended_at,
    ${given.user_id === undefined ? Prisma.raw('user_id') : Prisma.sql`${given.user_id}::text`} AS user_id,
    ${given.project_id === undefined ? Prisma.raw('project_id') : Prisma.sql`${given.project_id}::text`} AS project_id,
    attributes || ${JSON.stringify(given.attributes)}::jsonb AS attributes`;
  const [changed] = await rowsOf(tx, CHANGED)`
    SELECT (n.started_at, n.ended_at, n.user_id, n.project_id, n.attributes)
        IS DISTINCT FROM (r.started_at, r.ended_at, r.user_id, r.project_id, r.attributes) AS changes,
      n.started_at <= n.ended_at AS ends
    FROM gnocchi.resources r, LATERAL (SELECT ${values} FROM gnocchi.resources WHERE id = r.id) n WHERE r.id = ${row.id}::uuid`;
  if (changed?.ends === false) throw invalidResourceValue(row.type, 'ended_at', row.ended_at ?? String(ended_at));
  if (changed?.changes) {
    await tx.$executeRaw`
      INSERT INTO gnocchi.resource_history (id, type, creator, original_resource_id, user_id, project_id, started_at, ended_at,
        revision_start, attributes)
      SELECT id, type, creator, original_resource_id, user_id, project_id, started_at, ended_at, revision_start, attributes
      FROM gnocchi.resources WHERE id = ${row.id}::uuid`;
    await tx.$executeRaw`
      UPDATE gnocchi.resources r SET (started_at, ended_at, user_id, project_id, attributes, revision_start) =
        (SELECT n.started_at, n.ended_at, n.user_id, n.project_id, n.attributes, now()
         FROM (SELECT ${values} FROM gnocchi.resources WHERE id = ${row.id}::uuid) n)
      WHERE r.id = ${row.id}::uuid`;
  }
  if (metrics === undefined) return;
  await tx.$executeRaw`UPDATE gnocchi.metrics SET resource_id = NULL WHERE resource_id = ${row.id}::uuid AND status = 'active'`;
  await setMetrics(tx, row, metrics);
}
