import type { RequestContext } from '../../kernel/context.js';
import type { Queries } from '../../kernel/database.js';
import { badRequest } from '../../kernel/errors.js';
import type { Columns } from '../../kernel/resource/spec.js';
import { forbiddenAction, refused } from '../delegated.js';
import { rolesOn } from '../effective-roles.js';
import { expiryOf } from '../expiry.js';
import { idsOfRoles, type RoleRef } from '../given-roles.js';
import { missing, type KeystoneParts } from '../words.js';

/** How often a trust may be passed on (keystone.conf: trust.max_redelegation_count). */
const MOST_REDELEGATIONS = 3;

/** What a request gives of a trust. */
interface GivenTrust {
  readonly trustor_user_id: string;
  readonly trustee_user_id: string;
  readonly project_id?: string | null | undefined;
  readonly roles?: unknown;
  readonly expires_at?: string | null | undefined;
  readonly remaining_uses?: number | null | undefined;
  readonly redelegation_count?: number | null | undefined;
  readonly allow_redelegation?: boolean | null | undefined;
}
type Trust = NonNullable<Awaited<ReturnType<Queries['trust']['findUnique']>>>;
interface At {
  readonly ctx: RequestContext;
  readonly parts: KeystoneParts;
}

/**
 * Checks what a new trust says of itself (keystone/api/trusts.py: TrustsResource.post).
 * @returns its columns; those of a trust that is made by another one are checked against that in the transaction
 * @throws 403 for who is not the trustor, 404 without the trustee, the project or a role that the trustor has there, 400
 */
export async function planTrust(at: At, given: GivenTrust): Promise<Columns> {
  const { ctx, parts } = at;
  const { db } = parts;
  const named = (given.roles ?? []) as readonly RoleRef[];
  if (given.project_id && named.length === 0) throw forbiddenAction('At least one role should be specified');
  if (ctx.userId !== given.trustor_user_id) throw forbiddenAction('The authenticated user should match the trustor');
  const trustee = await db.user.findUnique({ where: { id: given.trustee_user_id }, select: { id: true } });
  if (trustee === null) throw missing('user', given.trustee_user_id);
  const roles = [...new Set(await idsOfRoles(db, named))];
  await checkRoles(at, given, roles);
  const expires_at = await expiryOf(db, given.expires_at);
  return { roles, expires_at, project_id: given.project_id ?? null, ...usesOf(given) };
}

/**
 * The trustor has the roles in the project; by a trust, the first trustor has. A project in which he has none is answered
 * as one that is not there.
 * @throws 404
 */
async function checkRoles({ ctx, parts: { db } }: At, { project_id }: GivenTrust, roles: readonly string[]) {
  const source = ctx.token?.trust;
  const giver = source === undefined ? ctx.userId : (await pedigreeOf(db, source)).at(-1)?.trustor_user_id;
  const held = project_id && giver !== undefined ? await rolesOn(db, giver, project_id) : [];
  if (project_id && held.length === 0) throw missing('project', project_id);
  const lacking = roles.find((id) => !held.includes(id));
  if (lacking !== undefined) throw missing('role', lacking);
}

/** How often it may be used and passed on (keystone/trust/core.py: create_trust). @throws 400, 403 */
function usesOf({ allow_redelegation, redelegation_count, remaining_uses }: GivenTrust): Columns {
  if (!allow_redelegation || redelegation_count === 0)
    return { redelegation_count: 0, remaining_uses: remaining_uses ?? null };
  if (redelegation_count && redelegation_count > MOST_REDELEGATIONS) throw refused();
  if (remaining_uses !== null && remaining_uses !== undefined)
    throw badRequest('remaining_uses must not be set if redelegation is allowed');
  return { redelegation_count: redelegation_count ?? MOST_REDELEGATIONS, remaining_uses: null };
}

/** A trust and those that it was made by, the first one last. */
async function pedigreeOf(queries: Pick<Queries, 'trust'>, id: string): Promise<Trust[]> {
  const chain: Trust[] = [];
  for (let next: string | null = id; next !== null;) {
    const found: Trust | null = await queries.trust.findUnique({ where: { id: next } });
    if (found === null || found.deleted_at !== null) throw missing('trust', next);
    chain.push(found);
    next = found.redelegated_trust_id;
  }
  return chain;
}

/**
 * What a trust that is made by another one takes from it (keystone/trust/core.py: _validate_redelegation). The other one is locked, so
 * that it is not deleted without this one.
 * @throws 403 for what that one does not allow, in the words in which Keystone does not tell what
 */
export async function redelegationOf(
  ctx: RequestContext,
  tx: Queries,
  data: Columns,
  { redelegation_count: asked }: GivenTrust,
): Promise<Columns> {
  const source = ctx.token?.trust;
  if (source === undefined) return {};
  await tx.$queryRaw`SELECT 1 FROM keystone.trusts WHERE id = ${source} FOR UPDATE`;
  const chain = await pedigreeOf(tx, source);
  const [parent] = chain;
  if (parent === undefined) throw missing('trust', source);
  const left = parent.redelegation_count - 1;
  const count = data['redelegation_count'] as number;
  if (count > 0 && asked && asked !== left) throw refused();
  const expires_at = (data['expires_at'] as Date | null) ?? parent.expires_at;
  for (const one of chain) {
    if (one.redelegation_count <= 0 || one.redelegation_count > MOST_REDELEGATIONS) throw refused();
    if (data['remaining_uses'] !== null) throw refused();
    if (one.expires_at !== null && expires_at !== null && one.expires_at < expires_at) throw refused();
    if ((data['roles'] as string[]).some((id) => !one.roles.includes(id))) throw refused();
    if (!one.impersonation && data['impersonation'] === true) throw refused();
    if (one.project_id !== data['project_id']) throw refused();
  }
  return { redelegated_trust_id: source, expires_at, redelegation_count: Math.min(count, left) };
}
