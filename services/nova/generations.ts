import type { Statements } from '../kernel/database.js';
import { serverGone } from '../kernel/errors.js';

/**
 * Fences around all work on a server, in the database and on its host. Each piece of work (an attempt of a boot on a host,
 * an action) has a generation, an odd number g: it is opened (generation = g), every step checks it under the server's row
 * lock, and what ends or undoes it closes it (generation = g + 1). So a step that was given up for dead and comes back late
 * finds its generation closed and leaves nothing behind; its host refuses what comes after a newer generation.
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

/** Closes a generation, for its undo. @returns false when a later one is open, whose things must not be touched */
export async function closeGeneration(tx: Statements, { serverId, generation }: InGeneration): Promise<boolean> {
  const closed = generation + 1;
  const count =
    await tx.$executeRaw`UPDATE nova.servers SET generation = ${closed} WHERE id = ${serverId} AND generation <= ${closed}`;
  return count > 0;
}
