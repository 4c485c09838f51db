import { randomUUID } from 'node:crypto';
import type { Cinder } from '../cinder/index.js';
import type { RequestContext } from '../kernel/context.js';
import type { Database, Sql, Statements } from '../kernel/database.js';
import { badRequest, conflict, notFound } from '../kernel/errors.js';
import type { End, OperationRecords } from '../kernel/operations.js';
import { devicesOf, holdServer, type AttachmentStep } from './attachments.js';
import { deviceName } from './block-devices.js';
import type { HoldingRules, ServerActions } from './server-actions.js';
import { checkRoom } from './server-limits.js';
import type { Servers } from './servers.js';

/** A volume that is attached or detached, with all that its operation needs. */
export interface VolumeOfServer {
  readonly volumeId: string;
  /** The volume role that has its data. */
  readonly volumeHost: string;
  /** GiB */
  readonly sizeGb: number;
  /** /dev/vdb */
  readonly device: string;
}
type Rules = HoldingRules<VolumeOfServer, object>;
type VolumeStep = AttachmentStep & { readonly volumeId: string };

/** Nova's os-volume_attachments: the volumes of a server that is there (nova/compute/api.py: attach_volume, detach_volume). */
export class VolumeAttachments {
  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
    private readonly servers: Servers,
    private readonly actions: ServerActions,
    private readonly cinder: Cinder,
    private readonly operations: OperationRecords,
  ) {}

  /** A server's volumes, as soon as each is attached or being attached: one that a boot is still making is none of them. @throws 404 */
  async list(ctx: RequestContext, serverId: string) {
    await this.servers.get(ctx, serverId);
    const [devices, ids] = await Promise.all([
      this.db.blockDeviceMapping.findMany({
        where: { server_id: serverId, volume_id: { not: null } },
        orderBy: [{ device_name: 'asc' }, { id: 'asc' }],
      }),
      this.cinder.attachments.idsOf(serverId),
    ]);
    return devices.flatMap(({ volume_id, ...device }) => {
      const attachment_id = volume_id === null ? undefined : ids.get(volume_id);
      return volume_id === null || attachment_id === undefined ? [] : [{ ...device, volume_id, attachment_id }];
    });
  }

  /** @throws 404 in Nova's words */
  async get(ctx: RequestContext, serverId: string, volumeId: string) {
    const found = (await this.list(ctx, serverId)).find((d) => d.volume_id === volumeId);
    if (!found) throw notFound('VolumeBDMNotFound', `Instance ${serverId} is not attached to volume ${volumeId}`);
    return found;
  }

  /**
   * Begins to attach a volume. @returns the name that it will have; the guest finds it by its serial number
   * @throws 404, 409 in Nova's words; 400 unless the volume is available; 403 when the guest takes no more devices
   */
  async attach(
    ctx: RequestContext,
    serverId: string,
    rules: Rules,
    asked: { volumeId: string; tag?: string | undefined; deleteOnTermination: boolean },
  ): Promise<string> {
    const { id: volumeId, host: volumeHost, size: sizeGb } = await this.cinder.get(ctx, asked.volumeId);
    let device = '';
    await this.actions.beginHolding(ctx, serverId, rules, async (tx, server, operationId) => {
      const { count, disks } = await devicesOf(tx, serverId);
      checkRoom(count);
      device = freeName(disks);
      const at = { id: serverId, host: server.host, attachmentId: randomUUID(), device };
      await this.cinder.attachments.reserve(tx, { volumeId, operationId }, at);
      await tx.$executeRaw`
        INSERT INTO nova.block_device_mappings
          (id, server_id, source_type, destination_type, source_id, volume_id, volume_size, delete_on_termination, device_name, tag)
        VALUES (${randomUUID()}, ${serverId}, 'volume', 'volume', ${volumeId}, ${volumeId}, ${sizeGb},
          ${asked.deleteOnTermination}, ${device}, ${asked.tag ?? null})`;
      return { volumeId, volumeHost: volumeHost ?? '', sizeGb, device };
    });
    return device;
  }

  /** Begins to detach a volume. @throws 404, 409 in Nova's words; 400 for the root disk, and unless it is in use */
  async detach(ctx: RequestContext, serverId: string, rules: Rules, id: string): Promise<void> {
    const { id: volumeId, host: volumeHost, size: sizeGb } = await this.cinder.get(ctx, id);
    const { boot_index, device_name: device } = await this.get(ctx, serverId, volumeId);
    if (boot_index === 0) throw badRequest('Cannot detach a root device volume');
    await this.actions.beginHolding(ctx, serverId, rules, async (tx, _server, operationId) => {
      await this.cinder.attachments.beginDetaching(tx, { volumeId, operationId }, serverId);
      return { volumeId, volumeHost: volumeHost ?? '', sizeGb, device };
    });
  }

  /** Whether the volume goes away with its server. @throws 404 */
  async setDeleteOnTermination(
    ctx: RequestContext,
    serverId: string,
    volumeId: string,
    remove: boolean,
  ): Promise<void> {
    const { id } = await this.get(ctx, serverId, volumeId);
    await this.db.blockDeviceMapping.updateMany({ where: { id }, data: { delete_on_termination: remove } });
  }

  /**
   * The first step: from here on, a failure gives the volume back. @throws when the operation does not hold it any more
   */
  hold(step: VolumeStep): Promise<void> {
    return this.held(step, () => Promise.resolve());
  }

  /** The undo of `hold` for an attach: the volume is available again. */
  async giveBack(step: VolumeStep): Promise<void> {
    await this.sql.transaction(async (tx) => {
      if (await this.cinder.attachments.free(tx, step)) await forget(tx, step);
    });
  }

  /** The undo of `hold` for a detach: the server keeps the volume. */
  async keep(step: VolumeStep): Promise<void> {
    await this.cinder.attachments.use(this.sql, step);
  }

  /** The last step of an attach: the volume is in use. */
  finishAttaching(step: VolumeStep & Omit<End, 'state'>): Promise<void> {
    return this.finish(step, async (tx) => void (await this.cinder.attachments.use(tx, step)));
  }

  /** The last step of a detach: the volume is available, and the server has no such device. */
  finishDetaching(step: VolumeStep & Omit<End, 'state'>): Promise<void> {
    return this.finish(step, async (tx) => {
      await this.cinder.attachments.free(tx, step);
      await forget(tx, step);
    });
  }

  private async finish(
    step: VolumeStep & Omit<End, 'state'>,
    change: (tx: Statements) => Promise<void>,
  ): Promise<void> {
    // An earlier attempt has committed, and only its answer was lost.
    if (await this.operations.isDone(step.operationId)) return;
    await this.held(step, async (tx) => {
      await change(tx);
      await this.operations.finish(tx, { ...step, state: 'done' });
    });
  }

  private async held(step: VolumeStep, work: (tx: Statements) => Promise<void>): Promise<void> {
    await this.sql.transaction(async (tx) => {
      await holdServer(tx, step);
      if (!(await this.cinder.attachments.isHeld(tx, step)))
        throw conflict('InvalidVolume', `Invalid volume: volume ${step.volumeId} was taken from this operation.`);
      await work(tx);
    });
  }
}

/** The first name that no disk of the guest has. */
function freeName(disks: readonly string[]): string {
  for (let index = 0; ; index++) if (!disks.includes(deviceName(index))) return deviceName(index);
}

/** Removes the volume from the server's devices. */
async function forget(tx: Statements, { serverId, volumeId }: VolumeStep): Promise<void> {
  await tx.$executeRaw`
    DELETE FROM nova.block_device_mappings WHERE server_id = ${serverId} AND volume_id = ${volumeId}`;
}
