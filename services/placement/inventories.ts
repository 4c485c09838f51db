import type { Database, Queries, Statements } from '../kernel/database.js';
import { badRequest, notFound } from '../kernel/errors.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { capacityOf, fitting } from './fits.js';
import { changeProvider, type Numbered } from './locked.js';
import { conflictOf, noProvider } from './words.js';

/** How much a provider has of one class, and what a single allocation of it must keep to. */
export interface Inventory {
  readonly total: number;
  readonly reserved: number;
  readonly min_unit: number;
  readonly max_unit: number;
  readonly step_size: number;
  readonly allocation_ratio: number;
}
export type ByClass = Readonly<Record<string, Inventory>>;
/** A provider with its inventories. */
export interface ProviderInventories extends Numbered {
  readonly inventories: ByClass;
}

const CONFLICT = 'resource provider generation conflict';

/** The inventories of providers (placement/handlers/inventory.py). */
export class Inventories {
  constructor(private readonly db: Database) {}

  /** @throws 404 */
  async of(id: string): Promise<ProviderInventories> {
    const provider = await this.db.resourceProvider.findUnique({
      where: { id },
      include: { inventories: { omit: { resource_provider_id: true }, orderBy: { resource_class: 'asc' } } },
    });
    if (provider === null) throw noProvider(id);
    return {
      id,
      generation: provider.generation,
      inventories: Object.fromEntries(
        provider.inventories.map(({ resource_class, ...inventory }) => [resource_class, inventory]),
      ),
    };
  }

  /** Replaces all of them. @throws 404, 400 for a class that is not there, 409 when one that goes is in use */
  replace(id: string, expected: number | undefined, inventories: ByClass): Promise<Numbered> {
    return changeProvider(
      this.db,
      id,
      expected,
      async (tx) => {
        const classes = Object.keys(inventories);
        await checkClasses(
          tx,
          classes,
          (message) => `Unknown resource class in inventory for resource provider ${id}: ${message}`,
        );
        await refuseInUse(tx, id, { notIn: classes });
        await writeInventories(tx, id, inventories);
      },
      CONFLICT,
    );
  }

  /** Adds one. @throws 404, 400, 409 for a class that it has */
  add(id: string, name: string, inventory: Inventory): Promise<Numbered> {
    return changeProvider(this.db, id, undefined, async (tx) => {
      await checkClasses(tx, [name], (message) => `Unable to create inventory for resource provider ${id}: ${message}`);
      if (await tx.inventory.findFirst({ where: { resource_provider_id: id, resource_class: name } }))
        throw conflictOf(
          'placement.concurrent_update',
          `Update conflict: Inventory of class ${name} is there already on resource provider ${id}.`,
        );
      await tx.inventory.create({ data: { resource_provider_id: id, resource_class: name, ...inventory } });
    });
  }

  /** Changes one. @throws 404, 409, 400 for a class that it does not have */
  set(id: string, expected: number, name: string, inventory: Inventory): Promise<Numbered> {
    return changeProvider(
      this.db,
      id,
      expected,
      async (tx) => {
        const { count } = await tx.inventory.updateMany({
          where: { resource_provider_id: id, resource_class: name },
          data: inventory,
        });
        if (count === 0)
          throw badRequest(
            `No inventory record with resource class for resource provider ${id}: No inventory of class ${name} found.`,
          );
      },
      CONFLICT,
    );
  }

  /** Takes one away. @throws 404, 409 when it is in use */
  async remove(id: string, name: string): Promise<void> {
    await changeProvider(this.db, id, undefined, async (tx) => {
      await refuseInUse(tx, id, name, `Unable to delete inventory of class ${name}`, 'placement.concurrent_update');
      const { count } = await tx.inventory.deleteMany({ where: { resource_provider_id: id, resource_class: name } });
      if (count === 0)
        throw notFound(
          'NotFound',
          `No inventory of class ${name} found for delete: No inventory of class ${name} found for delete`,
        );
    });
  }
}

/** @throws 409 for a class of which something is allocated */
export async function refuseInUse(
  tx: Queries,
  id: string,
  classes: string | { readonly notIn: string[] },
  opening = 'update conflict',
  code: 'placement.inventory.inuse' | 'placement.concurrent_update' = 'placement.inventory.inuse',
): Promise<void> {
  const used = await tx.allocation.findMany({
    where: { resource_provider_id: id, resource_class: classes },
    distinct: ['resource_class'],
    orderBy: { resource_class: 'asc' },
  });
  if (used.length === 0) return;
  const names = used.map((one) => one.resource_class).join(', ');
  throw conflictOf(code, `${opening}: Inventory for '${names}' on resource provider '${id}' in use.`);
}

/** Makes a provider's inventories what is given, whatever is in use of it. */
export async function writeInventories(tx: Queries, id: string, inventories: ByClass): Promise<void> {
  await tx.inventory.deleteMany({ where: { resource_provider_id: id } });
  await tx.inventory.createMany({
    data: Object.entries(inventories).map(([resource_class, inventory]) => ({
      resource_provider_id: id,
      resource_class,
      ...inventory,
    })),
  });
}

/** @throws 400 for the first class that is not there, in words around those that say so */
export async function checkClasses(
  tx: Queries,
  names: readonly string[],
  saying: (message: string) => string,
): Promise<void> {
  const there = await tx.resourceClass.findMany({ where: { name: { in: [...names] } } });
  const missing = names.find((name) => there.every((one) => one.name !== name));
  if (missing !== undefined) throw badRequest(saying(`No such resource class ${missing}.`));
}

export const PROVIDER_ID = rowType({ id: text });

/** The providers that have room for an amount of one class. @throws 400 for a class that is not there */
export async function providersWith(
  { db, sql }: { readonly db: Database; readonly sql: Statements },
  name: string,
  amount: number,
): Promise<string[]> {
  await checkClasses(db, [name], (message) => `Invalid resource class in resources parameter: ${message}`);
  const rows = await rowsOf(sql, PROVIDER_ID)`
    SELECT i.resource_provider_id AS id FROM placement.inventories i CROSS JOIN (SELECT ${amount}::bigint AS amount) w
    WHERE i.resource_class = ${name} AND ${fitting('w.amount', 'i')}
      AND w.amount + COALESCE((SELECT sum(a.used) FROM placement.allocations a
            WHERE a.resource_provider_id = i.resource_provider_id AND a.resource_class = i.resource_class), 0)
          <= ${capacityOf('i')}`;
  return rows.map((row) => row.id);
}
