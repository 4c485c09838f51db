import type { Queries } from '../../kernel/database.js';
import { conflict } from '../../kernel/errors.js';
import { takeTurn } from '../../kernel/hard-limits.js';
import { bool, text } from '../../kernel/resource/fields.js';
import { planRule } from '../security-group-rules.js';
import { resource } from '../words.js';
import { ruleFields } from './rule-fields.js';
import { nameless } from './standard.js';

const given = { write: ['post'], filter: true } as const;
const { tenant_id: _tenant, project_id: _project, ...unowned } = nameless;

/** A rule that new security groups begin with (neutron/extensions/security_groups_default_rules.py). */
export const defaultSecurityGroupRule = resource({
  names: ['default_security_group_rule', 'default_security_group_rules'],
  record: 'defaultSecurityGroupRule',
  table: 'neutron.default_security_group_rules',
  actions: ['list', 'get', 'create', 'delete'],
  ownerless: true,
  fields: {
    ...unowned,
    ...ruleFields,
    /** PARENT is the group that the rule comes to be in. */
    remote_group_id: text({ refersTo: 'network/security_group', nullable: true, max: 36, sort: true, ...given }),
    used_in_default_sg: bool({ required: true, ...given }),
    used_in_non_default_sg: bool({ required: true, ...given }),
  },
  plan: (_at, input) => ({ ...planRule(input) }),
  async beforeCreate({ tx }, { match }, { used_in_default_sg, used_in_non_default_sg }) {
    await takeTurn(tx, 'neutron/default_security_group_rules');
    const there = await sameRule(tx, String(match), { used_in_default_sg, used_in_non_default_sg });
    if (there !== null)
      throw conflict(
        'DefaultSecurityGroupRuleExists',
        `Default Security group rule already exists. Rule id is ${there.id}.`,
      );
  },
});

/** A rule that says the same, for groups of the same kind. */
function sameRule(tx: Queries, match: string, kinds: Record<'used_in_default_sg' | 'used_in_non_default_sg', boolean>) {
  const { used_in_default_sg, used_in_non_default_sg } = kinds;
  const shared = [
    ...(used_in_default_sg ? [{ used_in_default_sg }] : []),
    ...(used_in_non_default_sg ? [{ used_in_non_default_sg }] : []),
  ];
  return tx.defaultSecurityGroupRule.findFirst({ where: { match, OR: shared }, select: { id: true } });
}
