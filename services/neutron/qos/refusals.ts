import { OpenStackError, conflict, notFound } from '../../kernel/errors.js';

/** neutron_lib/exceptions/qos.py, in Neutron's words. */
export const policyMissing = (id: string): OpenStackError =>
  notFound('QosPolicyNotFound', `QoS policy ${id} could not be found.`);

export const policyInUse = (id: string, kind: string, user: string): OpenStackError =>
  conflict('QosPolicyInUse', `QoS Policy ${id} is used by ${kind} ${user}.`);

/** Somebody takes a policy from a thing that he may not look at: its owner's, say. */
export const mayNotRemove = (id: string): OpenStackError =>
  new OpenStackError(
    403,
    'PolicyRemoveAuthorizationError',
    `Failed to remove provided policy ${id} because you are not authorized.`,
  );

export const notByPort = (type: string, portId: string): OpenStackError =>
  conflict('QosRuleNotSupported', `Rule ${type} is not supported by port ${portId}`);

export const notByNetwork = (type: string, networkId: string): OpenStackError =>
  conflict('QosRuleNotSupportedByNetwork', `Rule ${type} is not supported by network ${networkId}`);

export const rulesConflict = (type: string, ruleId: string, policyId: string): OpenStackError =>
  conflict(
    'QoSRulesConflict',
    `Rule ${type} conflicts with rule ${ruleId} which already exists in QoS Policy ${policyId}.`,
  );

export const parameterConflict = (
  value: number | string,
  policyId: string,
  type: string,
  existing: number | string | null,
): OpenStackError =>
  conflict(
    'QoSRuleParameterConflict',
    `Unable to add the rule with value ${value} to the policy ${policyId} as the existing rule of type ${type} has value ${existing}.`,
  );

/** There is one default policy in a project. */
export const defaultExists = (projectId: string): OpenStackError =>
  conflict('QoSPolicyDefaultAlreadyExists', `A default QoS policy exists for project ${projectId}.`);

/** What is tracked by Placement in Neutron cannot be changed under servers: Neutron has no words but these, and answers 501. */
export const trackedByPlacement = (): OpenStackError =>
  new OpenStackError(
    501,
    'HTTPNotImplemented',
    'Cannot update QoS policies/rules backed by resources tracked in Placement',
  );
