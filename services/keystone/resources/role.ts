import { Prisma, type Queries } from '../../kernel/database.js';
import { badRequest, conflict } from '../../kernel/errors.js';
import { text } from '../../kernel/resource/fields.js';
import { lockDomain } from '../tree.js';
import { newId, resource, target, seenByTokens } from '../words.js';
import { LONGEST_TEXT, both, changed, checkMutable, extra, id, idString, madeOf, nameOf, options } from './standard.js';

const fields = {
  id,
  name: nameOf(255),
  description: text({ max: LONGEST_TEXT, nullable: true, ...both }),
  /** A list that names no domain has the roles of none. */
  domain_id: text({ ...idString, nullable: true, ...both, filter: true, listed: null }),
  options: options('immutable'),
  extra,
};

/** A role; one of a domain stands for the roles that it implies (keystone/assignment/schema.py, keystone/api/roles.py). */
export const role = resource({
  names: ['role', 'roles'],
  record: 'role',
  table: 'keystone.roles',
  order: [{ name: 'asc' }],
  newId,
  fields,
  some: {
    are: ({ domain_id }) => Boolean(domain_id),
    rules: {
      list: 'identity:list_domain_roles',
      get: 'identity:get_domain_role',
      create: 'identity:create_domain_role',
      update: 'identity:update_domain_role',
      delete: 'identity:delete_domain_role',
    },
  },
  listedWhole: true,
  changesSomething: true,
  target: (row) => target('role', row),
  newTarget: (_at, input) => target('role', input),
  plan: (_at, input) => madeOf(input, fields),
  async beforeCreate({ tx }, { domain_id }) {
    if (typeof domain_id === 'string') await lockDomain(tx, domain_id);
  },
  beforeUpdate(_at, { domain_id, ...row }, change) {
    const columns = changed('role', row, change, fields);
    if (change.domain_id !== undefined && change.domain_id !== domain_id)
      throw badRequest('Update of `domain_id` is not allowed.');
    return Promise.resolve(columns);
  },
  async beforeDelete({ tx }, row) {
    checkMutable('delete', 'role', row);
    await forgetCredentialsWith(tx, row.id);
  },
  ...seenByTokens,
  taken: ({ name, domain_id }) =>
    conflict(
      'Conflict',
      `Conflict occurred attempting to store role - Duplicate entry found with name ${String(name)}${typeof domain_id === 'string' ? ` at domain ID ${domain_id}` : ''}.`,
    ),
});

/** Application credentials for a project go with a role that their user was given there (keystone/assignment/core.py: delete_role). */
async function forgetCredentialsWith(tx: Queries, roleId: string): Promise<void> {
  await tx.$executeRaw(Prisma.sql`
    DELETE FROM keystone.application_credentials c USING keystone.role_assignments a
    WHERE a.role_id = ${roleId} AND a.user_id = c.user_id AND a.project_id = c.project_id`);
}
