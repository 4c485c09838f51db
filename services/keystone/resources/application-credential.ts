import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { conflict } from '../../kernel/errors.js';
import { always, computed, json, shownAs, text } from '../../kernel/resource/fields.js';
import { refuseRestricted, rolesFor, takeRules, type GivenRule } from '../application-credentials.js';
import { hashSecret } from '../hashing.js';
import { forbiddenAction } from '../delegated.js';
import { expiryOf } from '../expiry.js';
import { rolesById, type PassedRole, type RoleRef } from '../given-roles.js';
import { newId, resource, seenByTokens } from '../words.js';
import { LONGEST_TEXT, idString } from './standard.js';

/** Bytes of a secret that Keystone makes up (keystone/api/users.py: _generate_secret). */
const SECRET_BYTES = 64;
/** Bytes of the longest secret that somebody may choose: as of a password. A hash of more would cost as much as it is long. */
const LONGEST_SECRET = 4096;
/** More rules than this are no restriction that anybody reads; each request by such a token is compared with all of them. */
const MOST_RULES = 500;

const post = { write: ['post'] } as const;
const Id = Type.String({ minLength: 1, maxLength: 64, pattern: idString.pattern });
const Role = Type.Object(
  {
    id: Type.Optional(Id),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: String.raw`\S` })),
  },
  { minProperties: 1, maxProperties: 1, additionalProperties: false },
);
const ShownRole = Type.Object({
  id: Type.String(),
  name: Type.String(),
  domain_id: Type.Union([Type.String(), Type.Null()]),
  description: Type.Union([Type.String(), Type.Null()]),
  options: Type.Object({}),
});
const Rule = Type.Object({
  id: Type.Optional(Id),
  service: Type.Optional(Id),
  method: Type.Optional(Type.Enum(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'])),
  path: Type.Optional(Type.String({ maxLength: 225, pattern: '^/' })),
});

type Shown = readonly (RoleRef | PassedRole)[];
interface Row {
  readonly passed?: readonly PassedRole[];
  readonly expires_at: Date | null;
  readonly rules: readonly { readonly rule: Required<GivenRule> }[];
  readonly secret?: string;
}

/** The secrets of new credentials, from when they are hashed until the one answer that shows them. */
const secrets = new WeakMap<object, string>();

/** What a program logs in with in place of its user (keystone/application_credential/schema.py, core.py). */
export const applicationCredential = resource({
  names: ['application_credential', 'application_credentials'],
  path: 'users/:user_id/application_credentials',
  below: { field: 'user_id' },
  record: 'applicationCredential',
  table: 'keystone.application_credentials',
  include: { rules: { include: { rule: { omit: { user_id: true } } }, orderBy: { access_rule_id: 'asc' } } },
  actions: ['list', 'get', 'create', 'delete'],
  order: [{ created_at: 'asc' }],
  closed: true,
  changesSomething: true,
  fields: {
    id: text(post),
    name: text({ required: true, min: 1, max: 255, pattern: String.raw`\S`, ...post, filter: true }),
    description: text({ max: LONGEST_TEXT, nullable: true, ...post }),
    user_id: text({}),
    project_id: text({ ...idString, ...post }),
    system: always(null, Type.Union([Type.String(), Type.Null()]), { ...post, column: '' }),
    unrestricted: json<boolean | null, typeof post>(Type.Union([Type.Boolean(), Type.Null()]), post),
    expires_at: computed<string | null, Row, typeof post & { column: '' }>(
      Type.Union([Type.String(), Type.Null()]),
      // Keystone writes this one time without a Z.
      (row) => row.expires_at?.toISOString().replace('Z', '000') ?? null,
      { ...post, column: '' },
    ),
    roles: shownAs(
      json<Shown, typeof post & { column: '' }>(Type.Array(Role), { ...post, column: '' }),
      Type.Array(ShownRole),
      ({ passed = [] }: Row) => passed,
    ),
    access_rules: computed<readonly GivenRule[] | undefined, Row, typeof post & { column: '' }>(
      Type.Array(Rule, { maxItems: MOST_RULES }),
      ({ rules }) => (rules.length === 0 ? undefined : rules.map(({ rule }) => rule)),
      { ...post, column: '' },
    ),
    secret: computed<string | null | undefined, Row, typeof post & { column: ''; answers: readonly ['create'] }>(
      Type.Union([Type.String({ maxLength: LONGEST_SECRET }), Type.Null()]),
      (row) => row.secret,
      { ...post, column: '', answers: ['create'] },
    ),
  },
  placeTarget: (_ctx, user_id) => ({ user_id }),
  permit: refuseRestricted,
  async opened({ db }, rows) {
    const roles = await rolesById(
      db,
      rows.flatMap((row) => row.roles),
    );
    return rows.map((row) => ({ passed: row.roles.flatMap((id) => roles.get(id) ?? []) }));
  },
  async plan(at, input, { user_id }) {
    const { ctx, parts } = at;
    if (user_id !== ctx.userId) throw forbiddenAction('Cannot create an application credential for another user.');
    const roles = await rolesFor(at, input.roles);
    const expires_at = await expiryOf(parts.db, input.expires_at);
    const secret = input.secret || randomBytes(SECRET_BYTES).toString('base64url');
    secrets.set(input, secret);
    return {
      id: newId(),
      project_id: ctx.projectId,
      unrestricted: input.unrestricted ?? false,
      roles,
      expires_at,
      secret_hash: await hashSecret(secret),
    };
  },
  async afterCreate({ tx }, { id, user_id }, input) {
    const rules = await takeRules(tx, user_id, input.access_rules ?? []);
    await tx.applicationCredentialRule.createMany({
      data: rules.map((access_rule_id) => ({ application_credential_id: id, access_rule_id })),
    });
    return { secret: secrets.get(input) };
  },
  ...seenByTokens,
  taken: ({ name }) =>
    conflict(
      'Conflict',
      `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${String(name)}.`,
    ),
});
