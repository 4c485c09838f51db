import type { JWTPayload } from 'jose';
import type { Assertion } from './mapping.js';

/**
 * The claims of a token as mappings know them. Apache's mod_auth_openidc gives them to Keystone as variables, whose names depend on
 * how it is set up: each claim has all of these, so that a mapping that was written for one of them goes on working. Several values
 * stay several, where that module joins them by a separator which one of them may contain.
 */
export function assertionOf(claims: JWTPayload): Assertion {
  return Object.fromEntries(
    Object.entries(claims).flatMap(([name, value]) => {
      const values = [value].flat().flatMap((one) => textsOf(one));
      const upper = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
      return [name, `OIDC-${name}`, `OIDC_CLAIM_${name}`, `HTTP_OIDC_${upper}`, `HTTP_OIDC_CLAIM_${upper}`].map(
        (variable): [string, readonly string[]] => [variable, values],
      );
    }),
  );
}

/** A value as mod_auth_openidc writes it. */
function textsOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'string') return [value];
  if (typeof value === 'boolean') return [value ? '1' : '0'];
  return [JSON.stringify(value)];
}
