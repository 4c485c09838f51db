import type { Database } from '../database.js';
import type { Operations } from '../operations.js';

/** A thing that a host has, and the server or volume that it says it belongs to. */
export interface HostItem {
  readonly kind: 'guest' | 'disk' | 'socket' | 'vif' | 'volume bytes';
  readonly id: string;
  readonly owner: string;
  /** The compute host, for what belongs to a server. */
  readonly host?: string;
}
export interface HostInventory {
  readonly machine: string;
  readonly role: 'compute' | 'network' | 'volume';
  readonly items: readonly HostItem[];
}
/** Something that nobody owns any more, or that its owner misses. */
export interface Orphan {
  readonly kind: string;
  readonly id: string;
  readonly why: string;
}

/** Boots and deletes under way own what they own; a record is looked at when it has rested this long, in seconds. */
const RESTED = 5;
/** An outbox row that is older was not started and not retried: the relay runs every second. */
const OUTBOX_SECONDS = 60;

/** Compares the records of every service with each other, with the hosts and with Temporal. It only reads. */
export class Audit {
  constructor(
    private readonly db: Database,
    private readonly operations: Operations,
  ) {}

  /** The machines whose roles have to be asked for what they have. */
  async machines(): Promise<{ compute: string[]; volume: string[]; network: string[] }> {
    const [compute, volume, network] = await Promise.all([
      this.db.computeService.findMany({ distinct: ['machine'], select: { machine: true } }),
      this.db.volumeService.findMany({ select: { host: true } }),
      this.db.networkAgent.findMany({ select: { host: true } }),
    ]);
    return {
      compute: compute.map((s) => s.machine),
      volume: volume.map((s) => s.host),
      network: network.map((s) => s.host),
    };
  }

  async findOrphans(hosts: readonly HostInventory[]): Promise<Orphan[]> {
    const found = await Promise.all([this.inRecords(), this.onHosts(hosts), this.inTemporal()]);
    return found.flat();
  }

  /** Records that point at a server that is not there to own them. */
  private inRecords(): Promise<Orphan[]> {
    return this.db.$queryRaw<Orphan[]>`
      WITH owners AS (
        SELECT id FROM nova.servers
        WHERE deleted_at IS NULL AND (vm_state = 'active' OR vm_state = 'building' OR task_state = 'deleting'
              OR updated_at > now() - make_interval(secs => ${RESTED}))),
      orphans(kind, id, why) AS (
        SELECT 'claim', consumer_id || ' ' || resource_class, 'its server holds no host' FROM placement.allocations
          WHERE consumer_id NOT IN (SELECT id FROM owners) AND created_at < now() - make_interval(secs => ${RESTED})
        UNION ALL
        SELECT 'claim', s.id, 'an ACTIVE server has none' FROM nova.servers s
          WHERE s.deleted_at IS NULL AND s.vm_state = 'active' AND s.task_state IS NULL AND s.vcpus > 0
            AND NOT EXISTS (SELECT 1 FROM placement.allocations a WHERE a.consumer_id = s.id)
        UNION ALL
        SELECT 'port', id, 'its server ' || device_id || ' is gone' FROM neutron.ports
          WHERE device_owner = 'compute:nova' AND device_id NOT IN (SELECT id FROM owners) AND updated_at < now() - make_interval(secs => ${RESTED})
        UNION ALL
        SELECT 'address', ip_address, 'no port holds it' FROM neutron.ip_allocations a
          WHERE NOT EXISTS (SELECT 1 FROM neutron.ports p WHERE p.id = a.port_id)
        UNION ALL
        SELECT 'attachment', volume_id, 'its server ' || server_id || ' is gone' FROM cinder.volume_attachments
          WHERE server_id NOT IN (SELECT id FROM owners) AND attached_at < now() - make_interval(secs => ${RESTED})
        UNION ALL
        SELECT 'volume', id, 'made for the boot of ' || created_for_server || ', which is over' FROM cinder.volumes
          WHERE created_for_server IS NOT NULL
            AND created_for_server NOT IN (SELECT id FROM nova.servers WHERE vm_state = 'building' OR task_state = 'deleting')
        UNION ALL
        SELECT 'volume', v.id, 'it is ' || v.status || ' without an attachment' FROM cinder.volumes v
          WHERE v.status IN ('in-use', 'reserved') AND NOT EXISTS (SELECT 1 FROM cinder.volume_attachments a WHERE a.volume_id = v.id)
        UNION ALL
        SELECT 'outbox row', workflow_id, COALESCE(last_error, 'never tried') FROM outbox.workflow_starts
          WHERE created_at < now() - make_interval(secs => ${OUTBOX_SECONDS}))
      SELECT kind, id, why FROM orphans`;
  }

  /** Guests, disks, sockets, cards and bytes on a host that no record owns, and guests that a record misses. */
  private async onHosts(hosts: readonly HostInventory[]): Promise<Orphan[]> {
    const [servers, volumes] = await Promise.all([
      this.db.server.findMany({
        where: { deleted_at: null },
        select: { id: true, host: true, machine: true, vm_state: true, task_state: true },
      }),
      this.db.volume.findMany({ select: { id: true } }),
    ]);
    const server = new Map(servers.map((s) => [s.id, s]));
    const volume = new Set(volumes.map((v) => v.id));
    const orphans: Orphan[] = [];
    const guests = new Set<string>();
    for (const { items } of hosts) {
      for (const item of items) {
        if (item.kind === 'guest') guests.add(item.owner);
        const owner = server.get(item.owner);
        const owned =
          item.kind === 'volume bytes'
            ? volume.has(item.owner)
            : owner !== undefined &&
              (owner.vm_state !== 'error' || owner.task_state === 'deleting') &&
              (item.host === undefined || owner.host === item.host);
        if (!owned)
          orphans.push({
            kind: item.kind,
            id: item.id,
            why:
              owner === undefined
                ? 'no record of its owner'
                : `its server is ${owner.vm_state} on ${owner.host ?? 'no host'}`,
          });
      }
    }
    const asked = new Set(hosts.filter((h) => h.role === 'compute').map((h) => h.machine));
    const missing = servers.filter(
      (s) => s.vm_state === 'active' && s.task_state === null && asked.has(s.machine ?? '') && !guests.has(s.id),
    );
    return [
      ...orphans,
      ...missing.map((s) => ({
        kind: 'guest',
        id: s.id,
        why: `the server is ACTIVE on ${s.host ?? ''}, and the host has no such guest`,
      })),
    ];
  }

  /** Servers in BUILD that nobody builds, and workflows whose server is done with. */
  private async inTemporal(): Promise<Orphan[]> {
    const open = new Set(await this.operations.openWorkflows());
    const building = await this.db.$queryRaw<{ id: string }[]>`
      SELECT id FROM nova.servers s WHERE deleted_at IS NULL AND vm_state = 'building' AND task_state <> 'deleting'
        AND created_at < now() - make_interval(secs => ${RESTED})
        AND NOT EXISTS (SELECT 1 FROM outbox.workflow_starts w WHERE w.workflow_id = 'boot-server/' || s.id)`;
    const unbuilt = building
      .filter((s) => !open.has(`boot-server/${s.id}`))
      .map((s) => ({ kind: 'server', id: s.id, why: 'in BUILD, and no workflow builds it' }));
    const deleted = await this.db.server.findMany({
      where: { deleted_at: { lt: new Date(Date.now() - RESTED * 1000) } },
      orderBy: { deleted_at: 'desc' },
      take: 1000,
      select: { id: true },
    });
    const idle = deleted.flatMap((s) => [`boot-server/${s.id}`, `delete-server/${s.id}`]).filter((id) => open.has(id));
    return [...unbuilt, ...idle.map((id) => ({ kind: 'workflow', id, why: 'open, though its server is deleted' }))];
  }
}
