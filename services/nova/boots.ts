import type { Cinder, VolumeBackend, VolumeRequest, VolumeToConnect } from '../cinder/index.js';
import { Prisma, type Database, type Sql } from '../database.js';
import { serverGone } from '../errors.js';
import type { Neutron, PortRequest, Vif } from '../neutron/index.js';
import type { StepRecord } from '../operations.js';
import type { Placement } from '../placement/index.js';
import type { InstanceActions } from './actions.js';
import type { Hosts } from './hosts.js';
import { closeRound, holdRound } from './rounds.js';

/** A server in one round of its boot, on the host of that round. */
export interface OnHost {
  readonly serverId: string;
  readonly projectId: string;
  readonly userId: string;
  readonly host: string;
  readonly round: number;
}
/** A server's fault, as its owner reads it. */
export interface Fault {
  readonly code: number;
  readonly message: string;
  /** For administrators: the chain of causes. */
  readonly details: string;
}
/** What a server still has on its host: all that a delete must take away there. */
export interface Remains {
  readonly host: string | null;
  readonly machine: string | null;
  readonly vifs: readonly Vif[];
  readonly volumeHost: string | null;
  readonly volumes: readonly VolumeToConnect[];
  /** Volumes that go away with the server. */
  readonly doomedVolumes: readonly string[];
}

/** nova-conductor's side of a boot and a delete: each method is one step's transaction, and may run twice. */
export class Boots {
  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
    private readonly neutron: Neutron,
    private readonly cinder: Cinder,
    private readonly placement: Placement,
    private readonly actions: InstanceActions,
    private readonly hosts: Hosts,
  ) {}

  async allocateNetwork(on: OnHost & { ports: readonly PortRequest[] }): Promise<Vif[]> {
    return this.sql.transaction(async (tx) => {
      await holdRound(tx, on);
      const vifs = await this.neutron.bindPorts(
        tx,
        { id: on.serverId, projectId: on.projectId, host: on.host },
        on.ports,
      );
      await tx.$executeRaw`
        UPDATE nova.servers SET addresses = ${JSON.stringify(addressesOf(vifs))}::jsonb, task_state = 'spawning', updated_at = now() WHERE id = ${on.serverId}`;
      return vifs;
    });
  }

  async releaseNetwork(on: { serverId: string; round: number }): Promise<void> {
    await this.db.$transaction(async (tx) => {
      if (!(await closeRound(tx, on))) return;
      await this.neutron.unbindPorts(tx, on.serverId);
      await tx.server.updateMany({ where: { id: on.serverId }, data: { addresses: {} } });
    });
  }

  async requestVolume(on: OnHost & { volumes: readonly VolumeRequest[] }): Promise<VolumeBackend> {
    return this.db.$transaction(async (tx) => {
      await holdRound(tx, on);
      return this.cinder.reserveForServer(
        tx,
        { id: on.serverId, projectId: on.projectId, userId: on.userId, host: on.host },
        on.volumes,
      );
    });
  }

  async releaseVolume(on: { serverId: string; round: number; volumes: readonly VolumeRequest[] }): Promise<void> {
    await this.db.$transaction(async (tx) => {
      if (!(await closeRound(tx, on))) return;
      await this.cinder.detachFromServer(tx, on.serverId, []);
    });
  }

  /**
   * The last step: ACTIVE, and from here on only a delete takes anything away. Server, ports, volumes and story are one
   * statement: one round trip, and a transaction by itself.
   */
  async activate(on: OnHost & { requestId: string; story: readonly StepRecord[] }): Promise<void> {
    const activated = Prisma.sql`SELECT id FROM activated`;
    const rows = await this.sql.$queryRaw<unknown[]>`
      WITH activated AS (
        UPDATE nova.servers
        SET vm_state = 'active', task_state = NULL, power_state = 1, launched_at = now(), updated_at = now(), admin_pass = NULL, fault = NULL
        WHERE id = ${on.serverId} AND vm_state = 'building' AND boot_round = ${on.round} AND task_state IS DISTINCT FROM 'deleting'
        RETURNING id),
      ports AS (${this.neutron.activatePorts(activated)}),
      volumes AS (${this.cinder.activateVolumes(activated)}),
      ${this.actions.finishing(activated, on)}
      SELECT id FROM activated`;
    if (rows.length === 0) await this.expectActive(on);
  }

  private async expectActive({ serverId, round }: { serverId: string; round: number }): Promise<void> {
    const done = await this.db.server.findFirst({
      where: { id: serverId, vm_state: 'active', boot_round: round, task_state: null },
    });
    if (!done) throw serverGone(serverId);
  }

  /**
   * Closes a boot that is to be undone: no step of it takes effect any more. A boot whose last step had committed
   * without being able to say so is ACTIVE, and there is nothing to undo.
   */
  async close(serverId: string): Promise<'closed' | 'active'> {
    const rows = await this.db.$queryRaw<unknown[]>`
      UPDATE nova.servers SET boot_round = boot_round + boot_round % 2 WHERE id = ${serverId} AND vm_state = 'building' RETURNING 1`;
    if (rows.length > 0) return 'closed';
    const server = await this.db.server.findUnique({ where: { id: serverId }, select: { vm_state: true } });
    return server?.vm_state === 'active' ? 'active' : 'closed';
  }

  /** The boot has failed and is undone: ERROR, with a fault that says why. A server that is going away is left alone. */
  async bury(end: { serverId: string; requestId: string; fault: Fault; story: readonly StepRecord[] }): Promise<void> {
    await this.db.$transaction(async (tx) => {
      const fault = JSON.stringify({ ...end.fault, created: new Date().toISOString() });
      await tx.$executeRaw`
        UPDATE nova.servers SET vm_state = 'error', task_state = NULL, admin_pass = NULL, fault = ${fault}::jsonb, updated_at = now()
        WHERE id = ${end.serverId} AND vm_state = 'building' AND task_state IS DISTINCT FROM 'deleting'`;
      await this.actions.finish(tx, { ...end, message: 'Error', again: true });
    });
  }

  async isBuilding(serverId: string): Promise<boolean> {
    return (
      (await this.db.server.findUnique({ where: { id: serverId }, select: { vm_state: true } }))?.vm_state ===
      'building'
    );
  }

  /** What is left of a server that is to be deleted, read after its boot has stopped. */
  async remains(serverId: string): Promise<Remains> {
    const [server, vifs] = await Promise.all([
      this.db.server.findUnique({ where: { id: serverId }, include: { block_devices: true } }),
      this.neutron.portsOf(serverId),
    ]);
    if (!server) return { host: null, machine: null, vifs: [], volumeHost: null, volumes: [], doomedVolumes: [] };
    // Nobody waits for a host that an operator gave up: what it still has, an audit finds when it comes back.
    const [lost, attached] = await Promise.all([
      server.host !== null && this.hosts.isForcedDown(server.host),
      this.db.volume.findMany({ where: { attachments: { some: { server_id: serverId } } } }),
    ]);
    const doomed = new Set(server.block_devices.filter((d) => d.delete_on_termination).map((d) => d.volume_id));
    return {
      host: lost ? null : server.host,
      machine: lost ? null : server.machine,
      vifs,
      volumeHost: attached.find((v) => v.host !== null)?.host ?? null,
      // `create` is what tells the volume role to remove the bytes.
      volumes: attached.map((v) => ({
        volumeId: v.id,
        create: doomed.has(v.id) || v.created_for_server === serverId,
        sizeGb: v.size,
        bootIndex: null,
        device: '',
      })),
      doomedVolumes: attached.filter((v) => doomed.has(v.id)).map((v) => v.id),
    };
  }

  /** The last step of a delete: ports, volumes, claim and record, in one transaction. */
  async finishDelete(end: {
    serverId: string;
    requestId: string;
    doomedVolumes: readonly string[];
    story: readonly StepRecord[];
  }): Promise<void> {
    await this.db.$transaction(async (tx) => {
      await this.neutron.unbindPorts(tx, end.serverId);
      await this.cinder.detachFromServer(tx, end.serverId, end.doomedVolumes);
      await this.placement.release(tx, end.serverId);
      const now = new Date();
      await tx.server.updateMany({
        where: { id: end.serverId, deleted_at: null },
        data: {
          vm_state: 'deleted',
          task_state: null,
          power_state: 0,
          deleted_at: now,
          terminated_at: now,
          updated_at: now,
          admin_pass: null,
          user_data: null,
          addresses: {},
        },
      });
      await this.actions.finish(tx, end);
    });
  }
}

function addressesOf(vifs: readonly Vif[]): Prisma.InputJsonObject {
  const byNetwork: Record<string, { addr: string; version: number; mac: string; type: string }[]> = {};
  for (const vif of vifs) {
    for (const { ip, version } of vif.fixedIps)
      (byNetwork[vif.networkName] ??= []).push({ addr: ip, version, mac: vif.mac, type: 'fixed' });
  }
  return byNetwork;
}
