import { Type } from 'typebox';
import { isAdmin } from '../../kernel/context.js';
import type { Queries } from '../../kernel/database.js';
import { conflict } from '../../kernel/errors.js';
import { bool, computed } from '../../kernel/resource/fields.js';
import { countTemplateRules, defaultStateful, giveTemplateRules } from '../default-groups.js';
import { SHARING, sharedField, sharedTarget } from '../sharing.js';
import { seesSecurityGroup, sharedFilter } from '../visibility.js';
import { resource } from '../words.js';
import { securityGroupRule, withDefaultGroup } from './security-group-rule.js';
import { standard } from './standard.js';

type RuleRow = Record<string, unknown> & { readonly id: string };
interface Row {
  readonly default_of: string | null;
  readonly project_id: string;
  readonly rules: readonly RuleRow[];
}

/** A rule as its group shows it: as it is shown itself. */
const shownRule = (row: RuleRow, { default_of, project_id }: Row): object => {
  const whole = { ...row, group: { default_of, project_id } };
  return Object.fromEntries(
    Object.entries(securityGroupRule.fields).map(([name, { read }]) => [
      name,
      read === undefined ? row[name] : read(whole as never, 0, () => true, ''),
    ]),
  );
};

/** A security group (neutron/extensions/securitygroup.py, neutron/db/securitygroups_db.py). */
export const securityGroup = resource({
  names: ['security_group', 'security_groups'],
  record: 'securityGroup',
  table: 'neutron.security_groups',
  include: { rules: { orderBy: [{ created_at: 'asc' }, { id: 'asc' }] }, ...SHARING },
  owner: 'project_id',
  quota: 'security_group',
  revisions: true,
  tags: true,
  fields: {
    ...standard,
    stateful: bool({ write: ['post', 'put'], filter: true }),
    shared: sharedField({}),
    security_group_rules: computed(
      Type.Array(Type.Record(Type.String(), Type.Unknown())),
      (row: Row) => row.rules.map((rule) => shownRule(rule, row)),
      {},
    ),
  },
  filters: { shared: sharedFilter },
  visible: seesSecurityGroup,
  target: sharedTarget,
  listing: withDefaultGroup,
  async plan({ ctx, parts }, { name, stateful }, data) {
    checkName(name);
    const project = String(data['project_id']);
    await parts.defaultGroupOf(ctx, project);
    return stateful === undefined ? { stateful: await defaultStateful(parts.db, project) } : {};
  },
  async beforeCreate({ tx, parts }, { project_id }) {
    await parts.quotas.check(tx, 'security_group_rule', String(project_id), await countTemplateRules(tx));
  },
  async afterCreate({ tx }, { id }) {
    await giveTemplateRules(tx, id);
  },
  async beforeUpdate({ tx }, row, { name, stateful }) {
    checkName(name);
    if (row.name === 'default' && name !== undefined)
      throw conflict('SecurityGroupCannotUpdateDefault', 'Updating default security group not allowed.');
    if (stateful !== undefined && stateful !== row.stateful) await checkUnused(tx, row.id);
  },
  async beforeDelete({ ctx, tx }, row) {
    await checkUnused(tx, row.id);
    if (row.name === 'default' && !isAdmin(ctx, 'neutron'))
      throw conflict('SecurityGroupCannotRemoveDefault', 'Insufficient rights for removing default security group.');
  },
});

/** @throws 409: one group of a project has this name, and Neutron made it */
function checkName(name: string | undefined): void {
  if (name?.toLowerCase() === 'default')
    throw conflict('SecurityGroupDefaultAlreadyExists', 'Default security group already exists.');
}

/** The group's row is locked, but ports do not lock it: the foreign key refuses one that comes in between. @throws 409 */
async function checkUnused(tx: Queries, id: string): Promise<void> {
  if (await tx.portSecurityGroup.findFirst({ where: { security_group_id: id }, select: { port_id: true } }))
    throw conflict('SecurityGroupInUse', `Security Group ${id} in use.`);
}
