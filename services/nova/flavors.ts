import type { RequestContext } from '../kernel/context.js';
import { isConflict, type Database, type Queries, type Sql } from '../kernel/database.js';
import { conflict, notFound } from '../kernel/errors.js';
import type { Policies } from '../kernel/policy/index.js';
import { Recent } from '../kernel/recent.js';
import { Records } from '../kernel/resource/records.js';
import { flavor } from './resources/flavor.js';

type ExtraSpecs = Readonly<Record<string, string>>;
const missing = (id: string) => notFound('FlavorNotFound', `Flavor ${id} could not be found.`);

/** Flavors: their records, their extra specs, and the projects that may use those that are not public. */
export class Flavors {
  readonly records;
  private readonly recent = new Recent((id) =>
    this.db.flavor.findUnique({ where: { id }, include: { access: { select: { project_id: true } } } }),
  );

  constructor(
    private readonly db: Database,
    sql: Sql,
    private readonly policies: Policies,
  ) {
    this.records = new Records(flavor, { db, sql, flavorsChanged: () => this.recent.forget() }, policies);
  }

  /**
   * A flavor for a boot, from a cache that is a moment old at most. @throws 404 also for one that the asker may not see
   */
  async getRecent(ctx: RequestContext, id: string) {
    const found = await this.recent.get(id);
    const open = found?.is_public || found?.access.some(({ project_id }) => project_id === ctx.projectId);
    if (!found || !(open || this.policies.allows('nova', 'context_is_admin', ctx.credentials, {}))) throw missing(id);
    return found;
  }

  /** Makes one of the flavors of a new cloud, unless it exists. */
  async ensure(input: { id: string; name: string; vcpus: number; ram: number; disk: number }): Promise<void> {
    const { id, name, vcpus, ram, disk } = input;
    await this.db.flavor.createMany({ data: [{ id, name, vcpus, ram, disk }], skipDuplicates: true });
  }

  /** @throws 404 */
  async extraSpecs(ctx: RequestContext, id: string): Promise<ExtraSpecs> {
    return (await this.records.get(ctx, id)).extra_specs as ExtraSpecs;
  }

  /** Changes the extra specs under the lock of the flavor's row. @param next what they are to be */
  async changeExtraSpecs(id: string, next: (specs: ExtraSpecs) => ExtraSpecs): Promise<ExtraSpecs> {
    const specs = await this.db.$transaction(async (tx) => {
      const before = await lock(tx, id);
      const extra_specs = { ...next(before.extra_specs as ExtraSpecs) };
      await tx.flavor.update({ where: { id }, data: { extra_specs } });
      return extra_specs;
    });
    this.recent.forget();
    return specs;
  }

  /** The projects that may use a flavor. @throws 404 for a public one, which has no such list */
  async access(id: string): Promise<string[]> {
    const found = await this.db.flavor.findUnique({ where: { id }, include: { access: true } });
    if (!found) throw missing(id);
    if (found.is_public) throw notFound('HTTPNotFound', 'Access list not available for public flavors.');
    return found.access.map(({ project_id }) => project_id);
  }

  /** @param strict refuses for a public flavor, as Nova does since 2.7 @throws 404, 409 */
  async addAccess(flavor_id: string, project_id: string, strict: boolean): Promise<string[]> {
    const found = await this.db.flavor.findUnique({ where: { id: flavor_id } });
    if (!found) throw missing(flavor_id);
    if (strict && found.is_public) throw conflict('HTTPConflict', 'Can not add access to a public flavor.');
    await this.db.flavorAccess.create({ data: { flavor_id, project_id } }).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
      throw conflict(
        'FlavorAccessExists',
        `Flavor access already exists for flavor ${flavor_id} and project ${project_id} combination.`,
      );
    });
    return this.projectsOf(flavor_id);
  }

  /** @throws 404 for a flavor, or an access, that is not there */
  async removeAccess(flavor_id: string, project_id: string): Promise<string[]> {
    if (!(await this.db.flavor.findUnique({ where: { id: flavor_id } }))) throw missing(flavor_id);
    const { count } = await this.db.flavorAccess.deleteMany({ where: { flavor_id, project_id } });
    if (count === 0)
      throw notFound('FlavorAccessNotFound', `Flavor access not found for ${flavor_id} / ${project_id} combination.`);
    return this.projectsOf(flavor_id);
  }

  private async projectsOf(flavor_id: string): Promise<string[]> {
    this.recent.forget();
    const rows = await this.db.flavorAccess.findMany({ where: { flavor_id }, orderBy: { project_id: 'asc' } });
    return rows.map((row) => row.project_id);
  }
}

async function lock(tx: Queries, id: string) {
  await tx.$queryRaw`SELECT 1 FROM nova.flavors WHERE id = ${id} FOR UPDATE`;
  const found = await tx.flavor.findUnique({ where: { id } });
  if (!found) throw missing(id);
  return found;
}
