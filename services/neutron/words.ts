import type { RequestContext } from '../kernel/context.js';
import { OpenStackError, notFound } from '../kernel/errors.js';
import { disallowed } from '../kernel/policy/index.js';
import { resourcesOf, type AskedRule, type ServiceParts, type ServiceWords } from '../kernel/resource/spec.js';
import type { NeutronQuotas } from './quotas.js';

/** `address_group` as `AddressGroup`. */
const pascal = (name: string): string =>
  name
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
/** `address_group` as `Address group`. */
const spoken = (name: string): string => (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('_', ' ');
const missing = (name: string, id: string): OpenStackError =>
  notFound(`${pascal(name)}NotFound`, `${spoken(name)} ${id} could not be found.`);

/** A rule as oslo.policy writes it. */
const written = ({ rule, parts }: AskedRule): string =>
  parts.length === 0 ? `rule:${rule}` : `(rule:${rule} and (${parts.map((part) => `rule:${part}`).join(' and ')}))`;

/** How Neutron's resources speak (neutron_lib/exceptions, neutron/pecan_wsgi/hooks/policy_enforcement.py). */
const words: ServiceWords = {
  service: 'neutron',
  adminRule: 'context_is_admin',
  // neutron/pecan_wsgi/hooks/notifier.py.
  tells: {
    publisher: 'network',
    events: (deed, one) => [`${one}.${deed}.start`, `${one}.${deed}.end`],
    payload: (one, id, attributes) => ({ [`${one}_id`]: id, [one]: attributes }),
  },
  ruleOf: (action, [one]) => `${action === 'list' ? 'get' : action}_${one}`,
  own: ({ projectId }) => ({ tenant_id: projectId, 'network:tenant_id': projectId, 'network:project_id': projectId }),
  notFound: ([one], id) => missing(one, id),
  refused(rules, action, [one], of) {
    // Another project's thing, which somebody may see and not delete, is as if it were not there.
    if (of !== undefined && !of.own && action !== 'update') return missing(one, of.id);
    const [first = '', ...others] = rules.map(written);
    return disallowed(others.reduce((all, rule) => `(${all} and ${rule})`, first));
  },
  // neutron_lib/api/attributes.py: _validate_privileges.
  ofAnotherProject: () =>
    new OpenStackError(
      400,
      'HTTPBadRequest',
      "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user.",
    ),
  stale: (expected, current) =>
    new OpenStackError(
      412,
      'RevisionNumberConstraintFailed',
      `Constrained to ${expected}, but current revision is ${current}`,
    ),
};

/** What Neutron's resources stand on. */
export interface NeutronParts extends ServiceParts {
  readonly quotas: NeutronQuotas;
  /** A network as it was a moment ago. @throws 404 unless the asker may see it */
  readonly networkOf: (
    ctx: RequestContext,
    id: string,
  ) => Promise<{ id: string; project_id: string; shared: boolean; mtu: number }>;
  /** Called when what a network has, has changed. */
  readonly networkChanged: () => void;
}

/** Describes a resource of Neutron. */
export const resource = resourcesOf<NeutronParts>(words);
