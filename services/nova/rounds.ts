import type { Statements } from '../kernel/database.js';
import { serverGone } from '../kernel/errors.js';

/**
 * Fences around the steps of a boot. Each attempt on a host is a round with an odd number r: `scheduleServer` opens it
 * (boot_round = r), every step checks it under the server's row lock, and the first undo closes it (boot_round = r + 1).
 * So a step that was given up for dead and comes back late finds its round closed and leaves nothing behind.
 */
interface InRound {
  readonly serverId: string;
  readonly round: number;
}

/** Locks the server for a step of an open round. @throws InstanceDisappeared (deleted) when the round is over */
export async function holdRound(tx: Statements, { serverId, round }: InRound): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM nova.servers
    WHERE id = ${serverId} AND boot_round = ${round} AND vm_state = 'building' AND task_state IS DISTINCT FROM 'deleting'
    FOR NO KEY UPDATE`;
  if (rows.length === 0) throw serverGone(serverId);
}

/** Closes a round, for its undo. @returns false when a later round is open, whose things must not be touched */
export async function closeRound(tx: Statements, { serverId, round }: InRound): Promise<boolean> {
  const closed = round + 1;
  const count =
    await tx.$executeRaw`UPDATE nova.servers SET boot_round = ${closed} WHERE id = ${serverId} AND boot_round <= ${closed}`;
  return count > 0;
}
