import { OpenStackError } from '../errors.js';
import type { TokenScope } from './credentials.js';
import type { Service } from './defaults/index.js';
import type { Scopes } from './rules.js';

/** A token of another scope than the rule takes. */
interface WrongScope {
  readonly needs: Scopes;
  readonly has: TokenScope;
}

/** What a service answers to whom a rule refuses: 403 in the service's own words. */
export function notAllowed(service: Service, rule: string, scope?: WrongScope): OpenStackError {
  if (service === 'neutron' && scope !== undefined) return wrongScope(`rule:${rule}`, scope);
  return service === 'neutron'
    ? disallowed(`rule:${rule}`)
    : new OpenStackError(403, 'Forbidden', WORDS[service]?.(rule) ?? `Policy doesn't allow ${rule} to be performed.`);
}

/**
 * Neutron's refusal, in the words of oslo.policy itself (PolicyNotAuthorized).
 * @param rules the rules that were asked, as oslo.policy writes a check: `(rule:create_port and rule:create_port:device_owner)`
 */
export const disallowed = (rules: string): OpenStackError =>
  new OpenStackError(403, 'PolicyNotAuthorized', `${rules} is disallowed by policy`);

/** oslo.policy's InvalidScope, which only Neutron passes on to its clients. */
const wrongScope = (rule: string, { needs, has }: WrongScope): OpenStackError =>
  new OpenStackError(
    403,
    'InvalidScope',
    `${rule} requires a scope of [${needs.map((one) => `'${one}'`).join(', ')}], request was made with ${has} scope.`,
  );

/** By service: keystone/exception.py (ForbiddenAction), glance/common/exception.py (Forbidden), placement/exception.py. */
const WORDS: Partial<Record<Service, (rule: string) => string>> = {
  keystone: (rule) => `You are not authorized to perform the requested action: ${rule}.`,
  glance: (rule) => `You are not authorized to complete ${rule} action.`,
  placement: (rule) => `Policy does not allow ${rule} to be performed.`,
  aodh: () => 'RBAC Authorization Failed',
  aetos: () => 'RBAC Authorization Failed',
  gnocchi: () => 'Access was denied to this resource.',
};
