import { hash, verify } from '@node-rs/argon2';
import { Bounded } from '../kernel/bounded.js';
import { unavailable } from '../kernel/errors.js';
import { DECOY } from './decoy.js';

/**
 * Hashes run on the threads of libuv, of which there are four: one stays for files and names. Each takes some 20 ms and
 * 20 MB, so that who is the last to wait does so for about a second; more would only hold requests that nobody waits for.
 */
const hashing = new Bounded({ atOnce: 3, waiting: 150 }, () =>
  unavailable('Too many passwords are being checked at once; try again.'),
);

/** argon2id, in PHC string form. @throws 503 while too many wait */
export const hashSecret = (secret: string): Promise<string> => hashing.run(() => hash(secret));

/**
 * Whether a secret is the one that was hashed. Where there is none (null), another one is verified all the same: the time
 * that an answer takes must not tell who has one. @throws 503 while too many wait
 */
export async function isSecret(kept: string | null | undefined, secret: string): Promise<boolean> {
  const decoy = await DECOY;
  const matches = await hashing.run(() => verify(kept ?? decoy, secret));
  return matches && typeof kept === 'string';
}
