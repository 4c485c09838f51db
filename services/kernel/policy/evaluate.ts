import type { Check, Template } from './check.js';
import { credential, pythonText, type Credentials, type Target } from './credentials.js';

/** The rules of one service by name; a name that is not there refuses, as in oslo.policy. */
export type CheckOf = (rule: string) => Check | undefined;

/** The rule that says who is an administrator to Nova, Cinder and Neutron (`is_admin:True`). */
const ADMIN_RULE = 'context_is_admin';

/** Whether a check allows it. What the target does not have matches nothing. */
export function evaluate(check: Check, credentials: Credentials, target: Target, rules: CheckOf): boolean {
  switch (check.kind) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'not':
      return !evaluate(check.check, credentials, target, rules);
    case 'and':
      return check.checks.every((one) => evaluate(one, credentials, target, rules));
    case 'or':
      return check.checks.some((one) => evaluate(one, credentials, target, rules));
    case 'rule': {
      const named = rules(check.name);
      return named !== undefined && evaluate(named, credentials, target, rules);
    }
    case 'role': {
      const role = fill(check.role, target)?.toLowerCase();
      return role !== undefined && credentials.roles.some((one) => one.toLowerCase() === role);
    }
    case 'constant':
      return fill(check.value, target) === check.constant;
    case 'attribute':
      return sameText(credential(credentials, check.path), fill(check.value, target));
    case 'is_admin': {
      const admin = rules(ADMIN_RULE);
      const isAdmin = admin !== undefined && evaluate(admin, credentials, target, rules);
      return fill(check.value, target)?.toLowerCase() === String(isAdmin);
    }
    default:
      return matchesField(check, target);
  }
}

/** A list, such as that of the service's roles, matches with any of its items. */
function sameText(value: unknown, text: string | undefined): boolean {
  if (value === undefined || text === undefined) return false;
  return Array.isArray(value) ? value.some((one) => pythonText(one) === text) : pythonText(value) === text;
}

/** @returns undefined where the target lacks an attribute */
function fill({ constants, keys }: Template, target: Target): string | undefined {
  let text = constants[0]!;
  for (const [i, key] of keys.entries()) {
    const value = target[key];
    if (value === undefined) return undefined;
    text += pythonText(value) + constants[i + 1]!;
  }
  return text;
}

/** Neutron's FieldCheck (neutron/policy.py). Whether a port's or a subnet's network is shared is its `network:shared`. */
function matchesField(check: Extract<Check, { kind: 'field' }>, target: Target): boolean {
  const { resource, field, value, pattern } = check;
  const own = target[field];
  const found = own === undefined && resource === 'networks' ? target[`network:${field}`] : own;
  if (found === undefined || found === null) return false;
  return pattern ? pattern.test(pythonText(found)) : pythonText(found) === value;
}
