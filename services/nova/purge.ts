import type { Database } from '../kernel/database.js';
import type { OperationRecords } from '../kernel/operations.js';

/** How many servers one transaction removes: few enough that nobody waits for its locks. */
const BATCH = 500;

/**
 * Removes what was deleted long ago, with its operations, specs and devices (nova-manage db archive_deleted_rows
 * and purge). Until then a deleted server's story can be read.
 */
export class Purge {
  constructor(
    private readonly db: Database,
    private readonly operations: OperationRecords,
    /** Days; 0 keeps everything. */
    private readonly retentionDays: number,
  ) {}

  /** @returns how many servers were removed, and whether there may be more */
  async batch(): Promise<{ removed: number; more: boolean }> {
    if (this.retentionDays === 0) return { removed: 0, more: false };
    const removed = await this.db.$executeRaw`
      WITH gone AS (
        SELECT id FROM nova.servers WHERE deleted_at < now() - make_interval(days => ${this.retentionDays})
        ORDER BY deleted_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED),
      actions AS (DELETE FROM operations.operations WHERE resource_id IN (SELECT id FROM gone))
      DELETE FROM nova.servers WHERE id IN (SELECT id FROM gone)`;
    const others = await this.operations.purge(this.retentionDays, BATCH);
    return { removed, more: removed === BATCH || others === BATCH };
  }
}
