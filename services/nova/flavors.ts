import { randomUUID } from 'node:crypto';
import { isAdmin, type RequestContext } from '../kernel/context.js';
import { isConflict, type Database, type Sql } from '../kernel/database.js';
import { conflict, notFound } from '../kernel/errors.js';
import { cutPage, pageArgs, type Page } from '../kernel/paging.js';
import { Recent } from '../kernel/recent.js';
import { withPatterns } from './patterns.js';

export interface FlavorInput {
  id?: string | null | undefined;
  name: string;
  vcpus: number;
  ram: number;
  disk: number;
  ephemeral?: number | undefined;
  swap?: number | undefined;
  rxtx_factor?: number | undefined;
  is_public?: boolean | undefined;
  description?: string | null | undefined;
}

export interface FlavorFilters {
  readonly isPublic?: boolean | undefined;
  /** GiB */
  readonly minDisk?: number | undefined;
  /** MiB */
  readonly minRam?: number | undefined;
  /** A regular expression. */
  readonly name?: string | undefined;
}

export class Flavors {
  private readonly recent = new Recent((id) => this.db.flavor.findUnique({ where: { id } }));

  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
  ) {}

  async list(ctx: RequestContext, filters: FlavorFilters, page: Page) {
    // Only an administrator sees flavors that are not public.
    const is_public = isAdmin(ctx, 'nova') ? filters.isPublic : true;
    const { name } = filters;
    const named =
      name === undefined
        ? undefined
        : await withPatterns(
            this.sql,
            [['name', name]],
            (tx) => tx.$queryRaw<{ id: string }[]>`SELECT id FROM nova.flavors WHERE name ~ ${name}`,
          );
    const found = await this.db.flavor.findMany({
      where: {
        ...(is_public === undefined ? {} : { is_public }),
        ...(named === undefined ? {} : { id: { in: named.map((f) => f.id) } }),
        disk: { gte: filters.minDisk ?? 0 },
        ram: { gte: filters.minRam ?? 0 },
      },
      orderBy: { id: 'asc' },
      ...pageArgs(page),
    });
    return cutPage(found, page);
  }

  async get(ctx: RequestContext, id: string) {
    return visibleTo(ctx, id, await this.db.flavor.findUnique({ where: { id } }));
  }

  /** The same for a boot, from what was read a moment ago. */
  async getRecent(ctx: RequestContext, id: string) {
    return visibleTo(ctx, id, await this.recent.get(id));
  }

  async create(input: FlavorInput) {
    const {
      id,
      name,
      vcpus,
      ram,
      disk,
      ephemeral = 0,
      swap = 0,
      rxtx_factor = 1,
      is_public = true,
      description = null,
    } = input;
    try {
      return await this.db.flavor.create({
        data: {
          id: id && id !== 'auto' ? id : randomUUID(),
          name,
          vcpus,
          ram,
          disk,
          ephemeral,
          swap,
          rxtx_factor,
          is_public,
          description,
        },
      });
    } catch (error) {
      if (!isConflict(error)) throw error;
      const taken = id && (await this.db.flavor.findUnique({ where: { id }, select: { id: true } }));
      throw taken
        ? conflict('FlavorIdExists', `Flavor with ID ${id} already exists.`)
        : conflict('FlavorExists', `Flavor with name ${input.name} already exists.`);
    }
  }

  /** Makes a flavor that a new cloud starts with, unless it is there. */
  async ensure(input: FlavorInput & { id: string }): Promise<void> {
    const { id, name, vcpus, ram, disk } = input;
    await this.db.flavor.createMany({ data: [{ id, name, vcpus, ram, disk }], skipDuplicates: true });
  }

  async delete(id: string): Promise<void> {
    const { count } = await this.db.flavor.deleteMany({ where: { id } });
    this.recent.forget();
    if (count === 0) throw notFound('FlavorNotFound', `Flavor ${id} could not be found.`);
  }

  async setExtraSpecs(id: string, specs: Record<string, string>): Promise<Record<string, string>> {
    const flavor = await this.db.flavor.findUnique({ where: { id } });
    if (!flavor) throw notFound('FlavorNotFound', `Flavor ${id} could not be found.`);
    const extra_specs = { ...(flavor.extra_specs as Record<string, string>), ...specs };
    await this.db.flavor.update({ where: { id }, data: { extra_specs } });
    this.recent.forget();
    return extra_specs;
  }
}

/** @throws 404 for a flavor that is not public, which must not be told from a missing one */
function visibleTo<F extends { is_public: boolean }>(ctx: RequestContext, id: string, flavor: F | null): F {
  if (!flavor || !(flavor.is_public || isAdmin(ctx, 'nova')))
    throw notFound('FlavorNotFound', `Flavor ${id} could not be found.`);
  return flavor;
}
