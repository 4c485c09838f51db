import { forbidden } from '../../kernel/errors.js';
import { text } from '../../kernel/resource/fields.js';
import { refuseDelegatedUse } from '../application-credentials.js';
import { resource, target } from '../words.js';

/** A request that a user's application credentials may make; it is made with the first of them (keystone/application_credential/schema.py). */
export const accessRule = resource({
  names: ['access_rule', 'access_rules'],
  path: 'users/:user_id/access_rules',
  below: { field: 'user_id' },
  record: 'accessRule',
  table: 'keystone.access_rules',
  actions: ['list', 'get', 'delete'],
  closed: true,
  changesSomething: true,
  fields: {
    id: text({}),
    service: text({ filter: true }),
    method: text({ filter: true }),
    path: text({ filter: true }),
    user_id: text({ hidden: true }),
  },
  placeTarget: (_ctx, below) => target('user', { id: below }),
  target: (row) => target('user', { id: row.user_id }),
  permit: refuseDelegatedUse,
  /** Its row is locked, so that no credential begins to use it meanwhile. */
  async beforeDelete({ tx }, { id }) {
    const used = await tx.applicationCredentialRule.findFirst({ where: { access_rule_id: id } });
    if (used) throw forbidden('May not delete access rule in use');
  },
});
