import type { Database, Queries, Statements } from '../kernel/database.js';
import { badRequest, conflict, notFound, type OpenStackError } from '../kernel/errors.js';
import { float, integer, rowType, rowsOf, text, type Row } from '../kernel/rows.js';
import { capacityOf } from './fits.js';
import { countChange, lockProviders } from './locked.js';
import { checkClasses } from './inventories.js';
import { conflictOf } from './words.js';

/** Amounts by resource class: VCPU, MEMORY_MB, DISK_GB. */
export type Resources = Readonly<Record<string, number>>;

/** What one consumer is to hold, by provider. Nothing at all takes away what it holds. */
export interface Wanted {
  readonly consumerId: string;
  /** Left out before 1.8, which did not ask whose it is. */
  readonly owner?: { readonly project_id: string; readonly user_id: string } | undefined;
  /** The generation that the client read, null for a consumer that is new; any when left out (before 1.28). */
  readonly generation?: number | null | undefined;
  /** Left out before 1.38. */
  readonly type?: string | undefined;
  readonly byProvider: Readonly<Record<string, Resources>>;
}
/** What a consumer holds. */
export interface Consumer {
  readonly project_id: string;
  readonly user_id: string;
  readonly generation: number;
  readonly type: string | null;
  readonly byProvider: ReadonlyMap<string, { readonly generation: number; readonly resources: Resources }>;
}

/** Whose allocations are of which nobody said (placement.conf: incomplete_consumer_project_id). */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const USED = rowType({ resource_class: text, used: float });
const USED_BY_TYPE = rowType({ type: text, resource_class: text, used: float, consumers: integer });

/** Who holds how much of what (placement/handlers/allocation.py, placement/objects/allocation.py). */
export class Allocations {
  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
  ) {}

  /** @returns undefined for a consumer that holds nothing: there is no such consumer then */
  async of(consumerId: string): Promise<Consumer | undefined> {
    const rows = await this.db.allocation.findMany({
      where: { consumer_id: consumerId },
      include: { provider: { select: { generation: true } } },
      orderBy: [{ resource_provider_id: 'asc' }, { resource_class: 'asc' }],
    });
    const [first] = rows;
    if (first === undefined) return undefined;
    const byProvider = new Map<string, { generation: number; resources: Resources }>();
    for (const { resource_provider_id: id, provider, resource_class, used } of rows)
      byProvider.set(id, {
        generation: provider.generation,
        resources: { ...byProvider.get(id)?.resources, [resource_class]: used },
      });
    const { project_id, user_id, consumer_generation: generation, consumer_type: type } = first;
    return { project_id, user_id, generation, type, byProvider };
  }

  /** Makes consumers hold what is wanted, all of them or none. @throws 400, 409 */
  async replace(wanted: readonly Wanted[]): Promise<void> {
    await this.db.$transaction((tx) => replaceAllocations(tx, wanted));
  }

  /** @throws 404 when it holds nothing */
  async remove(consumerId: string): Promise<void> {
    const { count } = await this.db.allocation.deleteMany({ where: { consumer_id: consumerId } });
    if (count === 0) throw notFound('NotFound', `No allocations for consumer '${consumerId}'`);
  }

  /** How much a project, or one of its users, holds by class. */
  async usage(projectId: string, userId?: string): Promise<Resources> {
    const rows = await rowsOf(this.sql, USED)`
      SELECT resource_class, sum(used)::float8 AS used FROM placement.allocations
      WHERE project_id = ${projectId} AND (${userId ?? null}::text IS NULL OR user_id = ${userId ?? null})
      GROUP BY 1 ORDER BY 1`;
    return Object.fromEntries(rows.map((row) => [row.resource_class, row.used]));
  }

  /**
   * The same by the consumers' type, each with how many they are (since 1.38).
   * @param type only these; `all` for all of them together, `unknown` for those that have none
   */
  async usageByType(projectId: string, userId?: string, type?: string): Promise<Record<string, Resources>> {
    const rows = await rowsOf(this.sql, USED_BY_TYPE)`
      WITH a AS (
        SELECT CASE WHEN ${type ?? null}::text = 'all' THEN 'all' ELSE COALESCE(consumer_type, 'unknown') END AS type, *
        FROM placement.allocations
        WHERE project_id = ${projectId} AND (${userId ?? null}::text IS NULL OR user_id = ${userId ?? null}))
      SELECT a.type, a.resource_class, sum(a.used)::float8 AS used,
        (SELECT count(DISTINCT b.consumer_id)::int FROM a b WHERE b.type = a.type) AS consumers
      FROM a WHERE ${type ?? null}::text IS NULL OR a.type = ${type ?? null} GROUP BY 1, 2 ORDER BY 1, 2`;
    const usage: Record<string, Resources> = {};
    for (const row of rows)
      usage[row.type] = { ...usage[row.type], [row.resource_class]: row.used, consumer_count: row.consumers };
    return usage;
  }
}

/** One class of a provider, as far as an allocation has to fit into it. */
const ROOM = rowType({
  provider: text,
  resource_class: text,
  min_unit: integer,
  max_unit: integer,
  step_size: integer,
  capacity: float,
  /** By others than the consumers that are written. */
  others: float,
  /** With theirs, as it was before. */
  before: float,
});
type Room = Row<typeof ROOM>;

/**
 * The same within a transaction. Consumers are locked by their ids, since one that holds nothing has no row, and then
 * the providers, as every claim does.
 */
export async function replaceAllocations(tx: Queries, wanted: readonly Wanted[]): Promise<void> {
  const consumers = wanted.map((one) => one.consumerId);
  await lockConsumers(tx, consumers);
  const providers = [...new Set(wanted.flatMap((one) => Object.keys(one.byProvider)))];
  const rows = await tx.allocation.findMany({ where: { consumer_id: { in: consumers } } });
  const held = new Map(rows.map((row) => [row.consumer_id, row]));
  for (const one of wanted) checkGeneration(one, held.get(one.consumerId)?.consumer_generation ?? null);
  await lockProviders(tx, [...new Set([...providers, ...rows.map((row) => row.resource_provider_id)])]).catch(
    (error: unknown) => explain(tx, providers, error),
  );
  await checkClasses(
    tx,
    wanted.flatMap((one) => Object.values(one.byProvider).flatMap((resources) => Object.keys(resources))),
    (message) => `Unable to allocate inventory for consumer ${consumers.join(', ')}: ${message}`,
  );
  const rooms = await roomsOf(tx, providers, consumers);
  await tx.allocation.deleteMany({ where: { consumer_id: { in: consumers } } });
  checkRoom(wanted, rooms);
  await tx.allocation.createMany({
    data: wanted.flatMap(({ consumerId, owner, type, byProvider }) => {
      const before = held.get(consumerId);
      return Object.entries(byProvider).flatMap(([providerId, resources]) =>
        Object.entries(resources).map(([resource_class, used]) => ({
          consumer_id: consumerId,
          resource_provider_id: providerId,
          resource_class,
          used,
          project_id: owner?.project_id ?? NOBODY,
          user_id: owner?.user_id ?? NOBODY,
          consumer_generation: (before?.consumer_generation ?? 0) + 1,
          consumer_type: type ?? before?.consumer_type ?? null,
        })),
      );
    }),
  });
  const emptied = new Set(
    wanted.filter((one) => Object.keys(one.byProvider).length === 0).map((one) => one.consumerId),
  );
  const left = rows.filter((row) => emptied.has(row.consumer_id)).map((row) => row.resource_provider_id);
  await countChange(tx, [...providers, ...left]);
}

/** Locks consumers by their ids. */
export async function lockConsumers(tx: Queries, ids: readonly string[]): Promise<void> {
  for (const id of ids.toSorted())
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`placement/${id}`}, 0))`;
}

function checkGeneration({ generation }: Wanted, actual: number | null): void {
  if (generation === undefined || generation === actual) return;
  const said = (one: number | null): string => (one === null ? 'null' : String(one));
  throw conflictOf(
    'placement.concurrent_update',
    `consumer generation conflict - expected ${said(actual)} but got ${generation === null ? 'None' : said(generation)}`,
  );
}

/** A provider that a request names and that is not there is a bad request. */
async function explain(tx: Queries, providers: readonly string[], error: unknown): Promise<never> {
  const there = await tx.resourceProvider.findMany({ where: { id: { in: [...providers] } }, select: { id: true } });
  const missing = providers.find((id) => there.every((one) => one.id !== id));
  if (missing === undefined) throw error;
  throw badRequest(`Allocation for resource provider '${missing}' that does not exist.`);
}

const keyOf = (providerId: string, name: string): string => `${providerId}/${name}`;

async function roomsOf(
  tx: Queries,
  providers: readonly string[],
  consumers: readonly string[],
): Promise<ReadonlyMap<string, Room>> {
  const rows = await rowsOf(tx, ROOM)`
    SELECT i.resource_provider_id AS provider, i.resource_class, i.min_unit, i.max_unit, i.step_size,
      ${capacityOf('i')} AS capacity,
      COALESCE(sum(a.used) FILTER (WHERE a.consumer_id <> ALL(${[...consumers]})), 0)::float8 AS others,
      COALESCE(sum(a.used), 0)::float8 AS before
    FROM placement.inventories i
    LEFT JOIN placement.allocations a USING (resource_provider_id, resource_class)
    WHERE i.resource_provider_id = ANY(${[...providers]})
    GROUP BY i.resource_provider_id, i.resource_class`;
  return new Map(rows.map((row) => [keyOf(row.provider, row.resource_class), row]));
}

/** @throws 409 for the first amount that does not fit: by itself, or with all others of the request */
function checkRoom(wanted: readonly Wanted[], rooms: ReadonlyMap<string, Room>): void {
  const sums = new Map<string, number>();
  for (const { byProvider } of wanted)
    for (const [providerId, resources] of Object.entries(byProvider))
      for (const [name, amount] of Object.entries(resources)) {
        const key = keyOf(providerId, name);
        const room = rooms.get(key);
        const of = `'${name}' on resource provider '${providerId}'`;
        if (room === undefined) throw unfit('InvalidInventory', `Inventory for ${of} invalid.`);
        const create = `Unable to create allocation for ${of}. The requested amount would`;
        if (amount < room.min_unit || amount > room.max_unit || amount % room.step_size !== 0)
          throw unfit('InvalidAllocationConstraintsViolated', `${create} violate inventory constraints.`);
        const sum = (sums.get(key) ?? 0) + amount;
        sums.set(key, sum);
        // A provider that has more in use than it has, after its inventory shrank, may give some of it back.
        const all = room.others + sum;
        if (all > room.capacity && all > room.before)
          throw unfit('InvalidAllocationCapacityExceeded', `${create} exceed the capacity.`);
      }
}

const unfit = (type: string, message: string): OpenStackError =>
  conflict(type, `Unable to allocate inventory: ${message}`);
