import type { Database } from '../kernel/database.js';
import { OpenStackError } from '../kernel/errors.js';
import { lockConsumers, replaceAllocations, type Wanted } from './allocations.js';
import { checkClasses, refuseInUse, writeInventories, type ByClass } from './inventories.js';
import { countChange, lockProviders } from './locked.js';
import { conflictOf } from './words.js';

/** What a provider is to have, and the generation that the client read. */
export interface Reshaped {
  readonly generation: number;
  readonly inventories: ByClass;
}

/**
 * Moves inventories and what is allocated of them between providers, all or nothing: the allocations are held against
 * the inventories as they are to be (placement/handlers/reshaper.py).
 * @throws 400, 409
 */
export async function reshape(
  db: Database,
  providers: Readonly<Record<string, Reshaped>>,
  wanted: readonly Wanted[],
): Promise<void> {
  const ids = Object.keys(providers);
  await db.$transaction(async (tx) => {
    await lockConsumers(
      tx,
      wanted.map((one) => one.consumerId),
    );
    const locked = await lockProviders(tx, ids).catch((error: unknown) => {
      if (!(error instanceof OpenStackError) || error.status !== 404) throw error;
      throw new OpenStackError(
        400,
        'placement.resource_provider.not_found',
        `Resource provider in inventories not found: ${error.message}`,
      );
    });
    for (const [id, { generation, inventories }] of Object.entries(providers)) {
      const actual = locked.get(id)!.generation;
      if (actual !== generation)
        throw conflictOf(
          'placement.concurrent_update',
          `resource provider generation conflict for provider ${id}: actual: ${actual}, given: ${generation}`,
        );
      await checkClasses(tx, Object.keys(inventories), (message) => `malformed reshaper data: ${message}`);
      await writeInventories(tx, id, inventories);
    }
    await replaceAllocations(tx, wanted);
    for (const [id, { inventories }] of Object.entries(providers))
      await refuseInUse(tx, id, { notIn: Object.keys(inventories) });
    await countChange(tx, ids);
  });
}
