import type { RequestContext } from '../kernel/context.js';
import { Prisma, type Database } from '../kernel/database.js';
import { integer, nullable, rowType, rowsOf, text } from '../kernel/rows.js';

const NODE = rowType({ id: text, parent_id: nullable(text), distance: integer });

/** Projects as a tree of their ids; null where it ends. */
export interface Branches {
  readonly [id: string]: Branches | null;
}

/** What is above and below a project (keystone/resource/core.py: list_project_parents, list_projects_in_subtree). */
export class ProjectTree {
  constructor(
    private readonly db: Database,
    private readonly scopes: { projectIds(holder: { user: string }): Promise<readonly string[]> },
  ) {}

  /** The projects above, the nearest one first: those on which the asker has a role. */
  async parents(ctx: RequestContext, id: string) {
    return this.ownOf(ctx, await this.above(id));
  }

  /** The same below, the nearest ones first. */
  async subtree(ctx: RequestContext, id: string) {
    return this.ownOf(ctx, await this.below(id));
  }

  /** The ids of all projects above, each in the one below it. */
  async parentIds(id: string): Promise<Branches | null> {
    return (await this.above(id)).reduceRight<Branches | null>((up, one) => ({ [one.id]: up }), null);
  }

  async subtreeIds(id: string): Promise<Branches | null> {
    const children = new Map<string | null, string[]>();
    for (const node of await this.below(id))
      children.set(node.parent_id, [...(children.get(node.parent_id) ?? []), node.id]);
    const branches = (of: string): Branches | null => {
      const ids = children.get(of);
      return ids === undefined ? null : Object.fromEntries(ids.map((one) => [one, branches(one)]));
    };
    return branches(id);
  }

  private above(id: string) {
    return this.walk(id, Prisma.sql`p.id = walk.parent_id`);
  }

  private below(id: string) {
    return this.walk(id, Prisma.sql`p.parent_id = walk.id`);
  }

  private walk(id: string, next: Prisma.Sql) {
    return rowsOf(this.db, NODE)`
      WITH RECURSIVE walk AS (
        SELECT id, parent_id, name, 0 AS distance FROM keystone.projects WHERE id = ${id}
        UNION ALL SELECT p.id, p.parent_id, p.name, walk.distance + 1 FROM walk JOIN keystone.projects p ON ${next})
      SELECT id, parent_id, distance FROM walk WHERE distance > 0 ORDER BY distance, name`;
  }

  private async ownOf(ctx: RequestContext, nodes: readonly { readonly id: string }[]) {
    const own = new Set(await this.scopes.projectIds({ user: ctx.userId }));
    const ids = nodes.map(({ id }) => id).filter((id) => own.has(id));
    const rows = await this.db.project.findMany({ where: { id: { in: ids } } });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }
}
