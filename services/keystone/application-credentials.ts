import type { RequestContext } from '../kernel/context.js';
import type { Queries } from '../kernel/database.js';
import { badRequest, forbidden } from '../kernel/errors.js';
import type { Action } from '../kernel/resource/fields.js';
import { forbiddenAction, isDelegated } from './delegated.js';
import { withImplied } from './effective-roles.js';
import { idsOfRoles, type RoleRef } from './given-roles.js';
import { missing, newId, type KeystoneParts } from './words.js';

/** A rule as a request gives it: one that is there by its id, or one that may be new. */
export interface GivenRule {
  readonly id?: string;
  readonly service?: string;
  readonly method?: string;
  readonly path?: string;
}

/**
 * What is passed on for a while must not leave behind what stays, nor read it: a token of a trust or of an EC2 key
 * (keystone/api/users.py: _block_delegated_token_app_creds). Application credentials have a rule of their own, `refuseRestricted`.
 * @throws 403
 */
export function refuseDelegatedUse(ctx: RequestContext): void {
  if (!ctx.token?.methods.includes('application_credential') && isDelegated(ctx))
    throw forbidden('You are not authorized to perform the requested action.');
}

/** The same, and that only an unrestricted application credential makes and deletes others. @throws 403 */
export function refuseRestricted(ctx: RequestContext, action: Action): void {
  refuseDelegatedUse(ctx);
  if (action === 'list' || action === 'get') return;
  const { methods = [], applicationCredential } = ctx.token ?? {};
  if (methods.includes('application_credential') && applicationCredential?.restricted !== false)
    throw forbiddenAction(
      "Using method 'application_credential' is not allowed for managing additional application credentials.",
    );
}

/**
 * The roles of a new application credential: those of the token that makes it, or some of them with what they imply.
 * @throws 404 without a role of a name, 400 for one that the token does not have
 */
export async function rolesFor(
  { ctx, parts: { db } }: { readonly ctx: RequestContext; readonly parts: KeystoneParts },
  given: readonly RoleRef[] | undefined,
): Promise<string[]> {
  const own = (ctx.token?.roles ?? []).map(({ id }) => id);
  if (given === undefined || given.length === 0) return own;
  const asked = await withImplied(db, await idsOfRoles(db, given));
  if (asked.some((id) => !own.includes(id)))
    throw badRequest('Invalid application credential: Cannot create an application credential with unassigned role');
  return asked;
}

/**
 * The rules of a new application credential: those of its user that are named, and those that say the same; others are made.
 * @throws 404 for one that is another user's
 */
export async function takeRules(tx: Queries, userId: string, given: readonly GivenRule[]): Promise<string[]> {
  const named = await tx.accessRule.findMany({ where: { id: { in: given.flatMap(({ id }) => id ?? []) } } });
  const rules = given.map(({ id = newId(), service, method, path }) => {
    const known = named.find((rule) => rule.id === id);
    if (known !== undefined && known.user_id !== userId) throw missing('Access Rule', id);
    if (known !== undefined) return known;
    if (service === undefined || method === undefined || path === undefined) throw missing('Access Rule', id);
    return { id, user_id: userId, service, method, path };
  });
  // Those that say the same as one that is there, also one that another request makes at once, are that one.
  await tx.accessRule.createMany({ data: rules, skipDuplicates: true });
  const paths = rules.map(({ path }) => path);
  const all = await tx.accessRule.findMany({ where: { user_id: userId, path: { in: paths } } });
  const ids = rules.map(({ id, service, method, path }) => {
    const one = all.find((rule) => rule.service === service && rule.method === method && rule.path === path);
    if (one === undefined) throw missing('Access Rule', id);
    return one.id;
  });
  return [...new Set(ids)];
}

/** Those of a user who is disabled or deleted go, and his rules: enabling him again brings none back (keystone/application_credential/core.py). */
export async function dropApplicationCredentials(tx: Queries, userId: string): Promise<void> {
  await tx.applicationCredential.deleteMany({ where: { user_id: userId } });
  await tx.accessRule.deleteMany({ where: { user_id: userId } });
}
