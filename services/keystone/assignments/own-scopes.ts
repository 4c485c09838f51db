import type { RequestContext } from '../../kernel/context.js';
import { Prisma, type Database } from '../../kernel/database.js';
import type { Policies } from '../../kernel/policy/index.js';
import type { Ruled } from '../../kernel/resource/access.js';
import type { ListQuery } from '../../kernel/resource/query.js';
import type { Where } from '../../kernel/resource/spec.js';
import { nullable, rowType, rowsOf, text } from '../../kernel/rows.js';
import { missing, target, words } from '../words.js';
import { effective, groupsOf } from './parts.js';

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
interface Pages<R> {
  page(ctx: RequestContext, query: ListQuery, within: Where): Promise<Page<R>>;
}
/** A user, and groups that an identity provider put him into for as long as his token lives. */
interface Holder {
  readonly user: string;
  readonly groups?: readonly string[];
}

const PLACE = rowType({ project_id: nullable(text), domain_id: nullable(text) });

/** What a user can have a token for: where he has a role, of his own, by a group, or inherited (keystone/api/auth.py). */
export class OwnScopes<P, D> {
  constructor(
    private readonly db: Database,
    private readonly stores: { readonly projects: Pages<P>; readonly domains: Pages<D> },
    private readonly policies: Policies,
  ) {}

  /** The projects of a user. @throws 403 unless the rules let the asker know, and then 404 without the user */
  async ofUser(ctx: RequestContext, userId: string, query: ListQuery): Promise<Page<P>> {
    const user = await this.db.user.findUnique({ where: { id: userId } });
    const of = user === null ? {} : target('user', user);
    this.policies.enforce('keystone', 'identity:list_user_projects', ctx.credentials, of);
    if (user === null) throw missing('user', userId);
    return this.projects(ctx, { user: userId }, query);
  }

  /** Projects that act as domains are among them. */
  async projects(ctx: RequestContext, holder: Holder, query: ListQuery): Promise<Page<P>> {
    const ids = await this.projectIds(holder);
    return this.stores.projects.page(ctx, { ...query, whole: true }, { id: { in: ids } });
  }

  async domains(ctx: RequestContext, holder: Holder, query: ListQuery): Promise<Page<D>> {
    const ids = (await this.places(holder)).flatMap(({ domain_id }) => domain_id ?? []);
    return this.stores.domains.page(ctx, query, { id: { in: ids } });
  }

  async projectIds(holder: Holder): Promise<string[]> {
    return (await this.places(holder)).flatMap(({ project_id }) => project_id ?? []);
  }

  /** Whether the user has a role on the system. */
  async system(holder: Holder): Promise<boolean> {
    const rows = await this.db.$queryRaw<unknown[]>`
      SELECT 1 FROM keystone.role_assignments a WHERE a.system AND ${heldBy(holder)} LIMIT 1`;
    return rows.length > 0;
  }

  /** Each place once. A role of a domain opens a place only by the roles that it implies. */
  private places(holder: Holder) {
    return rowsOf(this.db, PLACE)`
      WITH RECURSIVE ${effective({ where: heldBy(holder) })}
      SELECT DISTINCT p.project_id, p.domain_id FROM placed p
      WHERE p.role_id IN (SELECT given FROM reach JOIN keystone.roles r ON r.id = reach.role_id WHERE r.domain_id IS NULL)`;
  }
}

const heldBy = ({ user, groups = [] }: Holder): Prisma.Sql => Prisma.sql`
  (a.user_id = ${user} OR a.group_id IN (${groupsOf(user)}) OR a.group_id = ANY(${[...groups]}))`;
