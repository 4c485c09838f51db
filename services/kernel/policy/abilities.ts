import { within, type Check } from './check.js';
import { credential, type Credentials, type Target } from './credentials.js';
import type { RuleName } from './defaults/index.js';
import type { Policies, Rule } from './policies.js';

/** What a caller may do by a rule: to anything, to what is the caller's own, or not at all. */
export type Ability = 'all' | 'own' | 'no';

/**
 * What a rule lets a caller do: it is asked for a target of which every attribute that the rule looks at is the caller's
 * own, and for one of which none is.
 */
export function abilityOf(policies: Policies, rule: Rule, credentials: Credentials): Ability {
  const asked = [...attributesOf(policies, rule.service, rule.check)];
  const own: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  for (const { key, path } of asked) {
    const value = credential(credentials, path);
    if (value !== undefined && value !== null) own[key] = value;
    others[key] = 'another';
  }
  const allows = (target: Target): boolean => policies.allows(rule.service, rule.name as RuleName, credentials, target);
  if (allows(others)) return 'all';
  return allows(own) ? 'own' : 'no';
}

/** The target's attributes that a check compares with the caller's, in the rules that it refers to as well. */
function* attributesOf(
  policies: Policies,
  service: Rule['service'],
  check: Check,
): Generator<{ readonly key: string; readonly path: string }> {
  for (const one of within(check)) {
    if (one.kind === 'attribute') for (const key of one.value.keys) yield { key, path: one.path };
    const named = one.kind === 'rule' ? policies.rule(service, one.name) : undefined;
    if (named) yield* attributesOf(policies, service, named.check);
  }
}
