import { unauthorized } from '../../kernel/errors.js';
import type { Logins } from '../logins.js';
import type { Proven, Reference } from './proof.js';

/** A user's password. An unknown user takes as long as a wrong password. @throws 401 also for one that has expired, which is said */
export async function byPassword(logins: Logins, proof: Reference & { readonly password: string }): Promise<Proven> {
  const { user, expired } = await logins.verify(proof, proof.password);
  if (expired) throw unauthorized(`The password is expired and needs to be changed for user: ${user.id}.`);
  return {
    userId: user.id,
    generation: user.token_generation,
    methods: ['password'],
    chain: [],
    expiresAt: Infinity,
    defaultProjectId: user.default_project_id,
  };
}
