import { databaseTime } from '../kernel/clock.js';
import { Prisma } from '../kernel/database.js';
import type { RequestContext } from '../kernel/context.js';
import { notFound, type OpenStackError } from '../kernel/errors.js';
import type { Policies, RuleName } from '../kernel/policy/index.js';
import type { Ruled } from '../kernel/resource/access.js';
import type { ListQuery } from '../kernel/resource/query.js';
import type { Columns, Where } from '../kernel/resource/spec.js';
import { endTokensOfUsers } from './grants.js';
import { missing, ofOwnDomain, target, tellOfTokens, words, type KeystoneParts } from './words.js';

/** The rules of a group's members, for the first look at who asks. */
export const groupUserRules: Ruled = {
  names: ['user', 'users'],
  words,
  rules: {
    list: 'identity:list_users_in_group',
    get: 'identity:check_user_in_group',
    create: 'identity:add_user_to_group',
    delete: 'identity:remove_user_from_group',
  },
};
/** The rule of the list of a user's groups. */
export const userGroupRules: Ruled = {
  names: ['group', 'groups'],
  words,
  rules: { list: 'identity:list_groups_for_user' },
};

interface Page<R> {
  readonly rows: R[];
  readonly more: boolean;
}
/** The records of a resource, as far as a list of some of them needs it. */
interface Pages<R> {
  page(ctx: RequestContext, query: ListQuery, within: Where): Promise<Page<R>>;
}

/** Who is in which group (keystone/api/groups.py). Whoever may not know is refused first, and only others learn what is not there. */
export class Members<U, G extends { readonly id: string }> {
  constructor(
    private readonly parts: KeystoneParts,
    private readonly users: Pages<U>,
    private readonly groups: Pages<G>,
    private readonly policies: Policies,
  ) {}

  /** The users of a group; not those that an identity provider put into it for a time, as in Keystone. @throws 403, 404 */
  async usersOf(ctx: RequestContext, groupId: string, query: ListQuery): Promise<Page<U>> {
    const group = await this.parts.db.group.findUnique({ where: { id: groupId } });
    this.enforce(ctx, 'identity:list_users_in_group', group === null ? {} : target('group', group));
    if (group === null) throw missing('group', groupId);
    const memberships = { some: { group_id: groupId, expires_at: null } };
    return this.users.page(ctx, query, { AND: [{ memberships }, ofOwnDomain(ctx)] });
  }

  /** The groups that a user is in, each with the end of the membership. @throws 403, 404 */
  async groupsOf(
    ctx: RequestContext,
    userId: string,
    query: ListQuery,
  ): Promise<Page<G & { readonly membership_expires_at: Date | null }>> {
    const { db } = this.parts;
    const user = await db.user.findUnique({ where: { id: userId } });
    const of = { user_id: userId, ...(user === null ? {} : target('user', user)) };
    this.enforce(ctx, 'identity:list_groups_for_user', of);
    if (user === null) throw missing('user', userId);
    const members = { some: { user_id: userId, ...lasting(await databaseTime(db)) } };
    const { rows, more } = await this.groups.page(ctx, query, { AND: [{ members }, ofOwnDomain(ctx)] });
    const memberships = await db.groupMember.findMany({
      where: { user_id: userId, group_id: { in: rows.map(({ id }) => id) } },
    });
    const ends = new Map(memberships.map(({ group_id, expires_at }) => [group_id, expires_at]));
    return { rows: rows.map((row) => ({ ...row, membership_expires_at: ends.get(row.id) ?? null })), more };
  }

  /** @throws 404 unless the user is in the group */
  async check(ctx: RequestContext, groupId: string, userId: string): Promise<void> {
    const { db } = this.parts;
    await this.permit(ctx, 'identity:check_user_in_group', groupId, userId);
    const within = { group_id: groupId, user_id: userId, ...lasting(await databaseTime(db)) };
    if ((await db.groupMember.findFirst({ where: within })) === null) throw noMember(groupId, userId);
  }

  /** Puts a user into a group, for good. */
  async add(ctx: RequestContext, groupId: string, userId: string): Promise<void> {
    await this.permit(ctx, 'identity:add_user_to_group', groupId, userId);
    await this.parts.db.$transaction(async (tx) => {
      // Both are locked, so that neither goes between being looked up and being referred to.
      const written = await tx.$executeRaw`
        INSERT INTO keystone.group_members (group_id, user_id)
        SELECT g.id, u.id FROM keystone.groups g, keystone.users u WHERE g.id = ${groupId} AND u.id = ${userId}
        FOR KEY SHARE OF g, u
        ON CONFLICT (group_id, user_id) DO UPDATE SET expires_at = NULL`;
      if (written === 0) throw noMember(groupId, userId);
      await tellOfTokens(tx);
    });
    this.parts.forgetTokens();
  }

  /** Takes a user out of a group; all tokens that the user has end. @throws 404 unless the user is in it */
  async remove(ctx: RequestContext, groupId: string, userId: string): Promise<void> {
    await this.permit(ctx, 'identity:remove_user_from_group', groupId, userId);
    await this.parts.db.$transaction(async (tx) => {
      const { count } = await tx.groupMember.deleteMany({ where: { group_id: groupId, user_id: userId } });
      if (count === 0) throw noMember(groupId, userId);
      await endTokensOfUsers(tx, Prisma.sql`SELECT ${userId} AS user_id`);
      await tellOfTokens(tx);
    });
    this.parts.forgetTokens();
  }

  private async permit(
    ctx: RequestContext,
    rule: RuleName<'keystone'>,
    groupId: string,
    userId: string,
  ): Promise<void> {
    const { db } = this.parts;
    const [group, user] = await Promise.all([
      db.group.findUnique({ where: { id: groupId } }),
      db.user.findUnique({ where: { id: userId } }),
    ]);
    this.enforce(ctx, rule, {
      ...(group === null ? {} : target('group', group)),
      ...(user === null ? {} : target('user', user)),
    });
    if (group === null) throw missing('group', groupId);
    if (user === null) throw missing('user', userId);
  }

  private enforce(ctx: RequestContext, rule: RuleName<'keystone'>, of: Columns): void {
    this.policies.enforce('keystone', rule, ctx.credentials, of);
  }
}

const lasting = (now: Date) => ({ OR: [{ expires_at: null }, { expires_at: { gt: now } }] });

const noMember = (groupId: string, userId: string): OpenStackError =>
  notFound('NotFound', `User '${userId}' not found in group '${groupId}'`);
