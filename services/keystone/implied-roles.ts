import type { RequestContext } from '../kernel/context.js';
import { isConflict } from '../kernel/database.js';
import { conflict, forbidden, notFound } from '../kernel/errors.js';
import type { Policies, RuleName } from '../kernel/policy/index.js';
import type { Ruled } from '../kernel/resource/access.js';
import type { Named } from './tokens/token.js';
import { missing, target, tellOfTokens, words, type KeystoneParts } from './words.js';

/** What nobody is to have by having less (keystone.conf: prohibited_implied_role). */
const NEVER_IMPLIED = 'admin';

/** A role, and those that whoever has it has, too. */
export interface Inference {
  readonly prior: Named;
  readonly implies: readonly Named[];
}

export const inferenceRules: Ruled = {
  names: ['implied_role', 'implied_roles'],
  words,
  rules: {
    list: 'identity:list_implied_roles',
    get: 'identity:get_implied_role',
    create: 'identity:create_implied_role',
    delete: 'identity:delete_implied_role',
  },
};
const CHECK = 'identity:check_implied_role' satisfies RuleName<'keystone'>;
type InferenceRule = Extract<RuleName<'keystone'>, `identity:${string}_implied_role${'' | 's'}`>;
const named = { select: { id: true, name: true } } as const;

/**
 * Which roles imply which (keystone/api/roles.py, keystone/api/role_inferences.py). Roles may imply each other in a circle, as in
 * Keystone: who has one of them has all.
 */
export class ImpliedRoles {
  constructor(
    private readonly parts: KeystoneParts,
    private readonly policies: Policies,
  ) {}

  /** All of them; the rule is the endpoint's. */
  async all(): Promise<Inference[]> {
    const roles = await this.parts.db.role.findMany({
      where: { implies: { some: {} } },
      orderBy: { name: 'asc' },
      include: { implies: { include: { implied: named }, orderBy: { implied: { name: 'asc' } } } },
    });
    return roles.map(({ id, name, implies }) => ({ prior: { id, name }, implies: implies.map((one) => one.implied) }));
  }

  /** Those that one role implies, and not what these imply. @throws 404 without the role */
  async of(ctx: RequestContext, priorId: string): Promise<Inference> {
    const prior = await this.enforce(ctx, 'identity:list_implied_roles', priorId);
    const rows = await this.parts.db.roleInference.findMany({
      where: { prior_role_id: priorId },
      include: { implied: named },
      orderBy: { implied: { name: 'asc' } },
    });
    return { prior, implies: rows.map(({ implied }) => implied) };
  }

  /** @throws 404 unless the one implies the other */
  async get(ctx: RequestContext, priorId: string, impliedId: string): Promise<{ prior: Named; implied: Named }> {
    const both = await this.enforceBoth(ctx, 'identity:get_implied_role', priorId, impliedId);
    await this.find(priorId, impliedId);
    return both;
  }

  /** The same for HEAD, which has a rule of its own beside that of GET. */
  async check(ctx: RequestContext, priorId: string, impliedId: string): Promise<void> {
    await this.enforceBoth(ctx, CHECK, priorId, impliedId);
    await this.get(ctx, priorId, impliedId);
  }

  /** @throws 404 without the roles, 403 for one that nobody may imply, 409 where it does already */
  async create(ctx: RequestContext, priorId: string, impliedId: string): Promise<{ prior: Named; implied: Named }> {
    const both = await this.enforceBoth(ctx, 'identity:create_implied_role', priorId, impliedId);
    const { prior, implied } = both;
    // A role of a domain is given by its domain, and nobody is to have it by a role that every domain gives.
    if (implied.name === NEVER_IMPLIED || (prior.domain_id === null && implied.domain_id !== null))
      throw forbidden(`${impliedId} cannot be an implied roles.`);
    await this.parts.db
      .$transaction(async (tx) => {
        await tx.roleInference.create({ data: { prior_role_id: priorId, implied_role_id: impliedId } });
        await tellOfTokens(tx);
      })
      .catch((error: unknown) => {
        if (isConflict(error))
          throw conflict('Conflict', 'Conflict occurred attempting to store implied_role - Duplicate entry.');
        throw error;
      });
    this.parts.forgetTokens();
    return both;
  }

  /** @throws 404 unless the one implies the other */
  async delete(ctx: RequestContext, priorId: string, impliedId: string): Promise<void> {
    await this.enforceBoth(ctx, 'identity:delete_implied_role', priorId, impliedId);
    await this.parts.db.$transaction(async (tx) => {
      const where = { prior_role_id: priorId, implied_role_id: impliedId };
      const { count } = await tx.roleInference.deleteMany({ where });
      if (count === 0) throw notImplied(priorId, impliedId);
      await tellOfTokens(tx);
    });
    this.parts.forgetTokens();
  }

  private async find(priorId: string, impliedId: string): Promise<void> {
    const where = { prior_role_id_implied_role_id: { prior_role_id: priorId, implied_role_id: impliedId } };
    if ((await this.parts.db.roleInference.findUnique({ where })) === null) throw notImplied(priorId, impliedId);
  }

  private async enforce(ctx: RequestContext, rule: InferenceRule, priorId: string) {
    const prior = await this.role(priorId);
    this.policies.enforce('keystone', rule, ctx.credentials, target('prior_role', prior));
    return prior;
  }

  private async enforceBoth(ctx: RequestContext, rule: InferenceRule, priorId: string, impliedId: string) {
    const prior = await this.role(priorId);
    const implied = await this.role(impliedId);
    const of = { ...target('prior_role', prior), ...target('implied_role', implied) };
    this.policies.enforce('keystone', rule, ctx.credentials, of);
    return { prior, implied };
  }

  private async role(id: string) {
    const role = await this.parts.db.role.findUnique({ where: { id } });
    if (role === null) throw missing('role', id);
    return role;
  }
}

const notImplied = (priorId: string, impliedId: string) =>
  notFound('NotFound', `${priorId} does not imply ${impliedId}.`);
