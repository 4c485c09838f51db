import type { RequestContext } from '../kernel/context.js';
import type { Database } from '../kernel/database.js';
import { notFound } from '../kernel/errors.js';
import type { Policies } from '../kernel/policy/index.js';
import type { Ruled } from '../kernel/resource/access.js';
import { missing, target, words, type KeystoneParts } from './words.js';

/** Who may be given a role, and what a role may be given on. Groups, domains and the system are further kinds. */
export const ACTORS = ['user'] as const;
export const TARGETS = ['project'] as const;

/** Who has roles on what. */
export interface GrantOn {
  readonly actor: { readonly kind: (typeof ACTORS)[number]; readonly id: string };
  readonly target: { readonly kind: (typeof TARGETS)[number]; readonly id: string };
}

/** The rules of grants, for the first look at who asks. */
export const grantRules: Ruled = {
  names: ['grant', 'grants'],
  words,
  rules: {
    list: 'identity:list_grants',
    get: 'identity:check_grant',
    create: 'identity:create_grant',
    delete: 'identity:revoke_grant',
  },
};
type GrantRule = 'identity:list_grants' | 'identity:check_grant' | 'identity:create_grant' | 'identity:revoke_grant';

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
    await this.enforce(ctx, 'identity:list_grants', on);
    return this.db.role.findMany({ where: { assignments: { some: columnsOf(on) } }, orderBy: { name: 'asc' } });
  }

  /** @throws 404 unless the role was given */
  async check(ctx: RequestContext, on: GrantOn, roleId: string): Promise<void> {
    await this.enforce(ctx, 'identity:check_grant', on, roleId);
    const found = await this.db.roleAssignment.findFirst({ where: { ...columnsOf(on), role_id: roleId } });
    if (!found) throw noGrant(on, roleId);
  }

  /** Gives a role; one that was given already stays. @throws 404 without the actor, the target or the role */
  async give(ctx: RequestContext, on: GrantOn, roleId: string): Promise<void> {
    await this.enforce(ctx, 'identity:create_grant', on, roleId);
    const data = { ...columnsOf(on), role_id: roleId };
    await this.db.roleAssignment.createMany({ data: [data], skipDuplicates: true });
    this.parts.forgetTokens();
  }

  /** Takes a role away; tokens open at once what the other roles open. @throws 404 unless it was given */
  async revoke(ctx: RequestContext, on: GrantOn, roleId: string): Promise<void> {
    await this.enforce(ctx, 'identity:revoke_grant', on, roleId);
    const { count } = await this.db.roleAssignment.deleteMany({ where: { ...columnsOf(on), role_id: roleId } });
    if (count === 0) throw noGrant(on, roleId);
    this.parts.forgetTokens();
  }

  /** The rules look at the user, the project and the role, so that these are there before anybody is refused. */
  private async enforce(ctx: RequestContext, rule: GrantRule, on: GrantOn, roleId?: string): Promise<void> {
    const [user, project, role] = await Promise.all([
      this.db.user.findUnique({ where: { id: on.actor.id } }),
      this.db.project.findUnique({ where: { id: on.target.id } }),
      roleId === undefined ? undefined : this.db.role.findUnique({ where: { id: roleId } }),
    ]);
    if (project === null) throw missing('project', on.target.id);
    if (user === null) throw missing('user', on.actor.id);
    if (role === null) throw missing('role', roleId ?? '');
    this.policies.enforce('keystone', rule, ctx.credentials, {
      ...target('user', user),
      ...target('project', project),
      ...(role === undefined ? {} : target('role', { ...role, domain_id: null })),
    });
  }
}

const columnsOf = ({ actor, target: on }: GrantOn): { user_id: string; project_id: string } => ({
  user_id: actor.id,
  project_id: on.id,
});

const noGrant = ({ actor, target: on }: GrantOn, roleId: string) =>
  notFound(
    'NotFound',
    `Could not find role assignment with role: ${roleId}, user or group: ${actor.id}, project, domain, or system: ${on.id}.`,
  );
