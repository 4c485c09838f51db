import { hash, verify } from '@node-rs/argon2';
import type { Database } from '../kernel/database.js';
import { badRequest, forbidden, unauthorized } from '../kernel/errors.js';
import { DECOY } from './decoy.js';

/** Bytes of the longest password (keystone.conf: identity.max_password_length). */
const MAX_PASSWORD = 4096;

/** @throws 403 in Keystone's words for a password that is too long (keystone/exception.py: PasswordVerificationError) */
export async function hashOf(password: string | null | undefined): Promise<string | null> {
  if (password === null || password === undefined) return null;
  if (Buffer.byteLength(password) > MAX_PASSWORD)
    throw forbidden(
      `The password length must be less than or equal to ${MAX_PASSWORD}. The server could not comply with the request because the password is invalid.`,
    );
  return hash(password);
}

/**
 * A user changes the own password, by the one that holds. All tokens that the user has end.
 * @throws 401 when that is not it, or there is no such user; 400 for whom an administrator keeps from it
 */
export async function changePassword(db: Database, id: string, original: string, password: string): Promise<void> {
  const user = await db.user.findUnique({ where: { id } });
  const matches = await verify(user?.password_hash ?? (await DECOY), original);
  if (!user?.enabled || !matches) throw unauthorized();
  if ((user.options as { lock_password?: boolean }).lock_password)
    throw badRequest(
      'Password validation error: You cannot change your password at this time due to password policy disallowing password changes. Please contact your administrator to reset your password..',
    );
  const { count } = await db.user.updateMany({
    // Of two changes at once by one old password, one is too late.
    where: { id, password_hash: user.password_hash },
    data: { password_hash: await hashOf(password), token_generation: { increment: 1 } },
  });
  if (count === 0) throw unauthorized();
}
