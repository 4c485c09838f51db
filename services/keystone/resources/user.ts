import { Type } from 'typebox';
import { databaseTime } from '../../kernel/clock.js';
import type { Queries } from '../../kernel/database.js';
import { badRequest, conflict } from '../../kernel/errors.js';
import { bool, computed, text, time } from '../../kernel/resource/fields.js';
import { dropApplicationCredentials } from '../application-credentials.js';
import { hashOf, keepFormer, timesOf } from '../passwords.js';
import { lockDomain } from '../tree.js';
import { newId, notImplemented, ofOwnDomain, resource, target, seenByTokens } from '../words.js';
import { expiring } from './password-expiry-filter.js';
import {
  LONGEST_TEXT,
  both,
  changed,
  extra,
  flags,
  id,
  idString,
  madeOf,
  merged,
  nameOf,
  optionsOf,
  unlessNull,
} from './standard.js';

interface Federated {
  readonly idp_id: string;
  readonly protocol_id: string;
  readonly unique_id: string;
}
const FederatedSchema = Type.Array(
  Type.Object({
    idp_id: Type.String(),
    protocols: Type.Array(Type.Object({ protocol_id: Type.String(), unique_id: Type.String() })),
  }),
);
/** As the identity providers know a user; left out for one whom none does. */
function federatedView({ federated }: { readonly federated: readonly Federated[] }) {
  if (federated.length === 0) return undefined;
  return [...new Set(federated.map(({ idp_id }) => idp_id))].map((idp_id) => ({
    idp_id,
    protocols: federated
      .filter((one) => one.idp_id === idp_id)
      .map(({ protocol_id, unique_id }) => ({ protocol_id, unique_id })),
  }));
}

/** keystone/identity/backends/resource_options.py */
const OPTIONS = {
  ...flags(
    'ignore_change_password_upon_first_use',
    'ignore_password_expiry',
    'ignore_lockout_failure_attempts',
    'lock_password',
    'ignore_user_inactivity',
    'multi_factor_auth_enabled',
  ),
  multi_factor_auth_rules: Type.Array(Type.Array(Type.String(), { minItems: 1, uniqueItems: true }), {
    uniqueItems: true,
  }),
};

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
  password_expires_at: time({}),
  federated: computed(FederatedSchema, federatedView, { answers: ['get', 'create', 'update'] }),
  options: optionsOf(OPTIONS),
  extra,
};

const knownBy = (column: keyof Federated) => (values: readonly string[]) => ({
  federated: { some: { [column]: { in: [...values] } } },
});

/** A user (keystone/identity/schema.py, keystone/identity/core.py). One without a password cannot log in. */
export const user = resource({
  names: ['user', 'users'],
  record: 'user',
  table: 'keystone.users',
  changesSomething: true,
  include: { federated: true },
  order: [{ name: 'asc' }],
  newId,
  fields,
  within: ofOwnDomain,
  filters: {
    password_expires_at: (values) => ({ AND: values.map(expiring) }),
    idp_id: knownBy('idp_id'),
    protocol_id: knownBy('protocol_id'),
    unique_id: knownBy('unique_id'),
  },
  target: (row) => target('user', row),
  newTarget: (_at, { domain_id = 'default' }) => Promise.resolve(target('user', { domain_id })),
  async plan({ parts }, input) {
    checkFederated(input);
    return { ...madeOf(input, fields), password_hash: await hashOf(parts.config.keystone, input.password) };
  },
  async beforeCreate({ tx, parts }, { domain_id, password_hash }, { default_project_id, options = {} }) {
    await lockDomain(tx, String(domain_id));
    await checkDefault(tx, default_project_id);
    const password = { set: password_hash !== null, given: true, options };
    return timesOf(parts.config.keystone, await databaseTime(tx), password);
  },
  async planUpdate({ parts }, change) {
    checkFederated(change);
    const { password } = change;
    return password === undefined ? {} : { password_hash: await hashOf(parts.config.keystone, password) };
  },
  /** Another password, none any more or being disabled end all tokens that the user has, for good. */
  async beforeUpdate({ tx, parts }, row, change) {
    const { password, enabled, default_project_id } = change;
    const columns = changed('user', row, change, fields);
    await checkDefault(tx, default_project_id);
    if (enabled === false) await dropApplicationCredentials(tx, row.id);
    const now = await databaseTime(tx);
    const rules = parts.config.keystone;
    const options = merged(row.options, change.options ?? {});
    if (password !== undefined) await keepFormer(tx, rules, row);
    return {
      ...columns,
      ...(password === undefined ? {} : timesOf(rules, now, { set: password !== null, given: true, options })),
      // Whom an administrator enables is neither locked nor inactive any more.
      ...(enabled ? { failed_logins: 0, failed_at: null, last_active_on: now } : {}),
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

/** Who an identity provider's user is, that one says at the log-in. @throws 501 for a request that would say it */
function checkFederated(input: object): void {
  const { federated } = input as { readonly federated?: unknown };
  if (Array.isArray(federated) && federated.length > 0)
    throw notImplemented('The attribute `federated` of a user cannot be written.');
}

/** A project that is not there passes, as in Keystone. @throws 400 for a domain */
async function checkDefault(tx: Queries, projectId: string | null | undefined): Promise<void> {
  if (projectId && (await tx.project.findUnique({ where: { id: projectId }, select: { is_domain: true } }))?.is_domain)
    throw badRequest(`User's default project ID cannot be a domain ID: ${projectId}`);
}
