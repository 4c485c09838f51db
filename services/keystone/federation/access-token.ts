import { decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import { unauthorized } from '../../kernel/errors.js';
import type { ProviderKeys } from './provider-keys.js';

/** Signatures by a provider's own key. One by a secret that both know would be as good as the client's, and `none` as nobody's. */
const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
/** Seconds by which a provider's clock may be wrong. */
const CLOCK = 30;

interface Expected {
  /** The issuers that an operator named. */
  readonly issuers: readonly string[];
  /** What it may be for; one of them. */
  readonly audiences: readonly string[];
}

/**
 * Checks a token of OpenID Connect: by whom it was signed, for whom, and that it has not expired. In front of Keystone, Apache's
 * mod_auth_openidc does so.
 * @returns its claims
 * @throws 401 for whatever does not hold, without saying what; 503 while the provider's keys cannot be had
 */
export async function verifyAccessToken(
  token: string,
  { issuers, audiences }: Expected,
  keys: ProviderKeys,
): Promise<JWTPayload> {
  const issuer = issuerOf(token);
  if (issuer === undefined || !issuers.includes(issuer)) throw unauthorized();
  const expected = {
    issuer,
    audience: [...audiences],
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK,
    requiredClaims: ['sub', 'exp'],
  };
  const verify = async (missing: boolean): Promise<JWTPayload> =>
    (await jwtVerify(token, await keys.of(issuer, missing), expected)).payload;
  try {
    return await verify(false).catch((error: unknown) => {
      // The provider may have another key since.
      if (error instanceof errors.JWKSNoMatchingKey) return verify(true);
      throw error;
    });
  } catch (error) {
    if (error instanceof errors.JOSEError) throw unauthorized();
    throw error;
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
