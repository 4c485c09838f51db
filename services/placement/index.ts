import { randomUUID } from 'node:crypto';
import { Prisma, type Database, type Statements } from '../database.js';
import { conflict, notFound } from '../errors.js';

/** Amounts by resource class: VCPU, MEMORY_MB, DISK_GB. */
export type Resources = Readonly<Record<string, number>>;

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

/** A host's capacity and use of one request’s resource classes. */
export interface ProviderUsage {
  readonly id: string;
  readonly name: string;
  /** By class: what may be allocated in all (total − reserved, times the ratio) and what is. */
  readonly capacity: Resources;
  used: Resources;
  /** The largest single allocation that a class takes. */
  readonly maxUnit: Resources;
}

/** Placement: what hosts have, and who holds how much of it. A claim is the only way to hold. */
export class Placement {
  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
  ) {}

  /** Records a host's inventory, and makes its provider when it is new. */
  async reportInventory(name: string, inventories: Readonly<Record<string, InventoryInput>>): Promise<void> {
    const provider = await this.db.resourceProvider.upsert({
      where: { name },
      create: { id: randomUUID(), name },
      update: {},
    });
    await this.writeInventories(provider.id, inventories);
  }

  /** Replaces a provider's inventories. @throws 409 when that takes a class away that is in use */
  async writeInventories(id: string, inventories: Readonly<Record<string, InventoryInput>>): Promise<void> {
    const rows = Object.entries(inventories).map(([resource_class, i]) => ({
      resource_provider_id: id,
      resource_class,
      total: i.total,
      reserved: i.reserved ?? 0,
      min_unit: i.min_unit ?? 1,
      max_unit: i.max_unit ?? i.total,
      step_size: i.step_size ?? 1,
      allocation_ratio: i.allocation_ratio ?? 1,
    }));
    await this.db.$transaction(async (tx) => {
      await this.lock(tx, id);
      const gone = await tx.allocation.findFirst({
        where: { resource_provider_id: id, resource_class: { notIn: rows.map((r) => r.resource_class) } },
      });
      if (gone)
        throw conflict('InventoryInUse', `Inventory for ${gone.resource_class} on resource provider ${id} in use.`);
      await tx.inventory.deleteMany({ where: { resource_provider_id: id } });
      await tx.inventory.createMany({ data: rows });
      await tx.resourceProvider.update({ where: { id }, data: { generation: { increment: 1 } } });
    });
  }

  /** Every provider with its capacity and use, one row a host, counted from the allocations. */
  async usages(): Promise<ProviderUsage[]> {
    return this.sql.$queryRaw<ProviderUsage[]>`
      SELECT p.id, p.name, i.capacity, COALESCE(a.used, '{}'::jsonb) AS used, i."maxUnit"
      FROM placement.resource_providers p
      JOIN (SELECT resource_provider_id, jsonb_object_agg(resource_class, floor((total - reserved) * allocation_ratio)) AS capacity,
              jsonb_object_agg(resource_class, max_unit) AS "maxUnit"
            FROM placement.inventories GROUP BY 1) i ON i.resource_provider_id = p.id
      LEFT JOIN (SELECT resource_provider_id, jsonb_object_agg(resource_class, used) AS used
            FROM (SELECT resource_provider_id, resource_class, sum(used) AS used FROM placement.allocations GROUP BY 1, 2) s
            GROUP BY 1) a ON a.resource_provider_id = p.id`;
  }

  /**
   * Claims resources for a consumer, if they are still free. The provider's row is locked first, so that two claims
   * of the last unit take turns and the second sees the first.
   * @returns false when they are not free any more
   */
  async claim(tx: Statements, providerId: string, consumer: Consumer, resources: Resources): Promise<boolean> {
    await this.lock(tx, providerId);
    return this.claimLocked(tx, providerId, consumer, resources);
  }

  /** Locks a provider for a claim: a query for the caller's own statement. */
  locking(providerId: string): Prisma.Sql {
    return Prisma.sql`SELECT 1 FROM placement.resource_providers WHERE id = ${providerId} FOR UPDATE`;
  }

  private async lock(tx: Statements, id: string): Promise<void> {
    const rows = await tx.$queryRaw<unknown[]>(this.locking(id));
    if (rows.length === 0)
      throw notFound(
        'NotFound',
        `No resource provider with uuid ${id} found : No resource provider with uuid ${id} found.`,
      );
  }

  /** Claims on a provider that this transaction has locked by a statement before: only then are all claims seen. */
  async claimLocked(tx: Statements, providerId: string, consumer: Consumer, resources: Resources): Promise<boolean> {
    const wanted = Object.entries(resources).filter(([, amount]) => amount > 0);
    const claimed = await tx.$executeRaw`
      WITH wanted AS (
        SELECT * FROM unnest(${wanted.map(([name]) => name)}::text[], ${wanted.map(([, amount]) => amount)}::int[]) AS w(resource_class, amount)),
      fitting AS (
        SELECT w.* FROM wanted w
        JOIN placement.inventories i ON i.resource_provider_id = ${providerId} AND i.resource_class = w.resource_class
        WHERE w.amount BETWEEN i.min_unit AND i.max_unit AND w.amount % i.step_size = 0
          AND w.amount + COALESCE((SELECT sum(a.used) FROM placement.allocations a
                WHERE a.resource_provider_id = ${providerId} AND a.resource_class = w.resource_class
                  AND a.consumer_id <> ${consumer.consumerId}), 0)
              <= floor((i.total - i.reserved) * i.allocation_ratio))
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

  /** Replaces a consumer's allocations over any number of providers, all or none (PUT /allocations). */
  async replaceAllocations(consumer: Consumer, byProvider: ReadonlyMap<string, Resources>): Promise<void> {
    await this.db.$transaction(async (tx) => {
      await this.release(tx, consumer.consumerId);
      for (const [providerId, resources] of [...byProvider].toSorted(([a], [b]) => a.localeCompare(b))) {
        if (!(await this.claim(tx, providerId, consumer, resources))) {
          throw conflict(
            'InvalidAllocationCapacityExceeded',
            `Unable to allocate inventory: resource provider ${providerId} cannot provide the resources requested.`,
          );
        }
      }
    });
  }

  releaseConsumer(consumerId: string): Promise<void> {
    return this.release(this.db, consumerId);
  }

  allocationsOf(consumerId: string) {
    return this.db.allocation.findMany({ where: { consumer_id: consumerId }, include: { provider: true } });
  }

  /** How much a project, or one of its users, holds by class. */
  async usageOf(where: { project_id: string; user_id?: string }): Promise<Resources> {
    const rows = await this.db.allocation.groupBy({ by: ['resource_class'], where, _sum: { used: true } });
    return Object.fromEntries(rows.map((r) => [r.resource_class, r._sum.used ?? 0]));
  }

  listProviders(where: { name?: string; id?: string }) {
    return this.db.resourceProvider.findMany({ where, orderBy: { name: 'asc' } });
  }

  async getProvider(id: string) {
    const provider = await this.db.resourceProvider.findUnique({ where: { id }, include: { inventories: true } });
    if (!provider)
      throw notFound(
        'NotFound',
        `No resource provider with uuid ${id} found : No resource provider with uuid ${id} found.`,
      );
    return provider;
  }

  async providerUsage(id: string): Promise<Resources> {
    const provider = await this.getProvider(id);
    const rows = await this.db.allocation.groupBy({
      by: ['resource_class'],
      where: { resource_provider_id: id },
      _sum: { used: true },
    });
    const used = new Map(rows.map((r) => [r.resource_class, r._sum.used ?? 0]));
    return Object.fromEntries(provider.inventories.map((i) => [i.resource_class, used.get(i.resource_class) ?? 0]));
  }
}
