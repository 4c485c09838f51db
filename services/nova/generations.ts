import type { Statements } from '../kernel/database.js';
import { serverGone } from '../kernel/errors.js';

/**
 * Fences around all work on a server, in the database and on its host. Each piece of work (an attempt to boot on a
 * host, an action) has a generation, an odd number g. It is opened (generation = g), every step checks it under the
 * lock of the server's row, and the end or the undo of the work closes it (generation = g + 1). So a step that timed
 * out and comes back late finds its generation closed, and leaves nothing behind. The host refuses an order that comes
 * after one of a newer generation.
 */
interface InGeneration {
  readonly serverId: string;
  readonly generation: number;
}

/** Locks the server for a step of a boot. @throws InstanceDisappeared (deleted) when the generation is over */
export async function holdGeneration(tx: Statements, { serverId, generation }: InGeneration): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM nova.servers
    WHERE id = ${serverId} AND generation = ${generation} AND vm_state = 'building' AND task_state IS DISTINCT FROM 'deleting'
    FOR NO KEY UPDATE`;
  if (rows.length === 0) throw serverGone(serverId);
}

/** Closes a generation before its undo. @returns false when a later one is open: nothing of that may be undone */
export async function closeGeneration(tx: Statements, { serverId, generation }: InGeneration): Promise<boolean> {
  const closed = generation + 1;
  const count =
    await tx.$executeRaw`UPDATE nova.servers SET generation = ${closed} WHERE id = ${serverId} AND generation <= ${closed}`;
  return count > 0;
}
