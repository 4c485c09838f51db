import type { ObjectStore } from '#drivers/objects/index';
import type { Cinder } from '../cinder/index.js';
import type { Database, Prisma } from '../database.js';
import type { Nova } from '../nova/index.js';
import type { Operations } from '../operations.js';
import type { Outbox } from '../outbox/index.js';
import type { Placement } from '../placement/index.js';
import type { Neutron } from '../neutron/index.js';
import { orphanedBytes } from './bytes.js';
import { healRecord } from './heal.js';
import type { AuditReport, HostInventory, Orphan } from './orphans.js';
import { idleWorkflows, orphanedRecords, overdueBoots, waitingForWorkflows } from './records.js';

export { countByClass } from './orphans.js';
export type { AuditReport, AuditRequest, Healed, HostInventory, Orphan } from './orphans.js';

/** Reports that are kept: three days of one every five minutes. */
const KEPT_RUNS = 1_000;

export interface AuditParts {
  readonly db: Database;
  readonly store: ObjectStore;
  readonly operations: Operations;
  readonly outbox: Outbox;
  readonly placement: Placement;
  readonly neutron: Neutron;
  readonly cinder: Cinder;
  readonly nova: Nova;
}

/** Compares the records of every service with each other, with the hosts and with Temporal. */
export class Audit {
  constructor(private readonly parts: AuditParts) {}

  /** The machines whose roles have to be asked for what they have. */
  async machines(): Promise<{ compute: string[]; volume: string[]; network: string[] }> {
    const { db } = this.parts;
    const [compute, volume, network] = await Promise.all([
      db.$queryRaw<{ machine: string; lost: boolean }[]>`
        SELECT machine, bool_and(forced_down) AS lost FROM nova.services GROUP BY machine`,
      db.volumeService.findMany({ select: { host: true } }),
      db.networkAgent.findMany({ select: { host: true } }),
    ]);
    const lost = new Set(compute.filter((s) => s.lost).map((s) => s.machine));
    return {
      compute: compute.map((s) => s.machine).filter((machine) => !lost.has(machine)),
      volume: volume.map((s) => s.host),
      // An agent on a machine whose hosts are all given up is given up with them.
      network: network.map((s) => s.host).filter((host) => !lost.has(host)),
    };
  }

  /** @param minAgeSeconds what changed more recently is not looked at */
  async findOrphans(hosts: readonly HostInventory[], minAgeSeconds: number): Promise<Orphan[]> {
    const { db, store, operations } = this.parts;
    const open = new Set(await operations.openWorkflows());
    const [records, waiting, overdue, idle, inStore, onHosts] = await Promise.all([
      orphanedRecords(db, minAgeSeconds),
      waitingForWorkflows(db, minAgeSeconds),
      overdueBoots(db, open),
      idleWorkflows(db, open, minAgeSeconds),
      orphanedBytes(db, store, minAgeSeconds),
      this.onHosts(hosts),
    ]);
    const unattended = waiting
      .filter((w) => !open.has(w.workflowId))
      .map(({ kind, id, why }): Orphan => ({ kind, id, why, owner: id }));
    return [...records, ...unattended, ...overdue, ...idle, ...inStore, ...onHosts];
  }

  /** Repairs one orphaned record, unless it is none any more. @returns what was done; undefined when nothing was */
  heal(orphan: Orphan): Promise<string | undefined> {
    return healRecord(this.parts, orphan);
  }

  /** Keeps a report, for the metrics and for whoever asks what the last audit found. */
  async record(run: AuditReport & { startedAt: string; trigger: string }): Promise<void> {
    const { db } = this.parts;
    await db.auditRun.create({
      data: {
        started_at: new Date(run.startedAt),
        trigger: run.trigger,
        orphans: run.orphans as unknown as Prisma.InputJsonArray,
        healed: run.healed as unknown as Prisma.InputJsonArray,
        unreachable: [...run.unreachable],
      },
    });
    await db.$executeRaw`
      DELETE FROM audit.runs WHERE id <= (SELECT max(id) FROM audit.runs) - ${KEPT_RUNS}`;
  }

  /** The newest report; undefined before the first. */
  async latest() {
    const run = await this.parts.db.auditRun.findFirst({ orderBy: { id: 'desc' } });
    return run === null
      ? undefined
      : {
          startedAt: run.started_at,
          finishedAt: run.finished_at,
          trigger: run.trigger,
          orphans: run.orphans as unknown as AuditReport['orphans'],
          healed: run.healed as unknown as AuditReport['healed'],
          unreachable: run.unreachable,
        };
  }

  /** Guests, disks, sockets, cards and bytes on a host that no record owns, and guests that a record misses. */
  private async onHosts(hosts: readonly HostInventory[]): Promise<Orphan[]> {
    const { db } = this.parts;
    const [servers, volumes] = await Promise.all([
      db.server.findMany({
        where: { deleted_at: null },
        select: { id: true, host: true, machine: true, vm_state: true, task_state: true },
      }),
      db.volume.findMany({ select: { id: true, host: true, status: true } }),
    ]);
    const server = new Map(servers.map((s) => [s.id, s]));
    const volume = new Set(volumes.map((v) => v.id));
    const orphans: Orphan[] = [];
    const guests = new Set<string>();
    const bytes = new Set<string>();
    for (const { machine, items } of hosts) {
      for (const item of items) {
        if (item.kind === 'guest') guests.add(item.owner);
        if (item.kind === 'volume bytes') bytes.add(item.owner);
        const owner = server.get(item.owner);
        const owned =
          item.kind === 'volume bytes'
            ? volume.has(item.owner)
            : owner !== undefined &&
              (owner.vm_state !== 'error' || owner.task_state === 'deleting') &&
              (item.host === undefined || owner.host === item.host);
        if (owned) continue;
        const why =
          owner === undefined
            ? 'no record of its owner'
            : `its server is ${owner.vm_state} on ${owner.host ?? 'no host'}`;
        orphans.push({ ...item, machine, why });
      }
    }
    const asked = (role: HostInventory['role']) => new Set(hosts.filter((h) => h.role === role).map((h) => h.machine));
    const [computes, storages] = [asked('compute'), asked('volume')];
    const missing = (kind: 'guest' | 'volume bytes', id: string, why: string): Orphan => ({
      kind,
      id,
      owner: id,
      why,
      missing: true,
    });
    return [
      ...orphans,
      ...servers
        .filter(
          (s) => s.vm_state === 'active' && s.task_state === null && computes.has(s.machine ?? '') && !guests.has(s.id),
        )
        .map((s) => missing('guest', s.id, `the server is ACTIVE on ${s.host ?? ''}, and the host has no such guest`)),
      ...volumes
        .filter((v) => ['available', 'in-use'].includes(v.status) && storages.has(v.host ?? '') && !bytes.has(v.id))
        .map((v) => missing('volume bytes', v.id, `the volume is ${v.status}, and its host has no bytes of it`)),
    ];
  }
}
