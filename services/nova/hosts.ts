import type { Prisma, Database } from '../kernel/database.js';
import { badRequest, conflict, forbidden, notFound } from '../kernel/errors.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import type { Fernet } from '../keystone/index.js';
import type { InventoryInput, Placement } from '../placement/index.js';

/** What a compute role reports of each of its hosts. */
export interface HostReport {
  readonly host: string;
  readonly facts: Prisma.InputJsonObject;
  readonly inventory: Readonly<Record<string, InventoryInput>>;
}

/** What an operator says of a host. */
export interface HostChange {
  readonly disabled?: boolean;
  readonly disabled_reason?: string | null;
  readonly forced_down?: boolean;
}

/** The servers that are on each host. */
export type HostServers = ReadonlyMap<
  string,
  readonly { readonly id: string; readonly name: string; readonly task_state: string | null }[]
>;

/** Where a compute role answers the API, and the key for it. */
interface ReportedApi {
  readonly url: string;
  readonly key: string;
}

const UP = rowType({ host: text });

/** The compute hosts, as they report in. */
export class Hosts {
  constructor(
    private readonly db: Database,
    private readonly placement: Placement,
    private readonly fernet: Fernet,
    private readonly serviceDownSeconds: number,
  ) {}

  /**
   * A full report of a machine: at the start of its role, and whenever a host of it has changed.
   * @throws 403 for a host that is not named as one of the machine's, 409 for one that another machine has
   */
  async report(machine: string, reports: readonly HostReport[], api?: ReportedApi): Promise<void> {
    const foreign = reports.find(({ host }) => !isHostOf(machine, host));
    if (foreign) throw forbidden(`Host ${foreign.host} is none of machine ${machine}.`);
    const names = reports.map((r) => r.host);
    const others = await this.db.computeService.findFirst({
      where: { host: { in: names }, machine: { not: machine } },
      select: { host: true },
    });
    if (others) throw hostInUse(others.host);
    const key = api ? this.fernet.seal(Buffer.from(api.key)) : null;
    for (const { host, facts, inventory } of reports) {
      // The inventory first: the host counts as up after the next statement, and then a server may be placed on it.
      await this.placement.reportInventory(host, inventory);
      const taken = await this.db.$executeRaw`
        INSERT INTO nova.services AS s (host, machine, facts, api_url, api_key, updated_at)
        VALUES (${host}, ${machine}, ${JSON.stringify(facts)}::jsonb, ${api?.url ?? null}, ${key}, now())
        ON CONFLICT (host) DO UPDATE SET facts = EXCLUDED.facts, api_url = EXCLUDED.api_url, api_key = EXCLUDED.api_key,
          updated_at = now() WHERE s.machine = ${machine}`;
      if (taken === 0) throw hostInUse(host);
    }
  }

  /** A sign of life of all hosts of a machine. @returns how many hosts it was for */
  async heartbeat(machine: string): Promise<number> {
    return this.db.$executeRaw`UPDATE nova.services SET updated_at = now() WHERE machine = ${machine}`;
  }

  async list() {
    const [services, up] = await Promise.all([
      this.db.computeService.findMany({ orderBy: { host: 'asc' }, omit: { api_key: true } }),
      // Compared by the database, whose clock the reports are written with.
      rowsOf(this.db, UP)`
        SELECT host FROM nova.services
        WHERE NOT forced_down AND updated_at > now() - make_interval(secs => ${this.serviceDownSeconds})`,
    ]);
    const alive = new Set(up.map((s) => s.host));
    return services.map((s) => ({ ...s, up: alive.has(s.host) }));
  }

  /** What hosts have and what is taken of it, and the servers on each, by the host's name. */
  async loads(): Promise<{ inventories: Awaited<ReturnType<Placement['inventories']>>; servers: HostServers }> {
    const [inventories, servers] = await Promise.all([
      this.placement.inventories(),
      this.db.server.findMany({
        where: { host: { not: null }, deleted_at: null },
        select: { id: true, name: true, host: true, task_state: true },
        orderBy: { id: 'asc' },
      }),
    ]);
    const byHost = new Map<string, typeof servers>();
    for (const server of servers) byHost.set(server.host!, [...(byHost.get(server.host!) ?? []), server]);
    return { inventories, servers: byHost };
  }

  /** Disables a host, or says that it is gone (forced_down). @throws 404 when there is no such host */
  async set(host: string, change: HostChange): Promise<void> {
    const { count } = await this.db.computeService.updateMany({ where: { host }, data: change });
    if (count === 0) throw notFound('HostMappingNotFound', `Host '${host}' is not mapped to any cell`);
  }

  /**
   * Forgets a host, and its provider with it. A role that starts on it reports it again.
   * @returns false while a server is on it, or something of it is claimed
   */
  remove(host: string): Promise<boolean> {
    return this.db.$transaction(async (tx) => {
      if (!(await this.placement.retire(tx, host))) return false;
      if (await tx.server.findFirst({ where: { host, deleted_at: null }, select: { id: true } })) return false;
      await tx.computeService.deleteMany({ where: { host } });
      return true;
    });
  }

  /** @throws 400 unless some host is in the zone */
  async checkZone(zone: string): Promise<void> {
    if (!(await this.db.computeService.findFirst({ where: { availability_zone: zone }, select: { host: true } })))
      throw badRequest('The requested availability zone is not available');
  }
}

/** A machine's host bears its name; those that it simulates have a number behind it. */
const isHostOf = (machine: string, host: string): boolean =>
  host === machine || (host.startsWith(`${machine}-`) && /^\d{4,}$/.test(host.slice(machine.length + 1)));
const hostInUse = (host: string) => conflict('HostInUse', `Host ${host} is one of another machine.`);
