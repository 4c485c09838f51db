import { Type } from 'typebox';
import type { Queries } from '../../kernel/database.js';
import { badRequest, conflict } from '../../kernel/errors.js';
import { always, bool, text } from '../../kernel/resource/fields.js';
import { dropApplicationCredentials } from '../application-credentials.js';
import { hashOf } from '../passwords.js';
import { lockDomain } from '../tree.js';
import { newId, resource, target, seenByTokens } from '../words.js';
import { LONGEST_TEXT, both, changed, extra, id, idString, madeOf, nameOf, options, unlessNull } from './standard.js';

/** Users whose passwords expire, and those of other identity providers: there are none. */
const nobody = () => ({ id: { in: [] } });
const fields = {
  id,
  name: nameOf(255),
  domain_id: text({ ...idString, ...both, default: 'default', filter: true }),
  enabled: bool({ default: true, ...both, filter: true, sort: true }),
  default_project_id: unlessNull(
    'default_project_id',
    Type.String({ minLength: 1, maxLength: 64, pattern: idString.pattern }),
  ),
  description: unlessNull('description', Type.String({ maxLength: LONGEST_TEXT })),
  email: unlessNull('email', Type.String({ maxLength: 255 })),
  password: text({ nullable: true, ...both, hidden: true, column: '' }),
  password_expires_at: always(null, Type.Null()),
  options: options(
    'ignore_change_password_upon_first_use',
    'ignore_password_expiry',
    'ignore_lockout_failure_attempts',
    'ignore_user_inactivity',
    'lock_password',
  ),
  extra,
};

/** A user (keystone/identity/schema.py, keystone/identity/core.py). One without a password cannot log in. */
export const user = resource({
  names: ['user', 'users'],
  record: 'user',
  table: 'keystone.users',
  order: [{ name: 'asc' }],
  newId,
  fields,
  filters: { password_expires_at: nobody, idp_id: nobody, protocol_id: nobody, unique_id: nobody },
  target: (row) => target('user', row),
  newTarget: (_at, { domain_id }) => Promise.resolve(target('user', { domain_id })),
  plan: async (_at, input) => ({ ...madeOf(input, fields), password_hash: await hashOf(input.password) }),
  async beforeCreate({ tx }, { domain_id }, { default_project_id }) {
    await lockDomain(tx, String(domain_id));
    await checkDefault(tx, default_project_id);
  },
  /** Another password, none any more or being disabled end all tokens that the user has, for good. */
  async beforeUpdate({ tx }, row, change) {
    const { password, enabled, default_project_id } = change;
    const columns = changed('user', row, change, fields);
    await checkDefault(tx, default_project_id);
    if (enabled === false) await dropApplicationCredentials(tx, row.id);
    return {
      ...columns,
      ...(password === undefined ? {} : { password_hash: await hashOf(password) }),
      ...(password !== undefined || enabled === false ? { token_generation: { increment: 1 } } : {}),
    };
  },
  /** The credentials first: a rule that one uses is not deleted with its user. */
  beforeDelete: ({ tx }, { id: gone }) => dropApplicationCredentials(tx, gone),
  ...seenByTokens,
  taken: ({ name, domain_id }) =>
    conflict(
      'Conflict',
      `Conflict occurred attempting to store user - Duplicate entry found with name ${String(name)} at domain ID ${String(domain_id)}.`,
    ),
});

/** A project that is not there passes, as in Keystone. @throws 400 for a domain */
async function checkDefault(tx: Queries, projectId: string | null | undefined): Promise<void> {
  if (projectId && (await tx.project.findUnique({ where: { id: projectId }, select: { is_domain: true } }))?.is_domain)
    throw badRequest(`User's default project ID cannot be a domain ID: ${projectId}`);
}
