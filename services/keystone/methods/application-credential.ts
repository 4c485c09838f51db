import type { Database } from '../../kernel/database.js';
import { unauthorized, type OpenStackError } from '../../kernel/errors.js';
import { isSecret } from '../hashing.js';
import { findUser } from './find-user.js';
import type { Proof, Proven } from './proof.js';

type ByCredential = Extract<Proof, { readonly method: 'application_credential' }>;

/** It is for the project that it was made for (keystone/exception.py: ApplicationCredentialAuthError). */
export const noScopeOfItsOwn = (): OpenStackError =>
  unauthorized('Error authenticating with application credential: Application credentials cannot request a scope.');

/**
 * An application credential and its secret: by its id, or by its name and its user. Whose it is says the credential and no request.
 * One that is not there takes as long as a wrong secret, and is answered like one. @throws 401
 */
export async function byApplicationCredential(
  db: Database,
  { credential, user, secret }: ByCredential,
): Promise<Proven> {
  const found = await find(db, credential, user);
  const matches = await isSecret(found?.secret_hash, secret);
  if (!found?.user.enabled || !matches) throw unauthorized();
  return {
    userId: found.user_id,
    generation: found.user.token_generation,
    methods: ['application_credential'],
    chain: [],
    // Whether it has expired is for the database's clock to say, when the token is read.
    expiresAt: found.expires_at === null ? Infinity : Math.floor(found.expires_at.getTime() / 1000),
    defaultProjectId: null,
    applicationCredential: { id: found.id, projectId: found.project_id },
  };
}

async function find(db: Database, { id, name }: ByCredential['credential'], user: ByCredential['user']) {
  const include = { user: { select: { enabled: true, token_generation: true } } } as const;
  if (id) return db.applicationCredential.findUnique({ where: { id }, include });
  const owner = user === undefined ? null : await findUser(db, user);
  if (owner === null || !name) return null;
  return db.applicationCredential.findUnique({ where: { user_id_name: { user_id: owner.id, name } }, include });
}
