import { Type } from 'typebox';
import { Prisma, type Database } from '../kernel/database.js';
import { unauthorized } from '../kernel/errors.js';
import { bool, nullable, rowType, rowsOf, text } from '../kernel/rows.js';
import { missingFactors, type MissingFactors } from './factors.js';
import { isSecret } from './hashing.js';
import { findUser } from './methods/find-user.js';
import type { Proven, Reference } from './methods/proof.js';
import type { PasswordRules } from './passwords.js';
import { tellOfTokens } from './words.js';

type User = NonNullable<Awaited<ReturnType<typeof findUser>>>;
const STATE = rowType({ enabled: bool, locked: bool, inactive: bool, expired: bool });
/** A user, and the own rules of which proofs are enough together; null where they do not count. */
const RULED = rowType({
  name: text,
  domain_id: text,
  domain_name: text,
  rules: nullable(Type.Array(Type.Array(text))),
});

const has = (option: string): Prisma.Sql => Prisma.sql`COALESCE(options ->> ${option}::text = 'true', false)`;

/**
 * Who may log in, and what is counted of who tries (keystone.conf: security_compliance). Whoever may not is answered alike,
 * and after as much work: neither an answer nor its time tells which users there are.
 */
export class Logins {
  constructor(
    private readonly db: Database,
    private readonly rules: PasswordRules,
  ) {}

  /**
   * Checks a user's password.
   * @returns whether the password has expired: it is good for nothing but to be changed then
   * @throws 401 also for an unknown, locked or disabled user
   */
  async verify(reference: Reference, password: string): Promise<{ user: User; expired: boolean }> {
    const user = await findUser(this.db, reference);
    const matches = await isSecret(user?.password_hash, password);
    if (!matches || user === null) {
      await this.failed(user?.id ?? '');
      throw unauthorized();
    }
    return { user, expired: (await this.usable(user.id)).expired };
  }

  /**
   * What holds of a user when a proof has been found right. It is read after that, so that of many guesses at once none is
   * taken that came after the last one allowed.
   * @throws 401 for a locked, disabled or inactive one; the last of these is disabled for everybody to see
   */
  async usable(id: string): Promise<{ expired: boolean }> {
    const [state] = await rowsOf(this.db, STATE)`
      SELECT enabled, ${this.locked} AS locked, ${this.inactive} AS inactive,
        COALESCE(password_expires_at <= now(), false) AND NOT ${has('ignore_password_expiry')} AS expired
      FROM keystone.users WHERE id = ${id}`;
    if (state?.inactive && state.enabled) await this.disable(id);
    if (!state?.enabled || state.locked || state.inactive) throw unauthorized();
    return { expired: state.expired };
  }

  /**
   * Counts a proof that was wrong; those of who is locked already do not count. It is not waited for to be on disk: that
   * would take longer than for a user who is not there.
   */
  async failed(id: string): Promise<void> {
    const { lockout_failure_attempts: attempts } = this.rules;
    if (attempts === 0) return;
    await this.db.$executeRaw`
      WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
      UPDATE keystone.users SET failed_at = now(),
        failed_logins = CASE WHEN failed_logins >= ${attempts}::int THEN 1 ELSE failed_logins + 1 END
      FROM quick WHERE id = ${id} AND NOT ${this.locked}`;
  }

  /** What a user's own rules ask for beside what was shown; undefined when that is enough. @throws 401 without the user */
  async missing({ userId: id, methods }: Pick<Proven, 'userId' | 'methods'>): Promise<MissingFactors | undefined> {
    const [row] = await rowsOf(this.db, RULED)`
      SELECT u.name, u.domain_id, d.name AS domain_name, CASE WHEN u.options -> 'multi_factor_auth_enabled' = 'false' THEN NULL
        ELSE u.options -> 'multi_factor_auth_rules' END AS rules
      FROM keystone.users u JOIN keystone.projects d ON d.id = u.domain_id WHERE u.id = ${id}`;
    if (row === undefined) throw unauthorized();
    const required = missingFactors(row.rules, methods);
    const { name, domain_id, domain_name } = row;
    return required && { user: { id, name, domain: { id: domain_id, name: domain_name } }, required };
  }

  /** A user has logged in: wrong attempts are forgotten, and the day is written down. */
  async succeeded(id: string): Promise<void> {
    await this.db.$executeRaw`
      UPDATE keystone.users SET failed_logins = 0, failed_at = NULL, last_active_on = current_date
      WHERE id = ${id} AND (failed_logins > 0 OR last_active_on IS DISTINCT FROM current_date)`;
  }

  private get locked(): Prisma.Sql {
    const { lockout_failure_attempts: attempts, lockout_duration: seconds } = this.rules;
    return Prisma.sql`(${attempts}::int > 0 AND failed_logins >= ${attempts}::int
      AND (${seconds}::int = 0 OR failed_at > now() - make_interval(secs => ${seconds}::int))
      AND NOT ${has('ignore_lockout_failure_attempts')})`;
  }

  private get inactive(): Prisma.Sql {
    const { disable_user_account_days_inactive: days } = this.rules;
    return Prisma.sql`(${days}::int > 0 AND NOT ${has('ignore_user_inactivity')}
      AND current_date - COALESCE(last_active_on, created_at::date) >= ${days}::int)`;
  }

  private async disable(id: string): Promise<void> {
    await this.db.$transaction(async (tx) => {
      await tx.$executeRaw`
        UPDATE keystone.users SET enabled = false, token_generation = token_generation + 1 WHERE id = ${id}`;
      await tellOfTokens(tx);
    });
  }
}
