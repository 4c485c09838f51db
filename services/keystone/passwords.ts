import type { Config } from '#config';
import type { Queries } from '../kernel/database.js';
import { badRequest, forbidden } from '../kernel/errors.js';
import { hashSecret } from './hashing.js';

/** What is asked of passwords (keystone.conf: security_compliance). */
export type PasswordRules = Config['keystone'];

/** Bytes of the longest password (keystone.conf: identity.max_password_length). */
const MAX_PASSWORD = 4096;
const DAY_MS = 86_400_000;

/** Whether an option of a user exempts from a rule. */
export const exempt = (options: unknown, option: string): boolean =>
  (options as Readonly<Record<string, unknown>>)[option] === true;

/**
 * The hash of a password that is to be set.
 * @param password null takes the password away, and undefined says nothing of it
 * @throws 400 for one that is not as passwords must be, 403 for one that is too long, 503 while too many are hashed
 */
export async function hashOf(rules: PasswordRules, password: string | null | undefined): Promise<string | null> {
  if (password === undefined) return null;
  checkStrength(rules, password);
  return password === null ? null : hashSecret(password);
}

/** keystone/common/validation/validators.py: validate_password */
function checkStrength({ password_regex, password_regex_description }: PasswordRules, password: string | null): void {
  if (password !== null && Buffer.byteLength(password) > MAX_PASSWORD)
    throw forbidden(
      `The password length must be less than or equal to ${MAX_PASSWORD}. The server could not comply with the request because the password is invalid.`,
    );
  if (password_regex === '') return;
  if (password === null) throw badRequest('Password validation error: Password must be a string type.');
  // It holds from the first character on, as Python's `match`.
  if (!new RegExp(`^(?:${password_regex})`, 'u').test(password))
    throw badRequest(`The password does not match the requirements: ${password_regex_description}.`);
}

/** A password that is set. */
interface SetPassword {
  /** Whether it is one, and does not take the former away. */
  readonly set: boolean;
  /** Whether an administrator sets it, and not the user. */
  readonly given: boolean;
  /** The user's options. */
  readonly options: unknown;
}

/** What is written down of a password beside its hash. @param now by the database's clock */
export const timesOf = (rules: PasswordRules, now: Date, password: SetPassword) => ({
  password_set_at: password.set ? now : null,
  password_expires_at: expiryOf(rules, now, password),
  password_given: password.given,
});

/** keystone/identity/backends/sql_model.py: _get_password_expires_at; sql.py: _change_password_required */
function expiryOf(rules: PasswordRules, now: Date, { set, given, options }: SetPassword): Date | null {
  if (!set) return null;
  const { change_password_upon_first_use: first, password_expires_days: days } = rules;
  if (given && first && !exempt(options, 'ignore_change_password_upon_first_use')) return wholeSeconds(now);
  if (days === 0 || exempt(options, 'ignore_password_expiry')) return null;
  return wholeSeconds(new Date(now.getTime() + days * DAY_MS));
}

const wholeSeconds = (time: Date): Date => new Date(Math.floor(time.getTime() / 1000) * 1000);

/** Keeps a password that is replaced, as one that is not to be taken again, and as many before it as the rules look at. */
export async function keepFormer(
  tx: Queries,
  { unique_last_password_count: count }: PasswordRules,
  { id: user_id, password_hash }: { readonly id: string; readonly password_hash: string | null },
): Promise<void> {
  // The one that holds is the first of those that count.
  const kept = Math.max(count - 1, 0);
  if (kept > 0 && password_hash !== null) await tx.formerPassword.create({ data: { user_id, password_hash } });
  await tx.$executeRaw`
    DELETE FROM keystone.former_passwords WHERE user_id = ${user_id} AND id NOT IN (
      SELECT id FROM keystone.former_passwords WHERE user_id = ${user_id} ORDER BY id DESC LIMIT ${kept})`;
}
