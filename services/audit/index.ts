import { VOLUMES_WITH_BYTES } from '../cinder/index.js';
import type { Prisma } from '../kernel/database.js';
import { bool, nullable, rowType, rowsOf, text, word, type Row } from '../kernel/rows.js';
import { STATES_WITH_GUEST, STATES_WITH_PROCESS, isAtRest, ownsThings, statusOf } from '../nova/index.js';
import type { HostRole } from '../keystone/host-users.js';
import { orphanedBytes } from './bytes.js';
import { DEVICES, deviceOrphans, devicesForHost, isDevice, namedDevices, type NamedDevices } from './devices.js';
import { healRecord } from './heal.js';
import type { AuditParts } from './parts.js';
import type { AuditReport, HostInventory, HostItem, Machines, Orphan } from './orphans.js';
import { isOfNetwork, networkOrphans } from './network-parts.js';
import { idleWorkflows, orphanedRecords, overdueBoots, unattendedRecords } from './records.js';

export type { NamedDevices } from './devices.js';
export { countByClass } from './orphans.js';
export type { AuditReport, AuditRequest, Healed, HostInventory, Machines, Orphan } from './orphans.js';

/** Reports that are kept: three days of one every five minutes. */
const KEPT_RUNS = 1_000;

/** What decides whether a server owns something on a host. */
const SERVER_ON_HOST = rowType({
  id: text,
  host: nullable(text),
  machine: nullable(text),
  vm_state: text,
  task_state: nullable(text),
});
type ServerOnHost = Row<typeof SERVER_ON_HOST>;
const MACHINE = rowType({ role: word<keyof Machines>(), machine: text, up: bool });

/** Whether a server owns what a host has in its name: only on its own host. */
const ownsOnHost = (server: ServerOnHost, at: HostItem['host']): boolean =>
  ownsThings(server) && (at === undefined || server.host === at);

/** Compares the records of every service with each other, with the hosts and with Temporal. */
export class Audit {
  constructor(private readonly parts: AuditParts) {}

  /**
   * The machines whose roles have to be asked for what they have, and apart from them those that have not reported in for
   * long: to wait for a dead one would hold up what is found on the others.
   */
  async machines(): Promise<Machines & { down: Machines }> {
    const { db, serviceDownSeconds } = this.parts;
    const rows = await rowsOf(db, MACHINE)`
      WITH roles(role, machine, updated_at) AS (
        SELECT 'compute', machine, max(updated_at) FROM nova.services GROUP BY machine HAVING NOT bool_and(forced_down)
        UNION ALL SELECT 'volume', host, updated_at FROM cinder.services
        -- An agent on a machine whose hosts are all given up is given up with them.
        UNION ALL SELECT 'network', host, max(heartbeat_timestamp) FROM neutron.agents
          WHERE host NOT IN (SELECT machine FROM nova.services GROUP BY machine HAVING bool_and(forced_down)) GROUP BY host)
      SELECT role, machine, updated_at > now() - make_interval(secs => ${serviceDownSeconds}) AS up FROM roles ORDER BY 1, 2`;
    const of = (role: keyof Machines, up: boolean): string[] =>
      rows.filter((r) => r.role === role && r.up === up).map((r) => r.machine);
    const those = (up: boolean): Machines => ({
      compute: of('compute', up),
      volume: of('volume', up),
      network: of('network', up),
    });
    return { ...those(true), down: those(false) };
  }

  /** @param minAgeSeconds what changed more recently is not looked at */
  async findOrphans(hosts: readonly HostInventory[], minAgeSeconds: number): Promise<Orphan[]> {
    const { db, store, engine } = this.parts;
    const open = new Set(await engine.openWorkflows());
    const [records, unattended, overdue, idle, inStore, onHosts, devices, networks] = await Promise.all([
      orphanedRecords(db, minAgeSeconds),
      unattendedRecords(db, open, minAgeSeconds),
      overdueBoots(db, open),
      idleWorkflows(db, open, minAgeSeconds),
      orphanedBytes(db, store, minAgeSeconds),
      this.onHosts(hosts),
      deviceOrphans(db, hosts, minAgeSeconds),
      networkOrphans(db, hosts),
    ]);
    return [...records, ...unattended, ...overdue, ...idle, ...inStore, ...onHosts, ...devices, ...networks];
  }

  /**
   * Looks at the records once more in the moment before a host removes something, and closes its owner's boot, so that no
   * step of it takes effect afterwards. @returns false when it has an owner after all
   */
  async clearForRepair({ kind, id, owner, host }: Orphan): Promise<boolean> {
    if (owner === undefined || isOfNetwork(kind)) return false;
    return this.parts.db.$transaction(async (tx) => {
      if (kind === 'volume bytes')
        return (await tx.$queryRaw<unknown[]>`SELECT 1 FROM cinder.volumes WHERE id = ${owner}`).length === 0;
      if (isDevice(kind)) return !(await namedDevices(tx, owner))[DEVICES[kind]].includes(id);
      const [server] = await rowsOf(tx, SERVER_ON_HOST)`
        SELECT id, host, machine, vm_state, task_state FROM nova.servers
        WHERE id = ${owner} AND deleted_at IS NULL FOR NO KEY UPDATE`;
      if (server === undefined) return true;
      if (ownsOnHost(server, host)) return false;
      await tx.$executeRaw`UPDATE nova.servers SET generation = generation + generation % 2 WHERE id = ${owner}`;
      return true;
    });
  }

  /** Repairs one orphaned record, unless it is none any more. @returns what was done; undefined when nothing was */
  heal(orphan: Orphan): Promise<string | undefined> {
    return healRecord(this.parts, orphan);
  }

  /** The devices that the records name of a server, for the host that it is on. @throws 404 */
  devicesFor(asker: HostRole, serverId: string): Promise<NamedDevices> {
    return devicesForHost(this.parts.db, asker, serverId);
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

  /** Guests, disks, cards and bytes on a host that no record owns, and guests that a record misses. */
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
    const disks = new Set<string>();
    const bytes = new Set<string>();
    for (const { machine, items } of hosts) {
      for (const item of items) {
        if (item.kind === 'guest') guests.add(item.owner);
        if (item.kind === 'disk') disks.add(item.owner);
        if (item.kind === 'volume bytes') bytes.add(item.owner);
        const owner = server.get(item.owner);
        const owned =
          item.kind === 'volume bytes' ? volume.has(item.owner) : owner !== undefined && ownsOnHost(owner, item.host);
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
    const isThere = ({ id, vm_state }: ServerOnHost): boolean =>
      guests.has(id) || (!STATES_WITH_PROCESS.includes(vm_state) && disks.has(id));
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
          (s) => STATES_WITH_GUEST.includes(s.vm_state) && isAtRest(s) && computes.has(s.machine ?? '') && !isThere(s),
        )
        .map((s) =>
          missing('guest', s.id, `the server is ${statusOf(s)} on ${s.host ?? ''}, and the host has no such guest`),
        ),
      ...volumes
        .filter((v) => VOLUMES_WITH_BYTES.includes(v.status) && storages.has(v.host ?? '') && !bytes.has(v.id))
        .map((v) => missing('volume bytes', v.id, `the volume is ${v.status}, and its host has no bytes of it`)),
    ];
  }
}
