import type { RequestContext } from '../kernel/context.js';
import type { Database } from '../kernel/database.js';
import type { Policies } from '../kernel/policy/index.js';
import type { Ruled } from '../kernel/resource/access.js';
import type { ListQuery } from '../kernel/resource/query.js';
import type { Where } from '../kernel/resource/spec.js';
import { missing, target, words } from './words.js';

/** The rule of the list of a user's projects, for the first look at who asks. */
export const userProjectRules: Ruled = {
  names: ['project', 'projects'],
  words,
  rules: { list: 'identity:list_user_projects' },
};

interface Page<R> {
  readonly rows: R[];
  readonly more: boolean;
}

/** The projects in which a user has a role. */
export class UserProjects<R> {
  constructor(
    private readonly db: Database,
    private readonly projects: { page(ctx: RequestContext, query: ListQuery, within: Where): Promise<Page<R>> },
    private readonly policies: Policies,
  ) {}

  /** @throws 403 unless the rules let the asker know, and then 404 without the user */
  async list(ctx: RequestContext, userId: string, query: ListQuery): Promise<Page<R>> {
    const user = await this.db.user.findUnique({ where: { id: userId } });
    const of = user === null ? {} : target('user', user);
    this.policies.enforce('keystone', 'identity:list_user_projects', ctx.credentials, of);
    if (user === null) throw missing('user', userId);
    return this.ofUser(ctx, userId, query);
  }

  /** Those of the user who asks. */
  own(ctx: RequestContext, query: ListQuery): Promise<Page<R>> {
    return this.ofUser(ctx, ctx.userId, query);
  }

  private ofUser(ctx: RequestContext, userId: string, query: ListQuery): Promise<Page<R>> {
    return this.projects.page(ctx, query, { assignments: { some: { user_id: userId } } });
  }
}
