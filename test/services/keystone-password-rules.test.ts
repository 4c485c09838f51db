import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { hashes } from '../setup/hashes.js';
import { GOOD, asking, generic, type User } from '../setup/passwords.js';
import { ServiceApi } from '../setup/service-api.js';

describe('passwords that much is asked of', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'), {
      NOVAFLOW_LOCKOUT_FAILURE_ATTEMPTS: '3',
      NOVAFLOW_LOCKOUT_DURATION: '600',
      NOVAFLOW_DISABLE_USER_ACCOUNT_DAYS_INACTIVE: '90',
      NOVAFLOW_PASSWORD_EXPIRES_DAYS: '30',
      NOVAFLOW_UNIQUE_LAST_PASSWORD_COUNT: '3',
      NOVAFLOW_MINIMUM_PASSWORD_AGE: '2',
      NOVAFLOW_PASSWORD_REGEX: String.raw`(?=.*\d)(?=.*[a-zA-Z]).{7,}$`,
      NOVAFLOW_PASSWORD_REGEX_DESCRIPTION: 'a letter, a digit, seven of them',
      NOVAFLOW_CHANGE_PASSWORD_UPON_FIRST_USE: 'true',
    });
  });
  afterAll(() => api.stop());
  const { said, show, patch, login, change, sql, admin, ...others } = asking(() => api);
  /** A user who need not change the first password. */
  const make = (options: object = {}): Promise<User> =>
    others.make({ options: { ignore_change_password_upon_first_use: true, ...options } });
  const locked = [401, generic];
  const fail = async (user: User, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) expect(said(await login(user.id, 'wrong'))).toEqual(locked);
  };

  it('lock a user after some wrong ones, for a time or until an administrator enables the user', async () => {
    const user = await make();
    await fail(user, 2);
    expect((await login(user.id)).status).toBe(201);
    await fail(user, 3);
    const before = hashes.count;
    expect(said(await login(user.id))).toEqual(locked);
    expect(await change(user, GOOD, 'an0ther one')).toEqual(locked);
    expect(hashes.count - before).toBe(2);
    await sql(`UPDATE keystone.users SET failed_at = failed_at - interval '10 min' WHERE id = $1`, user.id);
    await fail(user, 2);
    expect((await login(user.id)).status).toBe(201);
    await fail(user, 3);
    expect(said(await login(user.id))).toEqual(locked);
    await patch(user, { enabled: true });
    expect((await login(user.id)).status).toBe(201);
    const exempt = await make({ ignore_lockout_failure_attempts: true });
    await fail(exempt, 4);
    expect((await login(exempt.id)).status).toBe(201);
  });

  it('lock also who guesses many at once: the right one among them comes too late', async () => {
    const user = await make();
    await Promise.all(Array.from({ length: 12 }, () => login(user.id, 'wrong')));
    expect(said(await login(user.id))).toEqual(locked);
  });

  it('expire, which the log-in says, and are good for being changed then', async () => {
    const user = await make();
    const { rows } = await sql(
      `SELECT extract(epoch FROM password_expires_at - password_set_at)::int AS seconds FROM keystone.users WHERE id = $1`,
      user.id,
    );
    expect(Math.abs((rows[0] as { seconds: number }).seconds - 30 * 86_400)).toBeLessThanOrEqual(1);
    const token = (await login(user.id)).body.token!;
    expect(token.user.password_expires_at).toBe(user.password_expires_at);
    const expire = (of: User) =>
      sql(`UPDATE keystone.users SET password_expires_at = now() - interval '1 s' WHERE id = $1`, of.id);
    await expire(user);
    expect(said(await login(user.id))).toEqual([
      401,
      `The password is expired and needs to be changed for user: ${user.id}.`,
    ]);
    expect(said(await login(user.id, 'wrong'))).toEqual(locked);
    expect(await change(user, GOOD, 'an0ther one')).toEqual([204, '']);
    expect((await login(user.id, 'an0ther one')).status).toBe(201);
    expect((await show(user)).password_expires_at).not.toBeNull();
    const exempt = await make({ ignore_password_expiry: true });
    expect(exempt.password_expires_at).toBeNull();
    await expire(exempt);
    expect((await login(exempt.id)).status).toBe(201);
  });

  it('are to be changed at first by their users, where an administrator gave them', async () => {
    const user = await others.make();
    const expired = [401, `The password is expired and needs to be changed for user: ${user.id}.`];
    expect(said(await login(user.id))).toEqual(expired);
    expect(await change(user, GOOD, 'an0ther one')).toEqual([204, '']);
    expect((await login(user.id, 'an0ther one')).status).toBe(201);
    await patch(user, { password: 'th1rd one' });
    expect(said(await login(user.id, 'th1rd one'))).toEqual(expired);
    await patch(user, { password: GOOD, options: { ignore_change_password_upon_first_use: true } });
    expect((await login(user.id)).status).toBe(201);
  });

  it('are kept for some days by who chose them, and not taken again soon', async () => {
    const user = await make();
    const aged = () =>
      sql(`UPDATE keystone.users SET password_set_at = now() - interval '2 days' WHERE id = $1`, user.id);
    const again = [
      400,
      'The new password cannot be identical to a previous password. The total number which includes the new password must be unique is 3.',
    ];
    expect(await change(user, GOOD, GOOD)).toEqual(again);
    expect(await change(user, GOOD, 'sec0nd one')).toEqual([204, '']);
    expect(await change(user, 'sec0nd one', 'th1rd one')).toEqual([
      400,
      'You cannot change your password at this time due to the minimum password age. Once you change your password, it must be used for 2 day(s) before it can be changed. Please try again in 1 day(s) or contact your administrator to reset your password.',
    ]);
    await aged();
    expect(await change(user, 'sec0nd one', GOOD)).toEqual(again);
    expect(await change(user, 'sec0nd one', 'th1rd one')).toEqual([204, '']);
    await aged();
    for (const former of [GOOD, 'sec0nd one']) expect(await change(user, 'th1rd one', former)).toEqual(again);
    expect(await change(user, 'th1rd one', 'f0urth one')).toEqual([204, '']);
    await aged();
    expect(await change(user, 'f0urth one', GOOD)).toEqual([204, '']);
    const { rows } = await sql(
      'SELECT count(*)::int AS kept FROM keystone.former_passwords WHERE user_id = $1',
      user.id,
    );
    expect(rows).toEqual([{ kept: 2 }]);
  });

  it('are as they must be, in the words that the operator has for it', async () => {
    const weak = [400, 'The password does not match the requirements: a letter, a digit, seven of them.'];
    const user = await make();
    expect(said(await admin('POST', '/users', { user: { name: randomUUID(), password: 'weak' } }))).toEqual(weak);
    expect(said(await patch(user, { password: 'noDigitsHere' }))).toEqual(weak);
    expect(await change(user, GOOD, 'weak')).toEqual(weak);
    expect(await change(user, 'wrong', 'weak')).toEqual(locked);
    expect(said(await patch(user, { password: null }))).toEqual([
      400,
      'Password validation error: Password must be a string type.',
    ]);
    await patch(user, { options: { lock_password: true } });
    expect(await change(user, GOOD, 'an0ther one')).toEqual([
      400,
      'You cannot change your password at this time due to password policy disallowing password changes. Please contact your administrator to reset your password.',
    ]);
  });

  it('disable who has not logged in for long, as everybody can see, until an administrator enables the user', async () => {
    const user = await make();
    const exempt = await make({ ignore_user_inactivity: true });
    for (const one of [user, exempt]) {
      expect((await login(one.id)).status).toBe(201);
      await sql('UPDATE keystone.users SET last_active_on = current_date - 90 WHERE id = $1', one.id);
    }
    expect((await login(exempt.id)).status).toBe(201);
    expect(said(await login(user.id))).toEqual(locked);
    expect((await show(user)).enabled).toBe(false);
    await patch(user, { enabled: true });
    expect((await login(user.id)).status).toBe(201);
  });

  it('of an older version, of which it is not known since when they hold, stay good and may be changed', async () => {
    const user = await make();
    await sql(
      `UPDATE keystone.users SET password_set_at = NULL, password_expires_at = NULL, last_active_on = NULL WHERE id = $1`,
      user.id,
    );
    expect((await login(user.id)).status).toBe(201);
    expect(await change(user, GOOD, 'an0ther one')).toEqual([204, '']);
  });
});
