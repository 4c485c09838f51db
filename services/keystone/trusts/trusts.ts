import type { RequestContext } from '../../kernel/context.js';
import type { Policies } from '../../kernel/policy/index.js';
import type { Ruled } from '../../kernel/resource/access.js';
import { Records } from '../../kernel/resource/records.js';
import type { ListQuery } from '../../kernel/resource/query.js';
import { refuseForTrusts, trust, type PassedOn } from '../resources/trust.js';
import { missing, target, words, type KeystoneParts } from '../words.js';

type Input = Parameters<Records<KeystoneParts, 'trust', object, typeof trust.fields>['create']>[1];

/** What the rules of a trust's roles are, for the first look at who asks. */
export const trustRoleRules: Ruled = {
  names: ['role', 'roles'],
  words,
  rules: { list: 'identity:list_roles_for_trust', get: 'identity:get_role_for_trust' },
};

/** Trusts: who may act for whom (keystone/trust/core.py). */
export class Trusts {
  private readonly records;

  constructor(
    private readonly parts: KeystoneParts,
    private readonly policies: Policies,
  ) {
    this.records = new Records(trust, parts, policies);
  }

  create(ctx: RequestContext, inputs: Input) {
    return this.records.create(ctx, inputs);
  }

  /** @throws 403, and 404 for one that is over */
  async get(ctx: RequestContext, id: string) {
    return this.find(ctx, id);
  }

  /** The roles that one passes on. @throws as `get` */
  async withRoles(ctx: RequestContext, id: string, rule: string): Promise<PassedOn> {
    // The records are opened with them (resources/trust.ts).
    return (await this.find(ctx, id, rule)) as unknown as PassedOn;
  }

  /** @throws as `get` */
  async delete(ctx: RequestContext, id: string): Promise<void> {
    await this.checkAlive(ctx, id, 'identity:delete_trust');
    await this.records.delete(ctx, id);
  }

  /** Those of a trustor or of a trustee, or all: each has its own rule. Those that are over are in it. @throws 403 */
  async list(ctx: RequestContext, query: ListQuery) {
    const of = (name: string): string | undefined =>
      query.conditions.find(({ field }) => field === name)?.values[0] as string | undefined;
    const [trustor, trustee] = [of('trustor_user_id'), of('trustee_user_id')];
    const [rule, at] =
      trustor !== undefined
        ? (['identity:list_trusts_for_trustor', { trustor_user_id: trustor }] as const)
        : trustee !== undefined
          ? (['identity:list_trusts_for_trustee', { trustee_user_id: trustee }] as const)
          : (['identity:list_trusts', {}] as const);
    this.policies.enforce('keystone', rule, ctx.credentials, target('trust', at));
    refuseForTrusts(ctx);
    return this.records.page(ctx, query, { deleted_at: null });
  }

  private async find(ctx: RequestContext, id: string, rule = 'identity:get_trust') {
    await this.checkAlive(ctx, id, rule);
    return this.records.getFor(ctx, id, 'get', rule);
  }

  /**
   * One that was deleted, has expired or is used up is not there, nor one that was made by such a one. Keystone says so before it asks
   * its rules; here only who might have seen it learns that it is not there. @throws 404, 403
   */
  private async checkAlive(ctx: RequestContext, id: string, rule: string): Promise<void> {
    const rows = await this.parts.db.$queryRaw<unknown[]>`
      WITH RECURSIVE pedigree AS (
        SELECT t.* FROM keystone.trusts t WHERE t.id = ${id}
        UNION ALL SELECT t.* FROM pedigree p JOIN keystone.trusts t ON t.id = p.redelegated_trust_id)
      SELECT 1 FROM pedigree WHERE redelegated_trust_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM pedigree WHERE deleted_at IS NOT NULL OR expires_at <= now() OR remaining_uses <= 0)`;
    if (rows.length > 0) return;
    const was = await this.parts.db.trust.findUnique({ where: { id } });
    this.policies.enforce('keystone', rule as 'identity:get_trust', ctx.credentials, target('trust', was ?? {}));
    throw missing('trust', id);
  }
}
