import type { Statements } from '../kernel/database.js';

/**
 * Moves a volume from one of some statuses to another: compare-and-set, by the database's clock.
 * @param operationId what works on it from now on; null when that has ended
 * @returns false when it was in none of them, or is not there
 */
export async function moveVolume(
  tx: Statements,
  id: string,
  from: readonly string[],
  to: string,
  operationId: string | null = null,
): Promise<boolean> {
  const moved = await tx.$executeRaw`
    UPDATE cinder.volumes SET status = ${to}, operation_id = ${operationId}, updated_at = now()
    WHERE id = ${id} AND status = ANY(${[...from]})`;
  return moved > 0;
}
