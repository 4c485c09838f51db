import { randomUUID } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { Prisma, type Database, type Queries, type Statements } from '../kernel/database.js';
import type { Policies } from '../kernel/policy/index.js';
import { Records } from '../kernel/resource/records.js';
import { integer, rowType, rowsOf, text, type Row } from '../kernel/rows.js';
import { Allocations, type Resources, type Wanted } from './allocations.js';
import { allocationCandidates, type Candidates, type CandidatesRequest } from './candidates/index.js';
import { PROVIDER_CLASS, capacityOf, fitting } from './fits.js';
import { Inventories } from './inventories.js';
import { lockProviders } from './locked.js';
import { ProviderParts } from './provider-parts.js';
import { reshape, type Reshaped } from './reshape.js';
import { resourceClass } from './resources/resource-class.js';
import { resourceProvider } from './resources/resource-provider.js';
import { trait } from './resources/trait.js';

export type { Candidates, CandidatesRequest, Resources, Wanted };
export type { Group } from './candidates/index.js';
export { fits } from './fits.js';
export { UUID_LIKE, dashed } from './ids.js';
export type { Inventory } from './inventories.js';
export { resourceClass, resourceProvider, trait };

export interface InventoryInput {
  readonly total: number;
  readonly reserved?: number;
  readonly min_unit?: number;
  readonly max_unit?: number;
  readonly step_size?: number;
  readonly allocation_ratio?: number;
}

export interface Consumer {
  readonly consumerId: string;
  readonly projectId: string;
  readonly userId: string;
}

const PROVIDER_USAGE = rowType({ id: text, name: text, classes: Type.Record(Type.String(), PROVIDER_CLASS) });
/** A host's capacity and use. */
export type ProviderUsage = Row<typeof PROVIDER_USAGE>;

const INVENTORY_USE = Type.Object({ total: integer, reserved: integer, used: integer });
/** How much of one resource class a provider has, how much of it is kept back, and how much is allocated. */
export type InventoryUse = Readonly<Static<typeof INVENTORY_USE>>;
const INVENTORIES = rowType({ name: text, classes: Type.Record(Type.String(), INVENTORY_USE) });

/** Placement: what hosts have, and who holds how much of it. A claim is the only way to hold. */
export class Placement {
  readonly providers;
  readonly classes;
  readonly traits;
  readonly inventory: Inventories;
  readonly parts: ProviderParts;
  readonly allocations: Allocations;

  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
    policies: Policies,
  ) {
    const parts = { db, sql };
    this.providers = new Records(resourceProvider, parts, policies);
    this.classes = new Records(resourceClass, parts, policies);
    this.traits = new Records(trait, parts, policies);
    this.inventory = new Inventories(db);
    this.parts = new ProviderParts(db, sql);
    this.allocations = new Allocations(db, sql);
  }

  /** Moves inventories and what is allocated of them between providers. @throws 400, 409 */
  reshape(providers: Readonly<Record<string, Reshaped>>, wanted: readonly Wanted[]): Promise<void> {
    return reshape(this.db, providers, wanted);
  }

  /** Where what a request asks for could be allocated. @throws 400 for a class or a trait that is not there */
  candidates(request: CandidatesRequest): Promise<Candidates> {
    return allocationCandidates(this.sql, request);
  }

  /**
   * Records what a host has, and makes its provider when it is new. Of a provider that is there only what the host knows
   * best is changed: how much it has. The ratio, the least and the step of an allocation stay as an operator set them, as
   * Nova keeps them unless its own configuration names others.
   */
  async reportInventory(name: string, inventories: Readonly<Record<string, InventoryInput>>): Promise<void> {
    const { id } = await this.db.resourceProvider.upsert({
      where: { name },
      create: { id: randomUUID(), name },
      update: {},
    });
    const rows = inventoryRows(id, inventories);
    await this.db.$transaction(async (tx) => {
      await lockProviders(tx, [id]);
      const changed = await tx.$executeRaw`
        INSERT INTO placement.inventories AS i (resource_provider_id, resource_class, total, reserved, min_unit, max_unit, step_size, allocation_ratio)
        SELECT resource_provider_id, resource_class, total, reserved, min_unit, max_unit, step_size, allocation_ratio
        FROM jsonb_populate_recordset(NULL::placement.inventories, ${JSON.stringify(rows)}::jsonb)
        ON CONFLICT (resource_provider_id, resource_class)
        DO UPDATE SET total = EXCLUDED.total, reserved = EXCLUDED.reserved, max_unit = EXCLUDED.max_unit
        WHERE (i.total, i.reserved, i.max_unit) IS DISTINCT FROM (EXCLUDED.total, EXCLUDED.reserved, EXCLUDED.max_unit)`;
      if (changed > 0) await tx.resourceProvider.update({ where: { id }, data: { generation: { increment: 1 } } });
    });
  }

  /**
   * Takes a host's provider away with its inventories, in a transaction of the caller. One that others are parts of
   * stays: it is not only the host's.
   * @returns false while something of it is allocated
   */
  async retire(tx: Queries, name: string): Promise<boolean> {
    const provider = await tx.resourceProvider.findUnique({ where: { name }, include: { parts: { take: 1 } } });
    if (provider === null) return true;
    const { id, parts } = provider;
    await lockProviders(tx, [id]);
    if (await tx.allocation.findFirst({ where: { resource_provider_id: id } })) return false;
    if (parts.length === 0) await tx.resourceProvider.delete({ where: { id } });
    return true;
  }

  /** Every provider with its capacity and use, one row a host, counted from the allocations. */
  async usages(): Promise<ProviderUsage[]> {
    return rowsOf(this.sql, PROVIDER_USAGE)`
      SELECT p.id, p.name, i.classes FROM placement.resource_providers p
      JOIN (SELECT i.resource_provider_id, jsonb_object_agg(i.resource_class, jsonb_build_object(
                'capacity', ${capacityOf('i')}, 'used', COALESCE(a.used, 0),
                'minUnit', i.min_unit, 'maxUnit', i.max_unit, 'stepSize', i.step_size)) AS classes
            FROM placement.inventories i
            LEFT JOIN (SELECT resource_provider_id, resource_class, sum(used) AS used FROM placement.allocations GROUP BY 1, 2) a
              USING (resource_provider_id, resource_class)
            GROUP BY 1) i ON i.resource_provider_id = p.id`;
  }

  /** Every provider's inventory and use by its name, as they are: without the ratio. */
  async inventories(): Promise<ReadonlyMap<string, Readonly<Record<string, InventoryUse>>>> {
    const rows = await rowsOf(this.sql, INVENTORIES)`
      SELECT p.name, jsonb_object_agg(i.resource_class, jsonb_build_object(
          'total', i.total, 'reserved', i.reserved, 'used', COALESCE(a.used, 0))) AS classes
      FROM placement.resource_providers p
      JOIN placement.inventories i ON i.resource_provider_id = p.id
      LEFT JOIN (SELECT resource_provider_id, resource_class, sum(used) AS used FROM placement.allocations GROUP BY 1, 2) a
        USING (resource_provider_id, resource_class)
      GROUP BY p.name`;
    return new Map(rows.map((r) => [r.name, r.classes]));
  }

  /** Locks a provider for a claim: a query for the caller's own statement. */
  locking(providerId: string): Prisma.Sql {
    return Prisma.sql`SELECT 1 FROM placement.resource_providers WHERE id = ${providerId} FOR UPDATE`;
  }

  /**
   * Claims resources for a consumer on a provider that this transaction has locked by a statement before: two claims of
   * the last unit take turns, and the second sees the first.
   * @returns false when they are not free any more
   */
  async claimLocked(tx: Statements, providerId: string, consumer: Consumer, resources: Resources): Promise<boolean> {
    const wanted = Object.entries(resources).filter(([, amount]) => amount > 0);
    const claimed = await tx.$executeRaw`
      WITH wanted AS (
        SELECT * FROM unnest(${wanted.map(([name]) => name)}::text[], ${wanted.map(([, amount]) => amount)}::int[]) AS w(resource_class, amount)),
      fitting AS (
        SELECT w.* FROM wanted w
        JOIN placement.inventories i ON i.resource_provider_id = ${providerId} AND i.resource_class = w.resource_class
        WHERE ${fitting('w.amount', 'i')}
          AND w.amount + COALESCE((SELECT sum(a.used) FROM placement.allocations a
                WHERE a.resource_provider_id = ${providerId} AND a.resource_class = w.resource_class
                  AND a.consumer_id <> ${consumer.consumerId}), 0) <= ${capacityOf('i')})
      INSERT INTO placement.allocations (consumer_id, resource_provider_id, resource_class, used, project_id, user_id)
      SELECT ${consumer.consumerId}, ${providerId}, resource_class, amount, ${consumer.projectId}, ${consumer.userId} FROM fitting
      WHERE (SELECT count(*) FROM fitting) = (SELECT count(*) FROM wanted)
      ON CONFLICT (consumer_id, resource_provider_id, resource_class) DO UPDATE SET used = EXCLUDED.used`;
    return claimed === wanted.length;
  }

  /** Gives back all that a consumer holds; nothing held is fine. */
  async release(queries: Statements, consumerId: string): Promise<void> {
    await queries.$executeRaw`DELETE FROM placement.allocations WHERE consumer_id = ${consumerId}`;
  }

  releaseConsumer(consumerId: string): Promise<void> {
    return this.release(this.db, consumerId);
  }
}

const inventoryRows = (resource_provider_id: string, inventories: Readonly<Record<string, InventoryInput>>) =>
  Object.entries(inventories).map(([resource_class, i]) => ({
    resource_provider_id,
    resource_class,
    total: i.total,
    reserved: i.reserved ?? 0,
    min_unit: i.min_unit ?? 1,
    max_unit: i.max_unit ?? i.total,
    step_size: i.step_size ?? 1,
    allocation_ratio: i.allocation_ratio ?? 1,
  }));
