import type { Prisma, Database } from '../database.js';
import { badRequest, notFound } from '../errors.js';
import type { InventoryInput, Placement } from '../placement/index.js';

/** What a compute role reports of each of its hosts. */
export interface HostReport {
  readonly host: string;
  readonly machine: string;
  readonly facts: Prisma.InputJsonObject;
  readonly inventory: Readonly<Record<string, InventoryInput>>;
}

/** The compute hosts, as they report in. */
export class Hosts {
  constructor(
    private readonly db: Database,
    private readonly placement: Placement,
    private readonly serviceDownSeconds: number,
  ) {}

  /** A full report: at a role's start, and whenever the host changed. */
  async report(reports: readonly HostReport[]): Promise<void> {
    for (const { host, machine, facts, inventory } of reports) {
      await this.placement.reportInventory(host, inventory);
      const row = { machine, facts, updated_at: new Date() };
      await this.db.computeService.upsert({ where: { host }, create: { host, ...row }, update: row });
    }
  }

  /** A sign of life of all hosts of a machine. @returns how many hosts it was for */
  async heartbeat(machine: string): Promise<number> {
    const { count } = await this.db.computeService.updateMany({ where: { machine }, data: { updated_at: new Date() } });
    return count;
  }

  async list() {
    const services = await this.db.computeService.findMany({ orderBy: { host: 'asc' } });
    return services.map((s) => ({
      ...s,
      up: !s.forced_down && Date.now() - s.updated_at.getTime() < this.serviceDownSeconds * 1000,
    }));
  }

  /** Disables a host, or says that it is gone (forced_down). @throws 404 when there is no such host */
  async set(
    host: string,
    change: { disabled?: boolean; disabled_reason?: string | null; forced_down?: boolean },
  ): Promise<{ disabled: boolean; disabled_reason: string | null }> {
    const [updated] = await this.db.computeService.updateManyAndReturn({ where: { host }, data: change });
    if (!updated) throw notFound('HostMappingNotFound', `Host '${host}' is not mapped to any cell`);
    return updated;
  }

  /** @throws 400 unless some host is in the zone */
  async checkZone(zone: string): Promise<void> {
    if (!(await this.db.computeService.findFirst({ where: { availability_zone: zone }, select: { host: true } })))
      throw badRequest('The requested availability zone is not available');
  }

  async zones(): Promise<{ name: string; available: boolean; hosts: string[] }[]> {
    const byZone = new Map<string, { available: boolean; hosts: string[] }>();
    for (const s of await this.list()) {
      const zone = byZone.get(s.availability_zone) ?? { available: false, hosts: [] };
      byZone.set(s.availability_zone, {
        available: zone.available || (s.up && !s.disabled),
        hosts: [...zone.hosts, s.host],
      });
    }
    return [...byZone].map(([name, zone]) => ({ name, ...zone }));
  }
}
