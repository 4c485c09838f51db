import type { BackendVolumes, Cinder, VolumeRequest, VolumeToConnect } from '../cinder/index.js';
import { Prisma, type Database, type Sql } from '../kernel/database.js';
import { serverGone } from '../kernel/errors.js';
import type { Neutron, PortRequest, Vif } from '../neutron/index.js';
import type { StepRecord } from '../kernel/engine.js';
import type { OperationEnd, OperationRecords } from '../kernel/operations.js';
import { bool, integer, nullable, rowType, rowsOf, text, texts } from '../kernel/rows.js';
import type { Placement } from '../placement/index.js';
import { addressesOf } from './addresses.js';
import { closeGeneration, holdGeneration } from './generations.js';

/** A server in one generation of its boot, on the host of that generation. */
export interface OnHost {
  readonly serverId: string;
  readonly projectId: string;
  readonly userId: string;
  readonly host: string;
  readonly generation: number;
}
/** A server's fault, as its owner reads it. */
export interface Fault {
  readonly code: number;
  readonly message: string;
  /** For administrators: the chain of causes. */
  readonly details: string;
}
/** What a server still has on its host: all that a delete must take away there. */
export interface LeftOfServer {
  readonly host: string | null;
  readonly machine: string | null;
  /** Higher than every generation that the server has had. */
  readonly generation: number;
  readonly vifs: readonly Vif[];
  /** Its volumes, grouped by the volume role that has their data. */
  readonly storage: readonly { readonly volumeHost: string; readonly volumes: readonly VolumeToConnect[] }[];
  /** Volumes that go away with the server. */
  readonly removedVolumes: readonly string[];
}

const LEFT = rowType({
  host: nullable(text),
  machine: nullable(text),
  generation: integer,
  lost: bool,
  removed: texts,
});

/** nova-conductor's side of a boot and a delete: each method is one step's transaction, and may run twice. */
export class Boots {
  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
    private readonly neutron: Neutron,
    private readonly cinder: Cinder,
    private readonly placement: Placement,
    private readonly operations: OperationRecords,
  ) {}

  async allocateNetwork(on: OnHost & { ports: readonly PortRequest[] }): Promise<Vif[]> {
    const { serverPorts } = this.neutron;
    const server = { id: on.serverId, projectId: on.projectId, host: on.host };
    return serverPorts.withinQuota(server.projectId, on.ports, (margin, ...lock) =>
      this.sql.transaction(
        async (tx) => {
          await holdGeneration(tx, on);
          const vifs = await serverPorts.bind(tx, server, on.ports, margin);
          await tx.$executeRaw`
          UPDATE nova.servers SET addresses = ${JSON.stringify(addressesOf(vifs))}::jsonb, task_state = 'spawning', updated_at = now() WHERE id = ${on.serverId}`;
          return vifs;
        },
        ...lock,
      ),
    );
  }

  async releaseNetwork(on: { serverId: string; generation: number }): Promise<void> {
    await this.sql.transaction(async (tx) => {
      if (!(await closeGeneration(tx, on))) return;
      await this.neutron.serverPorts.unbind(tx, on.serverId);
      await tx.$executeRaw`UPDATE nova.servers SET addresses = '{}' WHERE id = ${on.serverId}`;
    });
  }

  async requestVolume(on: OnHost & { volumes: readonly VolumeRequest[] }): Promise<BackendVolumes[]> {
    return this.db.$transaction(async (tx) => {
      await holdGeneration(tx, on);
      return this.cinder.reserveForServer(
        tx,
        { id: on.serverId, projectId: on.projectId, userId: on.userId, host: on.host },
        on.volumes,
      );
    });
  }

  async releaseVolume(on: { serverId: string; generation: number; volumes: readonly VolumeRequest[] }): Promise<void> {
    await this.sql.transaction(async (tx) => {
      if (!(await closeGeneration(tx, on))) return;
      await this.cinder.detachFromServer(tx, on.serverId, []);
    });
  }

  /**
   * The last step: the server is ACTIVE, and from here on only a delete removes anything. One statement writes server,
   * ports, volumes and story: that is one round trip, and a transaction by itself.
   */
  async activate(on: OnHost & { operationId: string; story: readonly StepRecord[] }): Promise<void> {
    const activated = Prisma.sql`SELECT id FROM activated`;
    const rows = await this.sql.$queryRaw<unknown[]>`
      WITH activated AS (
        UPDATE nova.servers
        SET vm_state = 'active', task_state = NULL, power_state = 1, launched_at = now(), updated_at = now(), operation_id = NULL, admin_pass = NULL, injected_files = NULL, fault = NULL
        WHERE id = ${on.serverId} AND vm_state = 'building' AND generation = ${on.generation} AND task_state IS DISTINCT FROM 'deleting'
        RETURNING id),
      ports AS (${this.neutron.serverPorts.activate(activated)}),
      volumes AS (${this.cinder.activateVolumes(activated)}),
      ${this.operations.finishing(activated, { ...on, state: 'done' })}
      SELECT id FROM activated`;
    if (rows.length === 0 && !(await this.operations.isDone(on.operationId))) throw serverGone(on.serverId);
  }

  /**
   * Closes a boot before it is undone, so that no step of it takes effect any more. If its last step had committed and
   * only the answer was lost, the server is ACTIVE, and nothing is undone.
   */
  async close({ serverId, operationId }: { serverId: string; operationId: string }): Promise<'closed' | 'active'> {
    const closed = await this.sql.$executeRaw`
      UPDATE nova.servers SET generation = generation + generation % 2
      WHERE id = ${serverId} AND vm_state = 'building'`;
    return closed === 0 && (await this.operations.isDone(operationId)) ? 'active' : 'closed';
  }

  /**
   * The boot has failed: ERROR, with a fault that says why. A server that is going away is left alone.
   * @param end how the operation ends; absent while something of it is still being undone
   */
  async fail(boot: {
    serverId: string;
    operationId: string;
    fault: Fault;
    story: readonly StepRecord[];
    end?: OperationEnd;
  }): Promise<void> {
    await this.sql.transaction(async (tx) => {
      const fault = JSON.stringify(boot.fault);
      await tx.$executeRaw`
        UPDATE nova.servers SET vm_state = 'error', task_state = NULL, operation_id = NULL, admin_pass = NULL, injected_files = NULL,
          fault = ${fault}::jsonb || jsonb_build_object('created', now() AT TIME ZONE 'UTC'), updated_at = now()
        WHERE id = ${boot.serverId} AND vm_state = 'building' AND task_state IS DISTINCT FROM 'deleting'`;
      if (boot.end === undefined) return this.operations.undoing(tx, boot.operationId, 'Error');
      // Everything is undone, so the server leaves its host. If anything of it is still found there, it has no owner
      // (vm-states.ts).
      await tx.$executeRaw`
        UPDATE nova.servers SET host = NULL, machine = NULL, availability_zone = NULL
        WHERE id = ${boot.serverId} AND vm_state = 'error' AND operation_id IS NULL AND task_state IS NULL AND launched_at IS NULL`;
      await this.operations.finish(tx, { ...boot, state: boot.end, message: 'Error' });
    });
  }

  /** Temporal refuses to start the boot, and always will: the server goes to ERROR at once, with the reason. */
  refused(serverId: string, operationId: string, reason: string): Promise<void> {
    const message = `Build of instance ${serverId} aborted: its workflow could not be started: ${reason}`;
    return this.fail({
      serverId,
      operationId,
      fault: { code: 500, message, details: reason },
      story: [],
      end: 'failed',
    });
  }

  /** What is left of a server that is to be deleted. It is read after all other operations on it have ended. */
  async leftOf(serverId: string): Promise<LeftOfServer> {
    const [[server], vifs, attached] = await Promise.all([
      rowsOf(this.sql, LEFT)`
        SELECT s.host, s.machine, s.generation + s.generation % 2 AS generation, COALESCE(h.forced_down, false) AS lost,
          ARRAY(SELECT d.volume_id FROM nova.block_device_mappings d
                WHERE d.server_id = s.id AND d.delete_on_termination AND d.volume_id IS NOT NULL) AS removed
        FROM nova.servers s LEFT JOIN nova.services h ON h.host = s.host WHERE s.id = ${serverId}`,
      this.neutron.serverPorts.of(serverId),
      this.cinder.volumesOf(serverId),
    ]);
    if (!server) return { host: null, machine: null, generation: 0, vifs: [], storage: [], removedVolumes: [] };
    const { lost } = server;
    const removed = new Set(server.removed);
    const toDisconnect = (v: (typeof attached)[number]): VolumeToConnect => ({
      volumeId: v.id,
      // With this, a disconnect also deletes the volume's data.
      create: removed.has(v.id) || v.made_for_it,
      sizeGb: v.size,
      bootIndex: null,
      device: '',
    });
    return {
      // A delete does not wait for a host that an operator has forced down. When the host is back, an audit finds what
      // is left.
      host: lost ? null : server.host,
      machine: lost ? null : server.machine,
      generation: server.generation,
      vifs,
      // A volume without a host has no data anywhere.
      storage: [...new Set(attached.flatMap((v) => v.host ?? []))].map((volumeHost) => ({
        volumeHost,
        volumes: attached.filter((v) => v.host === volumeHost).map(toDisconnect),
      })),
      removedVolumes: attached.filter((v) => removed.has(v.id)).map((v) => v.id),
    };
  }

  /** The last step of a delete: ports, volumes, claim and record, in one transaction. */
  async finishDelete(end: {
    serverId: string;
    operationId: string;
    removedVolumes: readonly string[];
    story: readonly StepRecord[];
  }): Promise<void> {
    await this.sql.transaction(async (tx) => {
      await this.neutron.serverPorts.unbind(tx, end.serverId);
      await this.cinder.detachFromServer(tx, end.serverId, end.removedVolumes);
      await this.placement.release(tx, end.serverId);
      await tx.$executeRaw`
        UPDATE nova.servers SET vm_state = 'deleted', task_state = NULL, operation_id = NULL, power_state = 0, deleted_at = now(),
          terminated_at = now(), updated_at = now(), admin_pass = NULL, user_data = NULL, injected_files = NULL, addresses = '{}'
        WHERE id = ${end.serverId} AND deleted_at IS NULL`;
      await this.operations.finish(tx, { ...end, state: 'done' });
    });
  }
}
