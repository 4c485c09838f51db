import type { RequestContext } from '../kernel/context.js';
import { Prisma, type Database, type Queries } from '../kernel/database.js';
import { forbidden, notFound } from '../kernel/errors.js';
import type { Policies } from '../kernel/policy/index.js';
import type { Ruled } from '../kernel/resource/access.js';
import { missing, target, tellOfTokens, words, type KeystoneParts } from './words.js';

/** Who may be given a role, and what a role may be given on. */
export const ACTORS = ['user', 'group'] as const;
export const TARGETS = ['project', 'domain', 'system'] as const;

/** Who has roles on what. */
export interface GrantOn {
  readonly actor: { readonly kind: (typeof ACTORS)[number]; readonly id: string };
  /** The system has no id. */
  readonly target: { readonly kind: (typeof TARGETS)[number]; readonly id?: string };
  /** Not there but on the projects below it. */
  readonly inherited?: boolean;
}

const ruled = (rules: NonNullable<Ruled['rules']>): Ruled => ({ names: ['grant', 'grants'], words, rules });
/** The rules of grants, for the first look at who asks; the system's have rules of their own for users and for groups. */
export const grantRules = {
  grant: ruled({
    list: 'identity:list_grants',
    get: 'identity:check_grant',
    create: 'identity:create_grant',
    delete: 'identity:revoke_grant',
  }),
  system_user: ruled({
    list: 'identity:list_system_grants_for_user',
    get: 'identity:check_system_grant_for_user',
    create: 'identity:create_system_grant_for_user',
    delete: 'identity:revoke_system_grant_for_user',
  }),
  system_group: ruled({
    list: 'identity:list_system_grants_for_group',
    get: 'identity:check_system_grant_for_group',
    create: 'identity:create_system_grant_for_group',
    delete: 'identity:revoke_system_grant_for_group',
  }),
};
type GrantAction = 'list' | 'get' | 'create' | 'delete';
/** The rules by which grants on a kind of thing are given. */
export const rulesOf = (on: { target: { kind: string }; actor: { kind: GrantOn['actor']['kind'] } }): Ruled =>
  on.target.kind === 'system' ? grantRules[`system_${on.actor.kind}`] : grantRules.grant;

/** Who has which role where (keystone/assignment/core.py). */
export class Grants {
  constructor(
    private readonly parts: KeystoneParts,
    private readonly policies: Policies,
  ) {}

  private get db(): Database {
    return this.parts.db;
  }

  /** The roles that were given; not those that they imply. @throws 404 without the actor or the target */
  async list(ctx: RequestContext, on: GrantOn) {
    await this.enforce(ctx, 'list', on);
    return this.db.role.findMany({ where: { assignments: { some: columnsOf(on) } }, orderBy: { name: 'asc' } });
  }

  /** @throws 404 unless the role was given */
  async check(ctx: RequestContext, on: GrantOn, roleId: string): Promise<void> {
    await this.enforce(ctx, 'get', on, roleId);
    const found = await this.db.roleAssignment.findFirst({ where: { ...columnsOf(on), role_id: roleId } });
    if (!found) throw noGrant(on, roleId);
  }

  /** Gives a role; one that was given already stays. @throws 404 without the actor, the target or the role */
  async give(ctx: RequestContext, on: GrantOn, roleId: string): Promise<void> {
    await this.enforce(ctx, 'create', on, roleId);
    const data = { ...columnsOf(on), role_id: roleId };
    await this.db.$transaction(async (tx) => {
      await tx.roleAssignment.createMany({ data: [data], skipDuplicates: true });
      await tellOfTokens(tx);
    });
    this.parts.forgetTokens();
  }

  /** Takes a role away, and ends the tokens that were issued for there, for good. @throws 404 unless it was given */
  async revoke(ctx: RequestContext, on: GrantOn, roleId: string): Promise<void> {
    await this.enforce(ctx, 'delete', on, roleId);
    await this.db.$transaction(async (tx) => {
      const { count } = await tx.roleAssignment.deleteMany({ where: { ...columnsOf(on), role_id: roleId } });
      if (count === 0) throw noGrant(on, roleId);
      await endGrants(tx, on);
      await tellOfTokens(tx);
    });
    this.parts.forgetTokens();
  }

  /** The rules look at the user or group, at what the role is on, and at the role. */
  private async enforce(ctx: RequestContext, action: GrantAction, on: GrantOn, roleId?: string): Promise<void> {
    const { actor, target: at } = on;
    const id = at.id ?? '';
    const [who, where, role] = await Promise.all([
      actor.kind === 'user'
        ? this.db.user.findUnique({ where: { id: actor.id } })
        : this.db.group.findUnique({ where: { id: actor.id } }),
      at.kind === 'system' ? undefined : this.db.project.findFirst({ where: { id, ...onlyDomains(at.kind) } }),
      roleId === undefined ? undefined : this.db.role.findUnique({ where: { id: roleId } }),
    ]);
    // What is not there is nobody's, and only who may do so anywhere learns of it.
    this.policies.enforce('keystone', rulesOf(on).rules![action] as 'identity:list_grants', ctx.credentials, {
      ...target(actor.kind, who ?? {}),
      ...(at.kind === 'system' ? {} : target(at.kind, where ?? {})),
      ...target('role', role ?? {}),
    });
    if (where === null) throw missing(at.kind, id);
    if (who === null) throw missing(actor.kind, actor.id);
    if (role === null) throw missing('role', roleId ?? '');
    // A role of a domain holds in that domain (keystone/assignment/core.py: DomainSpecificRoleMismatch, ...NotWithinIdPDomain).
    if (action !== 'create' || !role?.domain_id) return;
    if (where === undefined)
      throw forbidden('Domain-specific roles cannot be assigned on the system. Only global roles can.');
    if (role.domain_id !== (where.domain_id ?? where.id))
      throw forbidden(
        `You are not authorized to perform the requested action: role ${role.id} must be in the same domain as the ${at.kind} ${id} being assigned.`,
      );
  }
}

const onlyDomains = (kind: string): { is_domain?: true } => (kind === 'domain' ? { is_domain: true } : {});

/** The columns of an assignment; all of them, since those that do not apply are null. */
export const columnsOf = ({ actor, target: on, inherited = false }: GrantOn) => ({
  user_id: actor.kind === 'user' ? actor.id : null,
  group_id: actor.kind === 'group' ? actor.id : null,
  project_id: on.kind === 'project' ? on.id! : null,
  domain_id: on.kind === 'domain' ? on.id! : null,
  system: on.kind === 'system',
  inherited,
});

/**
 * Ends the tokens of those who had a role there, for good: roles that are given later open none of them again. A role that was
 * inherited opened many projects, so that all of their tokens end. Their application credentials for the project go, as in
 * Keystone (keystone/application_credential/core.py: they are deleted with an assignment of their user).
 */
async function endGrants(tx: Queries, { actor, target: on, inherited }: GrantOn): Promise<void> {
  const users =
    actor.kind === 'user'
      ? Prisma.sql`SELECT ${actor.id} AS user_id`
      : Prisma.sql`SELECT user_id FROM keystone.group_members WHERE group_id = ${actor.id}`;
  if (inherited) {
    await endTokensOfUsers(tx, users);
    return;
  }
  await tx.$executeRaw`
    INSERT INTO keystone.ended_grants (user_id, target_id, generation)
    SELECT user_id, ${on.id ?? on.kind}, 1 FROM (${users}) gone
    ON CONFLICT (user_id, target_id) DO UPDATE SET generation = ended_grants.generation + 1`;
  if (on.kind === 'project')
    await tx.$executeRaw`
      DELETE FROM keystone.application_credentials WHERE project_id = ${on.id} AND user_id IN (SELECT user_id FROM (${users}) gone)`;
}

/** Ends all tokens of some users, for good. @param users a statement that has them as `user_id` */
export async function endTokensOfUsers(tx: Queries, users: Prisma.Sql): Promise<void> {
  await tx.$executeRaw`
    UPDATE keystone.users SET token_generation = token_generation + 1 WHERE id IN (SELECT user_id FROM (${users}) gone)`;
}

const noGrant = ({ actor, target: on }: GrantOn, roleId: string) =>
  notFound(
    'NotFound',
    `Could not find role assignment with role: ${roleId}, user or group: ${actor.id}, project, domain, or system: ${on.id ?? on.kind}.`,
  );
