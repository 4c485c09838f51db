import type { Database, Queries } from '../kernel/database.js';
import { integer, rowType, rowsOf, text, type Row } from '../kernel/rows.js';
import { conflictOf, noProvider } from './words.js';

const NUMBERED = rowType({ id: text, generation: integer });
/** A provider, as far as what belongs to it is answered with it. */
export type Numbered = Row<typeof NUMBERED>;

const CHANGED = "Resource provider's generation already changed. Please update the generation and try again.";

/** Locks providers for what only one transaction may do at a time; claims lock them, too. @throws 404 for one that is not there */
export async function lockProviders(tx: Queries, ids: readonly string[]): Promise<Map<string, Numbered>> {
  const rows = await rowsOf(tx, NUMBERED)`
    SELECT id, generation FROM placement.resource_providers WHERE id = ANY(${[...ids]}) ORDER BY id FOR UPDATE`;
  const found = new Map(rows.map((row) => [row.id, row]));
  const missing = ids.find((id) => !found.has(id));
  if (missing !== undefined) throw noProvider(missing);
  return found;
}

/** Counts a change of what belongs to providers. */
export const countChange = (tx: Queries, ids: readonly string[]): Promise<number> => tx.$executeRaw`
  UPDATE placement.resource_providers SET generation = generation + 1, updated_at = now() WHERE id = ANY(${[...ids]})`;

/**
 * Changes what belongs to one provider, which is locked meanwhile, and counts that.
 * @param expected the generation that the client read; any when left out
 * @param change says whether something has changed; it has when nothing is said
 * @throws 404, and 409 when the provider has another generation by now
 */
export const changeProvider = (
  db: Database,
  id: string,
  expected: number | undefined,
  change: (tx: Queries) => Promise<boolean | void>,
  conflictWords = CHANGED,
): Promise<Numbered> =>
  db.$transaction(async (tx) => {
    const provider = (await lockProviders(tx, [id])).get(id)!;
    if (expected !== undefined && provider.generation !== expected)
      throw conflictOf('placement.concurrent_update', conflictWords);
    if ((await change(tx)) === false) return provider;
    await countChange(tx, [id]);
    return { id, generation: provider.generation + 1 };
  });
