import { databaseTime } from '../kernel/clock.js';
import type { Database } from '../kernel/database.js';
import { badRequest, unauthorized } from '../kernel/errors.js';
import { isSecret } from './hashing.js';
import type { Logins } from './logins.js';
import { exempt, hashOf, keepFormer, timesOf, type PasswordRules } from './passwords.js';
import { tellOfTokens, type KeystoneParts } from './words.js';

const DAY_MS = 86_400_000;

/** What the user had when the old password was found right. */
interface Before {
  readonly id: string;
  readonly password_hash: string | null;
  readonly password_set_at: Date | null;
  readonly password_given: boolean;
  readonly options: unknown;
}

/**
 * A user changes the own password by the one that holds, also where that has expired. All tokens that the user has end
 * (keystone/identity/core.py: change_password).
 * @throws 401 when that is not it, or there is no such user; 400 for what the rules of passwords do not allow
 */
export async function changePassword(
  { db, config, forgetTokens }: Pick<KeystoneParts, 'db' | 'config' | 'forgetTokens'>,
  logins: Logins,
  id: string,
  { original, password }: { readonly original: string; readonly password: string },
): Promise<void> {
  const rules = config.keystone;
  const { user } = await logins.verify({ id }, original);
  const hash = await hashOf(rules, password);
  if (exempt(user.options, 'lock_password'))
    throw badRequest(
      'You cannot change your password at this time due to password policy disallowing password changes. Please contact your administrator to reset your password.',
    );
  checkAge(rules, user, await databaseTime(db));
  await checkFormer(db, rules, user, password);
  await db.$transaction(async (tx) => {
    const times = timesOf(rules, await databaseTime(tx), { set: true, given: false, options: user.options });
    const { count } = await tx.user.updateMany({
      // Of two changes at once by one old password, one is too late.
      where: { id, password_hash: user.password_hash },
      data: { password_hash: hash, ...times, token_generation: { increment: 1 } },
    });
    if (count === 0) throw unauthorized();
    await keepFormer(tx, rules, user);
    await tellOfTokens(tx);
  });
  forgetTokens();
}

/** One that an administrator gave may be changed at once, and so may one of which it is not known since when it holds. */
function checkAge({ minimum_password_age: days }: PasswordRules, user: Before, now: Date): void {
  if (days === 0 || user.password_given || user.password_set_at === null) return;
  const left = user.password_set_at.getTime() + days * DAY_MS - now.getTime();
  if (left > 0)
    throw badRequest(
      `You cannot change your password at this time due to the minimum password age. Once you change your password, it must be used for ${days} day(s) before it can be changed. Please try again in ${Math.floor(left / DAY_MS)} day(s) or contact your administrator to reset your password.`,
    );
}

async function checkFormer(db: Database, rules: PasswordRules, user: Before, password: string): Promise<void> {
  const { unique_last_password_count: count } = rules;
  if (count === 0) return;
  const former = await db.formerPassword.findMany({
    where: { user_id: user.id },
    orderBy: { id: 'desc' },
    take: count - 1,
  });
  for (const { password_hash } of [user, ...former])
    if (await isSecret(password_hash, password))
      throw badRequest(
        `The new password cannot be identical to a previous password. The total number which includes the new password must be unique is ${count}.`,
      );
}
