import type { Config } from '#config';
import type { Database, Statements } from '../database.js';
import { forbidden } from '../errors.js';
import type { OtherQuotas, RoomElsewhere } from './other-quotas.js';

/** Nova's resources that servers use up. */
export interface Usage {
  readonly instances: number;
  readonly cores: number;
  /** MiB */
  readonly ram: number;
}
const RESOURCES = ['instances', 'cores', 'ram'] as const;

/** Quotas. Usage is counted from the servers' records and kept nowhere, so it cannot drift. */
export class Quotas {
  private readonly defaults: Usage;

  constructor(
    private readonly db: Database,
    config: Config,
  ) {
    this.defaults = {
      instances: config.NOVAFLOW_QUOTA_INSTANCES,
      cores: config.NOVAFLOW_QUOTA_CORES,
      ram: config.NOVAFLOW_QUOTA_RAM,
    };
  }

  async limits(projectId: string): Promise<Usage> {
    const rows = await this.db.quota.findMany({ where: { project_id: projectId } });
    return { ...this.defaults, ...Object.fromEntries(rows.map((r) => [r.resource, r.hard_limit])) };
  }

  async usage(projectId: string): Promise<Usage> {
    const sums = await this.db.server.aggregate({
      where: { project_id: projectId, deleted_at: null },
      _count: true,
      _sum: { vcpus: true, ram: true },
    });
    return { instances: sums._count, cores: sums._sum.vcpus ?? 0, ram: sums._sum.ram ?? 0 };
  }

  async set(projectId: string, limits: Partial<Usage>): Promise<void> {
    await this.db.$transaction(
      Object.entries(limits).map(([resource, hard_limit]) =>
        this.db.quota.upsert({
          where: { project_id_resource: { project_id: projectId, resource } },
          create: { project_id: projectId, resource, hard_limit },
          update: { hard_limit },
        }),
      ),
    );
  }

  async reset(projectId: string): Promise<void> {
    await this.db.quota.deleteMany({ where: { project_id: projectId } });
  }

  /** The lock of a project's reservations. */
  lockOf(projectId: string): string {
    return `quota/${projectId}`;
  }

  /**
   * Checks, inside the transaction that inserts the servers and holds the project's lock, how many of them fit. The
   * lock makes simultaneous requests take turns, so exactly one gets the last unit.
   * @param others the quotas of other services, read in the same statement
   * @returns how many may be made, between `min` and `max`
   * @throws 403 in Nova's words when not even `min` fit
   */
  async reserve(
    tx: Statements,
    projectId: string,
    each: { cores: number; ram: number },
    min: number,
    max: number,
    others: OtherQuotas,
  ): Promise<number> {
    const rows = await tx.$queryRaw<{ limits: Partial<Usage> | null; used: Usage; elsewhere: RoomElsewhere }[]>`
      SELECT (SELECT jsonb_object_agg(resource, hard_limit) FROM nova.quotas WHERE project_id = ${projectId}) AS limits,
        (SELECT jsonb_build_object('instances', count(*), 'cores', COALESCE(sum(vcpus), 0), 'ram', COALESCE(sum(ram), 0))
         FROM nova.servers WHERE project_id = ${projectId} AND deleted_at IS NULL) AS used,
        ${others.sql} AS elsewhere`;
    const limits = { ...this.defaults, ...rows[0]!.limits };
    const { used, elsewhere } = rows[0]!;
    const perServer: Usage = { instances: 1, ...each };
    const room = (r: keyof Usage): number =>
      limits[r] < 0 || perServer[r] === 0 ? Infinity : Math.floor((limits[r] - used[r]) / perServer[r]);
    const count = Math.min(max, ...RESOURCES.map(room));
    if (count >= min) {
      const fitting = others.fit(elsewhere, count);
      if (fitting < min) throw others.refusal(elsewhere, min);
      return fitting;
    }
    const over = RESOURCES.filter((r) => room(r) < min).toSorted();
    const list = (values: Usage): string => over.map((r) => values[r]).join(', ');
    const requested = over.map((r) => perServer[r] * min).join(', ');
    throw forbidden(
      `Quota exceeded for ${over.join(', ')}: Requested ${requested}, but already used ${list(used)} of ${list(limits)} ${over.join(', ')}`,
    );
  }
}
