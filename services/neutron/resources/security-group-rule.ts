import { Type } from 'typebox';
import type { Statements } from '../../kernel/database.js';
import { conflict } from '../../kernel/errors.js';
import { computed, text, uuid } from '../../kernel/resource/fields.js';

import type { Before, Columns } from '../../kernel/resource/spec.js';
import { checkOneGroup, planRule } from '../security-group-rules.js';
import { keepAccess } from '../rbac/kept-access.js';
import { addressGroupMissing } from '../refusals.js';
import { resource, type NeutronParts } from '../words.js';
import { ruleFields } from './rule-fields.js';
import { nameless } from './standard.js';

interface Row {
  readonly group: { readonly project_id: string; readonly default_of: string | null };
}
/** A project that looks has its default group from then on. @param asked what the list is filtered by */
export const withDefaultGroup = ({ ctx, parts }: Before<NeutronParts>, { project_id }: Columns): Promise<unknown> =>
  parts.defaultGroupOf(ctx, typeof project_id === 'string' ? project_id : ctx.projectId);
const isTrue = (values: readonly string[]): boolean => values.at(-1)?.toLowerCase() === 'true';

/** A rule of a security group (neutron/extensions/securitygroup.py, neutron/db/securitygroups_db.py). */
export const securityGroupRule = resource({
  names: ['security_group_rule', 'security_group_rules'],
  record: 'securityGroupRule',
  table: 'neutron.security_group_rules',
  include: { group: { select: { project_id: true, default_of: true } } },
  actions: ['list', 'get', 'create', 'delete'],
  owner: 'project_id',
  quota: 'security_group_rule',
  revisions: true,
  fields: {
    ...nameless,
    security_group_id: text({ max: 36, required: true, write: ['post'], filter: true, sort: true }),
    ...ruleFields,
    remote_group_id: uuid({
      refersTo: 'network/security_group',
      nullable: true,
      write: ['post'],
      filter: true,
      sort: true,
    }),
    normalized_cidr: text({ nullable: true, filter: true, sort: true }),
    belongs_to_default_sg: computed(Type.Boolean(), ({ group }: Row) => group.default_of !== null, {}),
  },
  filters: {
    belongs_to_default_sg: (values) => ({ group: { default_of: isTrue(values) ? { not: null } : null } }),
  },
  visible: ({ projectId }) => ({ OR: [{ project_id: projectId }, { group: { project_id: projectId } }] }),
  listing: withDefaultGroup,
  target: ({ group }) => ofGroup(group),
  newTarget: async ({ ctx, parts }, { security_group_id }) => ofGroup(await parts.groupOf(ctx, security_group_id)),
  async plan({ ctx, parts }, input) {
    const planned = planRule(input);
    const { remote_group_id, remote_address_group_id } = input;
    if (remote_group_id) await parts.groupOf(ctx, remote_group_id);
    if (remote_address_group_id) await parts.addressGroupOf(ctx, remote_address_group_id);
    return { ...planned };
  },
  async beforeCreate(at, _data, { remote_address_group_id }) {
    if (remote_address_group_id) await keepAccess(at, 'address_group', [remote_address_group_id], addressGroupMissing);
  },
  async afterCreateAll({ tx }, rows) {
    checkOneGroup(rows);
    await countChange(tx, rows[0]!.security_group_id);
  },
  beforeDelete: ({ tx }, { security_group_id }) => countChange(tx, security_group_id),
  async taken({ security_group_id, match }, { db }) {
    const there = await db.securityGroupRule.findFirst({
      where: { security_group_id: String(security_group_id), match: String(match) },
      select: { id: true },
    });
    return there === null
      ? conflict('DuplicateSecurityGroupRuleInPost', 'Duplicate Security Group Rule in POST.')
      : conflict('SecurityGroupRuleExists', `Security group rule already exists. Rule id is ${there.id}.`);
  },
});

const ofGroup = ({ project_id }: { readonly project_id: string }) => ({
  'security_group:project_id': project_id,
  'security_group:tenant_id': project_id,
});

/** A change of its rules is one of the group (revises_on_change of neutron/db/models/securitygroup.py). */
async function countChange(tx: Statements, groupId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE neutron.security_groups SET revision_number = revision_number + 1, updated_at = now() WHERE id = ${groupId}`;
}
