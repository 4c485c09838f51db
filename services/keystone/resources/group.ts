import { Prisma } from '../../kernel/database.js';
import { conflict } from '../../kernel/errors.js';
import { text, time } from '../../kernel/resource/fields.js';
import { endTokensOfUsers } from '../grants.js';
import { lockDomain } from '../tree.js';
import { newId, ofOwnDomain, resource, seenByTokens, target } from '../words.js';
import { LONGEST_TEXT, both, changed, extra, id, idString, nameOf, plainlyMadeOf } from './standard.js';

const fields = {
  id,
  name: nameOf(255),
  domain_id: text({ ...idString, ...both, default: 'default', filter: true }),
  description: text({ max: LONGEST_TEXT, nullable: true, default: '', ...both }),
  extra,
};

/** A group of users, who have its roles (keystone/identity/schema.py, keystone/identity/core.py). */
export const group = resource({
  names: ['group', 'groups'],
  record: 'group',
  table: 'keystone.groups',
  changesSomething: true,
  order: [{ name: 'asc' }],
  newId,
  fields,
  within: ofOwnDomain,
  target: (row) => target('group', row),
  newTarget: (_at, { domain_id = 'default' }) => target('group', { domain_id }),
  plan: (_at, input) => ({ ...plainlyMadeOf(input, fields), description: input.description ?? '' }),
  beforeCreate: ({ tx }, { domain_id }) => lockDomain(tx, String(domain_id)).then(() => undefined),
  beforeUpdate(_at, row, change) {
    const description = change.description === null ? { description: '' } : {};
    return Promise.resolve({ ...changed('group', row, change, fields), ...description });
  },
  /** Whom it gave a role loses it, and all tokens with it. */
  async beforeDelete({ tx }, { id: groupId }) {
    if (await tx.roleAssignment.findFirst({ where: { group_id: groupId }, select: { id: true } }))
      await endTokensOfUsers(tx, Prisma.sql`SELECT user_id FROM keystone.group_members WHERE group_id = ${groupId}`);
  },
  ...seenByTokens,
  taken: ({ name, domain_id }) =>
    conflict(
      'Conflict',
      `Conflict occurred attempting to store group - Duplicate entry found with name ${String(name)} at domain ID ${String(domain_id)}.`,
    ),
});

/** A group as the list of a user's groups shows it: with the end of the membership, where an identity provider gave it. */
export const userGroup = {
  ...group,
  title: 'UserGroup',
  fields: { ...fields, membership_expires_at: time({}) },
};
