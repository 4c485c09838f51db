import type { RequestContext } from '../../kernel/context.js';
import { Prisma, type Database, type Statements } from '../../kernel/database.js';
import type { Policies } from '../../kernel/policy/index.js';
import type { Ruled } from '../../kernel/resource/access.js';
import type { ListQuery } from '../../kernel/resource/query.js';
import type { Where } from '../../kernel/resource/spec.js';
import { bool, nullable, rowType, rowsOf, text, type Row } from '../../kernel/rows.js';
import { missing, target, words } from '../words.js';
import { groupsOf } from './parts.js';

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

/** A project that somebody may choose. */
export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly domain_id: string | null;
}

/** By their ids. */
interface Places {
  readonly projects: string[];
  readonly domains: string[];
}

const GIVEN = rowType({ project_id: nullable(text), domain_id: nullable(text), inherited: bool });
const ID = rowType({ id: text });

/** What a user can have a token for: where he has a role, of his own, by a group, or inherited (keystone/api/auth.py). */
export class OwnScopes<P, D> {
  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
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
    const { domains } = await this.places(holder);
    return this.stores.domains.page(ctx, query, { id: { in: domains } });
  }

  /** The projects that can be used now, by their names: for somebody who chooses one of them. */
  async choice(holder: Holder): Promise<Choice[]> {
    const ids = await this.projectIds(holder);
    return this.db.project.findMany({
      where: { id: { in: ids }, enabled: true, is_domain: false },
      select: { id: true, name: true, domain_id: true },
      orderBy: [{ name: 'asc' }, { id: 'asc' }],
    });
  }

  async projectIds(holder: Holder): Promise<string[]> {
    return (await this.places(holder)).projects;
  }

  /** Whether the user has a role on the system. */
  async system(holder: Holder): Promise<boolean> {
    const rows = await this.sql.$queryRaw<unknown[]>`
      SELECT 1 FROM keystone.role_assignments a WHERE a.system AND ${heldBy(holder)} LIMIT 1`;
    return rows.length > 0;
  }

  /**
   * Each place once. A role of a domain opens a place only by the roles that it implies. What was given is found by two
   * indexes; which of the roles holds where (`effective`) nobody asks here, and it takes a multiple of that.
   */
  private async places(holder: Holder): Promise<Places> {
    const given = await rowsOf(this.sql, GIVEN)`
      SELECT a.project_id, a.domain_id, a.inherited FROM keystone.role_assignments a
      WHERE NOT a.system AND ${heldBy(holder)}
        AND (SELECT r.domain_id IS NULL OR EXISTS (${GLOBAL_IMPLIED}) FROM keystone.roles r WHERE r.id = a.role_id)`;
    const direct = placesOf(given.filter(({ inherited }) => !inherited));
    const above = placesOf(given.filter(({ inherited }) => inherited));
    if (above.projects.length + above.domains.length === 0) return direct;
    const below = await rowsOf(this.sql, ID)`
      WITH RECURSIVE below AS (
        SELECT id FROM keystone.projects WHERE parent_id = ANY(${above.projects}) OR domain_id = ANY(${above.domains})
        UNION SELECT p.id FROM below JOIN keystone.projects p ON p.parent_id = below.id)
      SELECT id FROM below`;
    return { ...direct, projects: [...new Set([...direct.projects, ...below.map(({ id }) => id)])] };
  }
}

const placesOf = (given: readonly Row<typeof GIVEN>[]): Places => ({
  projects: [...new Set(given.flatMap(({ project_id }) => project_id ?? []))],
  domains: [...new Set(given.flatMap(({ domain_id }) => domain_id ?? []))],
});

/** The roles of no domain that a role `r` implies, over others or not. */
const GLOBAL_IMPLIED = Prisma.sql`
  WITH RECURSIVE implied AS (
    SELECT implied_role_id AS id FROM keystone.role_inferences WHERE prior_role_id = r.id
    UNION SELECT i.implied_role_id FROM implied JOIN keystone.role_inferences i ON i.prior_role_id = implied.id)
  SELECT 1 FROM implied JOIN keystone.roles other ON other.id = implied.id WHERE other.domain_id IS NULL`;

/** As one array, so that both ways are looked up by their indexes; with a subquery all assignments are read. */
const heldBy = ({ user, groups = [] }: Holder): Prisma.Sql => Prisma.sql`
  (a.user_id = ${user} OR a.group_id = ANY(ARRAY(${groupsOf(user)}) || ${[...groups]}::text[]))`;
