import { afterAll, beforeAll, beforeEach, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { base32, passcodeOf } from '#services/keystone/methods/totp';
import { GOOD, asking, generic, type User } from '../setup/passwords.js';
import { ServiceApi } from '../setup/service-api.js';

describe('passcodes', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());
  const { anybody, said, make, patch, login, sql } = asking(() => api);

  const oneself = (user: User, methods: string[], passcode = '') => ({
    auth: {
      identity: {
        methods,
        password: { user: { id: user.id, password: GOOD } },
        totp: { user: { id: user.id, passcode } },
      },
    },
  });
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const device = async (user: User): Promise<void> => {
    const credential = { type: 'totp', user_id: user.id, blob: secret };
    expect((await api.admin.request('POST', '/identity/v3/credentials', { credential })).status).toBe(201);
  };
  const now = async (): Promise<number> => {
    const { rows } = await sql('SELECT extract(epoch FROM now())::float8 AS now');
    return (rows[0] as { now: number }).now;
  };
  /** The passcode of the database's present, or of some windows ago. */
  const passcode = async (ago = 0): Promise<string> =>
    passcodeOf(base32(secret)!, Math.floor((await now()) / 30) - ago);
  /** A test uses passcodes of one window and of that before: it begins where enough is left of one. */
  beforeEach(async () => {
    await until(async () => ((await now()) % 30 < 20 ? true : undefined), 200, 15_000);
  });

  it('of a device are enough alone for who has no rules, and each passcode is good for once', async () => {
    const user = await make();
    expect(said(await anybody('POST', '/auth/tokens', oneself(user, ['totp'], '000000')))).toEqual([401, generic]);
    await device(user);
    const current = await passcode();
    const first = await anybody('POST', '/auth/tokens', oneself(user, ['totp'], current));
    expect([first.status, first.body.token?.methods]).toEqual([201, ['totp']]);
    expect(said(await anybody('POST', '/auth/tokens', oneself(user, ['totp'], current)))).toEqual([401, generic]);
    for (const wrong of ['', '12345', 'passcode', '１２３４５６', await passcode(3)])
      expect(said(await anybody('POST', '/auth/tokens', oneself(user, ['totp'], wrong)))).toEqual([401, generic]);
    await patch(user, { enabled: false });
    expect((await anybody('POST', '/auth/tokens', oneself(user, ['totp'], await passcode(1)))).status).toBe(401);
  });

  it('or a password are not enough for a user whose rules ask for more: a receipt says so, and the next request brings it along', async () => {
    const [user, other] = [await make(), await make()];
    await device(user);
    const rules = [['password', 'totp'], ['x']];
    for (const wrong of [[[]], [['a', 'a']], [['a'], ['a']], ['a'], 'a', [[1]]])
      expect((await patch(user, { options: { multi_factor_auth_rules: wrong } })).status).toBe(400);
    const options = { multi_factor_auth_rules: rules, multi_factor_auth_enabled: true };
    expect((await patch(user, { options })).body.user).toMatchObject({ options });
    const begun = await anybody('POST', '/auth/tokens', oneself(user, ['password']));
    const receipt = begun.headers.get('openstack-auth-receipt')!;
    expect(begun.headers.get('x-subject-token')).toBeNull();
    expect([begun.status, begun.body]).toEqual([
      401,
      {
        receipt: {
          methods: ['password'],
          user: { id: user.id, name: user.name, domain: { id: 'default', name: 'Default' } },
          expires_at: expect.stringMatching(/Z$/),
          issued_at: expect.stringMatching(/Z$/),
        },
        required_auth_methods: [['password', 'totp']],
      },
    ]);
    const goOn = (body: object, with_ = receipt) =>
      anybody('POST', '/auth/tokens', body, { 'openstack-auth-receipt': with_ });
    expect((await goOn(oneself(user, ['password']))).status).toBe(401);
    expect((await goOn(oneself(other, ['password']))).status).toBe(401);
    expect(said(await goOn(oneself(user, ['totp'], await passcode()), 'none'))).toEqual([
      401,
      'Could not find auth receipt: none.',
    ]);
    // The one that came with the receipt that is none was used.
    const done = await goOn(oneself(user, ['totp'], await passcode(1)));
    expect([done.status, done.body.token?.methods.toSorted()]).toEqual([201, ['password', 'totp']]);
    const token = done.headers.get('x-subject-token')!;
    expect((await anybody('GET', '/auth/projects', undefined, { 'x-auth-token': receipt })).status).toBe(401);
    const rescoped = await anybody('POST', '/auth/tokens', {
      auth: { identity: { methods: ['token'], token: { id: token } } },
    });
    expect(rescoped.status).toBe(201);
    await patch(user, { enabled: true, password: 'another one' });
    await patch(user, { password: GOOD });
    await sql(`DELETE FROM keystone.revocations WHERE audit_id LIKE 'totp:%'`);
    expect((await goOn(oneself(user, ['totp'], await passcode()))).status).toBe(401);
    await patch(user, { options: { multi_factor_auth_enabled: false } });
    expect((await login(user.id)).status).toBe(201);
  });
});
