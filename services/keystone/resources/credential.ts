import { createHash } from 'node:crypto';
import type { RequestContext } from '../../kernel/context.js';
import { badRequest, conflict } from '../../kernel/errors.js';
import { text } from '../../kernel/resource/fields.js';
import { forbiddenAction, isDelegated } from '../delegated.js';
import { missing, newId, resource, target } from '../words.js';
import { LONGEST_TEXT, extra, extraOf, idString } from './standard.js';

const EC2 = 'ec2';

/** An access key is looked up by its hash (keystone/common/utils.py: hash_access_key). */
export const ec2CredentialId = (access: string): string => createHash('sha256').update(access).digest('hex');

/** What delegated tokens may not reach: the secrets of the user whose they are (keystone/api/credentials.py: _require_primary_auth). */
export function refuseDelegated(ctx: RequestContext): void {
  if (isDelegated(ctx)) throw forbiddenAction('Delegated tokens cannot access credentials directly');
}

const fields = {
  id: text({}),
  blob: text({ required: 'always', max: LONGEST_TEXT, write: ['post', 'put'], column: 'blob' }),
  project_id: text({ ...idString, nullable: true, write: ['post'] }),
  type: text({ required: true, min: 1, max: 255, write: ['post'], filter: true }),
  user_id: text({ ...idString, required: true, write: ['post'], filter: true }),
  extra,
};

/** A secret that a user has for something (keystone/credential/schema.py, keystone/credential/core.py). Its content is kept sealed. */
export const credential = resource({
  names: ['credential', 'credentials'],
  record: 'credential',
  table: 'keystone.credentials',
  fields,
  newId: ({ type, blob }) => (isEc2(type) ? ec2CredentialId(ec2BlobOf(blob).access) : newId()),
  target: (row) => target('credential', row),
  newTarget: (_at, input) => target('credential', input),
  visible: ({ credentials, userId }) => (credentials.system_scope === null ? { user_id: userId } : {}),
  within: (ctx) => (isDelegated(ctx) ? { id: { in: [] } } : {}),
  permit(ctx, action) {
    if (action !== 'list') refuseDelegated(ctx);
  },
  opened: ({ store }, rows) => rows.map(({ blob }) => ({ blob: store.decryptBlob(blob) })),
  plan({ parts }, input) {
    if (isEc2(input.type) && !input.project_id) throw badRequest("'project_id' is a required property");
    return { ...parts.store.encryptBlob(input.blob), ...extraOf(fields, input) };
  },
  /** Keystone takes users that are not there; a credential of nobody would be of no use, and is left over for whoever gets that id. */
  async beforeCreate({ tx }, { user_id }) {
    const id = String(user_id);
    if (!(await tx.user.findUnique({ where: { id }, select: { id: true } }))) throw missing('user', id);
  },
  beforeUpdate({ parts }, row, change) {
    const { blob = '' } = change;
    const other = Object.keys(change).find((name) => name !== 'blob');
    if (other !== undefined) throw badRequest(`Additional properties are not allowed ('${other}' was unexpected)`);
    if (isEc2(row.type)) checkScope(ec2BlobOf(parts.store.decryptBlob(row.blob)), ec2BlobOf(blob));
    return Promise.resolve({ ...parts.store.encryptBlob(blob) });
  },
  taken: ({ id }) =>
    conflict(
      'Conflict',
      `Conflict occurred attempting to store credential - Duplicate entry found with ID ${String(id)}.`,
    ),
});

const isEc2 = (type: string): boolean => type.toLowerCase() === EC2;

/** What the blob of an EC2 credential says. */
export interface Ec2Blob extends Readonly<Record<string, unknown>> {
  readonly access: string;
  readonly secret?: string | null | undefined;
  readonly trust_id?: string | null | undefined;
  readonly app_cred_id?: string | null | undefined;
}

/** @throws 400 in Keystone's words for what is no such blob */
export function ec2BlobOf(blob: string): Ec2Blob {
  let value: unknown;
  try {
    value = JSON.parse(blob);
  } catch {
    throw badRequest('Invalid blob in credential');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    throw expecting('blob');
  const { access } = value as { access?: unknown };
  if (typeof access !== 'string') throw expecting('access');
  for (const name of ['secret', 'trust_id', 'app_cred_id'])
    if (!isTextOrNone((value as Readonly<Record<string, unknown>>)[name]))
      throw badRequest('Invalid blob in credential');
  return value as Ec2Blob;
}

const isTextOrNone = (value: unknown): boolean => value === undefined || value === null || typeof value === 'string';

const expecting = (attribute: string) =>
  badRequest(
    `Expecting to find ${attribute} in credential. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.`,
  );

/** What a credential is confined to stays. @throws 400 */
function checkScope(before: Ec2Blob, after: Ec2Blob): void {
  for (const key of ['trust_id', 'app_cred_id', 'access_token_id', 'access_id'] as const)
    if (before[key] !== after[key]) throw badRequest(`${key} can not be updated for credential`);
}
