import type { Statements } from '../kernel/database.js';
import { serverGone } from '../kernel/errors.js';
import { integer, rowType, rowsOf, texts, type Row } from '../kernel/rows.js';

/** One step of an operation that attaches something to a server, or detaches it. */
export interface AttachmentStep {
  readonly serverId: string;
  readonly operationId: string;
}

/**
 * Locks a server for a step of an action that attaches or detaches something. Such an action has no generation of its
 * own: other actions may run at the same time, and only a delete ends it.
 * @throws InstanceDisappeared (deleted) when the server is being deleted, or the operation is being undone
 */
export async function holdServer(tx: Statements, { serverId, operationId }: AttachmentStep): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM nova.servers
    WHERE id = ${serverId} AND deleted_at IS NULL AND task_state IS DISTINCT FROM 'deleting' FOR NO KEY UPDATE`;
  const undone = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM operations.operations WHERE id = ${operationId} AND state = 'undoing'`;
  if (rows.length === 0 || undone.length > 0) throw serverGone(serverId);
}

const DEVICES = rowType({ count: integer, disks: texts });

/**
 * How many devices a server has, and the names of its disks. @param tx holds the server
 */
export async function devicesOf(tx: Statements, serverId: string): Promise<Row<typeof DEVICES>> {
  const [found] = await rowsOf(tx, DEVICES)`
    SELECT (count(*) + (SELECT count(*) FROM neutron.ports WHERE device_id = ${serverId})
        + (SELECT count(*) FROM nova.servers WHERE id = ${serverId} AND config_drive))::int AS count,
      COALESCE(array_agg(device_name), '{}') AS disks
    FROM nova.block_device_mappings WHERE server_id = ${serverId}`;
  return found!;
}
