import { verify } from '@node-rs/argon2';
import type { Database } from '../../kernel/database.js';
import { unauthorized } from '../../kernel/errors.js';
import { DECOY } from '../decoy.js';
import { findUser } from './find-user.js';
import type { Proven, Reference } from './proof.js';

/** A user's password. An unknown user takes as long as a wrong password. @throws 401 */
export async function byPassword(db: Database, user: Reference & { readonly password: string }): Promise<Proven> {
  const record = await findUser(db, user);
  const matches = await verify(record?.password_hash ?? (await DECOY), user.password);
  if (!record?.enabled || !matches) throw unauthorized();
  return {
    userId: record.id,
    generation: record.token_generation,
    methods: ['password'],
    chain: [],
    expiresAt: Infinity,
    defaultProjectId: record.default_project_id,
  };
}
