import type { Database } from '../../kernel/database.js';
import { unauthorized } from '../../kernel/errors.js';
import { forbiddenAction, isDelegatedBy, refused } from '../delegated.js';
import type { Payload, TokenRow, TokenTarget } from '../tokens/token.js';

/** What a token by a trust is for: as the trustor where he is impersonated, on the trust's project. */
interface TrustScope {
  readonly user: string;
  readonly target: TokenTarget;
  readonly trust: string;
}

/** @throws 401 without such a trust, and for one that is used up; 403 for whom it was not made for */
export async function scopeOfTrust(db: Database, trustee: string, id: string): Promise<TrustScope> {
  const trust = await db.trust.findFirst({
    where: { id, deleted_at: null, OR: [{ remaining_uses: null }, { remaining_uses: { gt: 0 } }] },
  });
  if (!trust) throw unauthorized();
  if (trust.trustee_user_id !== trustee) throw refused();
  return {
    user: trust.impersonation ? trust.trustor_user_id : trustee,
    target: trust.project_id === null ? { kind: 'unscoped' } : { kind: 'project', id: trust.project_id },
    trust: id,
  };
}

/** Why nobody gets a token: 403 by a trust whose trustor no longer has the roles, else 401. */
export const notOpened = ({ trust, roles }: TokenRow) =>
  trust !== null && roles === null ? refused() : unauthorized();

/**
 * Takes one of the tokens that a trust is good for: of two that ask at once for the last one, one is too late.
 * @param generation the trustee's, when he proved who he is
 * @throws 401 when it no longer holds
 */
export async function useTrust(db: Database, id: string, { trust }: TokenRow, generation: number): Promise<void> {
  if (trust === null || trust.of_trustee !== generation) throw unauthorized();
  if (!trust.limited) return;
  const { count } = await db.trust.updateMany({
    where: { id, deleted_at: null, remaining_uses: { gt: 0 } },
    data: { remaining_uses: { decrement: 1 } },
  });
  if (count === 0) throw unauthorized();
}

/** What was handed on is not handed on again as another token, which could reach further (keystone/auth/plugins/token.py). @throws 403 */
export function refuseToPassOn({ trust, methods }: Payload): void {
  if (trust !== undefined)
    throw forbiddenAction('Using trust-scoped token to create another token. Create a new trust-scoped token instead');
  if (isDelegatedBy(methods)) throw forbiddenAction('Using a delegated token to create another token is not allowed.');
}
