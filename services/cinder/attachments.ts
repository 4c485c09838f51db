import { badRequest, type OpenStackError } from '../kernel/errors.js';
import { Prisma, type Sql, type Statements } from '../kernel/database.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { moveVolume } from './status.js';

const ATTACHMENT = rowType({ id: text, volume_id: text });
const STATUS = rowType({ status: text });

/** A volume that an operation attaches to a server or detaches from it. */
export interface HeldVolume {
  readonly volumeId: string;
  readonly operationId: string;
}

/** Nova hands on what Cinder refuses in these words (nova/volume/cinder.py: translate_cinder_exception). */
const invalid = (why: string): OpenStackError => badRequest(`Invalid input received: Invalid volume: ${why}`);

/**
 * Volumes that are attached to servers that are there already, and detached from them (cinder/volume/api.py).
 *
 *   available → reserved → in-use → detaching → available
 *
 * While an operation holds a volume, `operation_id` says so: each of its steps looks at it, so that one that comes back late
 * does nothing. Each may run twice.
 */
export class Attachments {
  constructor(private readonly sql: Sql) {}

  /**
   * Reserves a volume for a server. @throws 400 in Cinder's words unless it is available
   * @param at the server, and under which name it is to have the volume
   */
  async reserve(
    tx: Statements,
    { volumeId, operationId }: HeldVolume,
    at: { readonly id: string; readonly host: string; readonly attachmentId: string; readonly device: string },
  ): Promise<void> {
    if (!(await moveVolume(tx, volumeId, ['available'], 'reserved', operationId)))
      throw invalid(
        `Volume ${volumeId} status must be available or downloading to reserve, but the current status is ${await statusOf(tx, volumeId)}.`,
      );
    await tx.$executeRaw`
      INSERT INTO cinder.volume_attachments (id, volume_id, server_id, host, mountpoint)
      VALUES (${at.attachmentId}, ${volumeId}, ${at.id}, ${at.host}, ${at.device})`;
  }

  /** Holds a volume for its detach from a server. @throws 400 in Cinder's words unless it is in use there */
  async beginDetaching(tx: Statements, { volumeId, operationId }: HeldVolume, serverId: string): Promise<void> {
    // Since the request was checked it may have gone to another server.
    const there = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM cinder.volume_attachments WHERE volume_id = ${volumeId} AND server_id = ${serverId} FOR UPDATE`;
    if (there.length === 0 || !(await moveVolume(tx, volumeId, ['in-use'], 'detaching', operationId)))
      throw invalid(
        "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.",
      );
  }

  /** Whether the operation still holds the volume. */
  async isHeld(tx: Statements, { volumeId, operationId }: HeldVolume): Promise<boolean> {
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM cinder.volumes WHERE id = ${volumeId} AND operation_id = ${operationId}`;
    return rows.length > 0;
  }

  /** The volume is in use. @returns false when the operation does not hold it any more */
  use(tx: Statements, held: HeldVolume): Promise<boolean> {
    return this.release(tx, held, 'in-use');
  }

  /** The volume is available, and its attachment is gone. @returns false when the operation does not hold it any more */
  async free(tx: Statements, held: HeldVolume): Promise<boolean> {
    await tx.$executeRaw`DELETE FROM cinder.volume_attachments WHERE ${ofHeld(held)}`;
    return this.release(tx, held, 'available');
  }

  /**
   * Ends the wait of a volume whose operation has ended without it: it counts as attached, and can be detached again. It may
   * be in the guest; nothing else may have it before that is sure.
   * @returns false when it waits for nothing
   */
  async settle(held: HeldVolume): Promise<boolean> {
    return this.release(this.sql, held, 'in-use');
  }

  /** The ids of a server's attachments by the volumes that are attached. */
  async idsOf(serverId: string): Promise<ReadonlyMap<string, string>> {
    const rows = await rowsOf(this.sql, ATTACHMENT)`
      SELECT id, volume_id FROM cinder.volume_attachments WHERE server_id = ${serverId}`;
    return new Map(rows.map((r) => [r.volume_id, r.id]));
  }

  private async release(tx: Statements, { volumeId, operationId }: HeldVolume, status: string): Promise<boolean> {
    const moved = await tx.$executeRaw`
      UPDATE cinder.volumes SET status = ${status}, operation_id = NULL, updated_at = now()
      WHERE id = ${volumeId} AND operation_id = ${operationId}`;
    return moved > 0;
  }
}

const ofHeld = ({ volumeId, operationId }: HeldVolume): Prisma.Sql => Prisma.sql`volume_id = ${volumeId}
  AND EXISTS (SELECT 1 FROM cinder.volumes v WHERE v.id = ${volumeId} AND v.operation_id = ${operationId})`;

async function statusOf(tx: Statements, id: string): Promise<string> {
  const rows = await rowsOf(tx, STATUS)`SELECT status FROM cinder.volumes WHERE id = ${id}`;
  return rows[0]?.status ?? 'deleted';
}
