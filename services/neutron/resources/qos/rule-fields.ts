import { uuid } from '../../../kernel/resource/fields.js';
import type { At, Before, Columns } from '../../../kernel/resource/spec.js';
import { rulesConflict } from '../../qos/refusals.js';
import type { RuleType } from '../../qos/rule-types.js';
import { checkBeside, checkMark, checkNoServers, checkUsers, touchPolicy, type RuleValues } from '../../qos/rules.js';
import type { NeutronParts } from '../../words.js';

/** What every rule has. Its policy is said by the path alone. */
export const ruleFields = { id: uuid({ filter: true, sort: true }), policy_id: uuid({ hidden: true }) };

/** A parameter of a rule. */
export const parameter = { write: ['post', 'put'], filter: true, sort: true } as const;

interface Row {
  readonly id: string;
  readonly policy_id: string;
  readonly direction: string;
  readonly policy: { readonly project_id: string };
}
const ofPolicy = ({ project_id }: { readonly project_id: string }): Columns => ({
  project_id,
  'ext_parent:project_id': project_id,
});
const tracked = (type: RuleType): boolean => type === 'minimum_bandwidth' || type === 'minimum_packet_rate';

/** What the rules of every type have in common, under a policy and by their alias (neutron/services/qos/qos_plugin.py). */
export function rulesOf<const T extends RuleType>(type: T) {
  return {
    record: 'qosRule',
    table: 'neutron.qos_rules',
    include: { policy: { select: { project_id: true } } },
    only: { type },
    visible: ({ projectId }: { readonly projectId: string }) => ({ policy: { project_id: projectId } }),
    target: ({ policy }: Row) => ofPolicy(policy),
    async beforeUpdate({ tx }: At<NeutronParts>, row: Row, change: RuleValues) {
      checkMark(change.dscp_mark);
      await touchPolicy(tx, row.policy_id);
      const whole = { direction: row.direction, ...change, id: row.id, type };
      await checkBeside(tx, row.policy_id, change, whole);
      await checkUsers(tx, row.policy_id, type);
      return {};
    },
    async beforeDelete({ tx }: At<NeutronParts>, row: Row) {
      await touchPolicy(tx, row.policy_id);
      if (tracked(type)) await checkNoServers(tx, row.policy_id);
    },
  } as const;
}

/** Those under a policy: their path, how one is made, and by which rules. */
export function underPolicy<const T extends RuleType>(type: T) {
  const rule = `policy_${type}_rule`;
  return {
    ...rulesOf(type),
    names: [`${type}_rule`, `${type}_rules`],
    path: `qos/policies/:policy_id/${type}_rules`,
    below: { field: 'policy_id' },
    rules: {
      list: `get_${rule}`,
      get: `get_${rule}`,
      create: `create_${rule}`,
      update: `update_${rule}`,
      delete: `delete_${rule}`,
    },
    async newTarget({ ctx, parts }: Before<NeutronParts>, _input: object, { policy_id }: Columns) {
      return ofPolicy(await parts.qosPolicyOf(ctx, String(policy_id)));
    },
    above: ({ ctx, parts }: Before<NeutronParts>, id: string) => parts.qosPolicyOf(ctx, id),
    async beforeCreate({ tx }: At<NeutronParts>, data: Columns, input: RuleValues) {
      checkMark(input.dscp_mark);
      const policyId = String(data['policy_id']);
      await touchPolicy(tx, policyId);
      const given = { ...input, ...('direction' in data ? { direction: String(data['direction']) } : {}) };
      await checkBeside(tx, policyId, given, { ...given, id: String(data['id']), type });
      return { type };
    },
    async afterCreate({ tx }: At<NeutronParts>, { policy_id }: Row) {
      await checkUsers(tx, policy_id, type);
    },
    taken: ({ policy_id }: Columns) => rulesConflict(type, '', String(policy_id)),
  } as const;
}

/** The same rules by their ids alone (qos-rules-alias). */
export function byAlias<const T extends RuleType>(type: T) {
  return {
    ...rulesOf(type),
    names: [`alias_${type}_rule`, `alias_${type}_rules`],
    path: `qos/alias_${type}_rules`,
    actions: ['get', 'update', 'delete'],
  } as const;
}
