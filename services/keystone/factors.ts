import type { InDomain } from './tokens/token.js';

/** What a user's own rules ask for beside what was shown. */
export interface MissingFactors {
  readonly user: InDomain;
  /** The methods that are enough together, of which some are missing: one of these lists. */
  readonly required: readonly (readonly string[])[];
}

/** The ways to prove who one is that count for a user's rules. Others, which no configuration of ours loads, a rule may name in vain. */
const METHODS: ReadonlySet<string> = new Set([
  'password',
  'token',
  'application_credential',
  'totp',
  'mapped',
  'openid',
]);

/**
 * Whether what a user has shown is enough by the rules that are the user's own (keystone/auth/core.py: UserMFARulesValidator).
 * @param rules of each, all methods together are enough; null where there are none, or they are not to count
 * @returns undefined when it is, and otherwise the rules of which a part was shown
 */
export function missingFactors(
  rules: readonly (readonly string[])[] | null,
  shown: readonly string[],
): readonly (readonly string[])[] | undefined {
  // Rules that nobody can meet lock nobody out.
  const met = (rules ?? [])
    .map((rule) => rule.filter((method) => METHODS.has(method)))
    .filter((rule) => rule.length > 0);
  if (met.length === 0 || met.some((rule) => rule.every((method) => shown.includes(method)))) return undefined;
  return met.filter((rule) => rule.some((method) => shown.includes(method)));
}
