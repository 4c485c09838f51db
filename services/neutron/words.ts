import type { RequestContext } from '../kernel/context.js';
import { OpenStackError, notFound } from '../kernel/errors.js';
import { disallowed } from '../kernel/policy/index.js';
import {
  resourcesOf,
  viewsOf,
  type AskedRule,
  type ServiceParts,
  type ServiceWords,
  type TagAction,
} from '../kernel/resource/spec.js';
import type { NeutronQuotas } from './quotas.js';
import type { Shareable } from './sharing.js';

/** `address_group` as `AddressGroup`. */
const pascal = (name: string): string =>
  name
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
/** `address_group` as `Address group`. */
const spoken = (name: string): string => (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('_', ' ');
/** Rules of QoS policies. An alias does not say whose rule it names (neutron/services/qos/qos_plugin.py: _get_policy_id). */
const QOS_RULES_MISSING = Object.fromEntries(
  ['bandwidth_limit', 'dscp_marking', 'minimum_bandwidth', 'minimum_packet_rate', 'packet_rate_limit'].flatMap((type) =>
    [`${type}_rule`, `alias_${type}_rule`].map((one): [string, readonly [string, string]] => [
      one,
      ['QosRuleNotFound', 'QoS rule % for policy %below could not be found.'],
    ]),
  ),
);
/** Where Neutron does not name a thing as the others (neutron_lib/exceptions/l3.py, neutron/extensions/securitygroup.py). */
const MISSING: Readonly<Record<string, readonly [type: string, words: string]>> = {
  router: ['RouterNotFound', 'Router % could not be found'],
  security_group: ['SecurityGroupNotFound', 'Security group % does not exist'],
  security_group_rule: ['SecurityGroupRuleNotFound', 'Security group rule % does not exist'],
  default_security_group_rule: ['DefaultSecurityGroupRuleNotFound', 'Default Security Group rule % does not exist'],
  network_segment_range: ['NetworkSegmentRangeNotFound', 'Network Segment Range % could not be found.'],
  network_ip_availability: ['NetworkNotFound', 'Network % could not be found.'],
  service_profile: ['ServiceProfileNotFound', 'Service Profile % could not be found.'],
  metering_label: ['MeteringLabelNotFound', "Metering label '%' does not exist."],
  metering_label_rule: ['MeteringLabelRuleNotFound', "Metering label rule '%' does not exist."],
  security_groups_default_statefulness: [
    'SecurityGroupDefaultStatefulnessNotFound',
    'Security group default statefulness % could not be found.',
  ],
  subnetpool: ['SubnetPoolNotFound', 'Subnet pool % could not be found.'],
  floatingip: ['FloatingIPNotFound', 'Floating IP % could not be found'],
  port_forwarding: ['PortForwardingNotFound', 'Port Forwarding % could not be found.'],
  policy: ['QosPolicyNotFound', 'QoS policy % could not be found.'],
  ...QOS_RULES_MISSING,
};
function missing(name: string, id: string, below = ''): OpenStackError {
  const [type, words] = MISSING[name] ?? [`${pascal(name)}NotFound`, `${spoken(name)} % could not be found.`];
  return notFound(
    type,
    words.replace(/%(?:below)?/gu, (place) => (place === '%' ? id : below)),
  );
}

/** What the rules of tags say is done with them. */
const TAG_VERBS: Readonly<Record<TagAction, string>> = {
  list: 'get',
  check: 'get',
  create: 'create',
  replace: 'update',
  add: 'update',
  clear: 'delete',
  remove: 'delete',
};

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
  own: ({ projectId }) => ({
    tenant_id: projectId,
    'network:tenant_id': projectId,
    'network:project_id': projectId,
    'security_group:project_id': projectId,
    'ext_parent:project_id': projectId,
  }),
  notFound: ([one], id, below) => missing(one, id, below),
  refused(rules, action, [one], of) {
    // Another project's thing, which somebody may see and not delete, is as if it were not there.
    if (of !== undefined && !of.own && action !== 'update') return missing(one, of.id);
    const [first = '', ...others] = rules.map(written);
    return disallowed(others.reduce((all, rule) => `(${all} and ${rule})`, first));
  },
  hidden: () => new OpenStackError(404, 'HTTPNotFound', 'The resource could not be found.'),
  // neutron_lib/api/attributes.py: _validate_privileges.
  ofAnotherProject: () =>
    new OpenStackError(
      400,
      'HTTPBadRequest',
      "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user.",
    ),
  // neutron/conf/policies: those of segments alone are not called as the others.
  tagRule: (tags, [one]) => (one === 'segment' ? `${TAG_VERBS[tags]}_segments_tags` : `${TAG_VERBS[tags]}_${one}:tags`),
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
  ) => Promise<{
    id: string;
    project_id: string;
    rbac_policies: Shareable['rbac_policies'];
    external: boolean;
    mtu: number;
    port_security_enabled: boolean;
    qos_policy_id: string | null;
  }>;
  /** A port, for what is to lead to it. @throws 404 unless the asker may see it */
  readonly portOf: (ctx: RequestContext, id: string) => Promise<{ readonly id: string }>;
  /** @throws 404 unless the asker may see it */
  readonly routerOf: (ctx: RequestContext, id: string) => Promise<unknown>;
  /** @throws 404 unless the asker may see it */
  readonly floatingIpOf: (ctx: RequestContext, id: string) => Promise<{ readonly project_id: string }>;
  /** A QoS policy, looked for once in a request. @throws 404 unless the asker may see it */
  readonly qosPolicyOf: (ctx: RequestContext, id: string) => Promise<{ project_id: string }>;
  /** Whether somebody is an administrator of Neutron (`context_is_admin`). */
  readonly isAdmin: (ctx: RequestContext) => boolean;
  /** A project's default security group, made where it is not there; undefined where the asker may not have it made. */
  readonly defaultGroupOf: (ctx: RequestContext, projectId: string) => Promise<string | undefined>;
  /** A security group, looked for once in a request. @throws 404 unless the asker may see it */
  readonly groupOf: (ctx: RequestContext, id: string) => Promise<{ id: string; project_id: string }>;
  /** The same of a metering label. */
  readonly meteringLabelOf: (ctx: RequestContext, id: string) => Promise<{ id: string; project_id: string }>;
  /** The same of a group of addresses. */
  readonly addressGroupOf: (ctx: RequestContext, id: string) => Promise<{ id: string }>;
  /** Ids of the agents that have reported lately. */
  readonly aliveAgents: () => Promise<string[]>;
  /** @throws 404 unless the asker may see it */
  readonly addressScopeOf: (ctx: RequestContext, id: string) => Promise<unknown>;
  /** A subnet pool as it was when it was looked for. @throws 404 unless the asker may see it */
  readonly subnetPoolOf: (ctx: RequestContext, id: string) => Promise<{ id: string; ip_version: number }>;
  /** Called when what a network has, has changed. */
  readonly networkChanged: () => void;
}

/** Describes a resource of Neutron. */
export const resource = resourcesOf<NeutronParts>(words);
/** Describes one that has no table of its own. */
export const view = viewsOf(words);
