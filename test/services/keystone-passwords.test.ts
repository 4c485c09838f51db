import type * as Argon2 from '@node-rs/argon2';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it, vi } from 'vitest';
import { base32, passcodeOf } from '#services/keystone/methods/totp';
import { ServiceApi } from '../setup/service-api.js';

/** Hashes that were computed, and a hold that keeps those to come from ending. */
const hashes = vi.hoisted(() => ({ count: 0, held: Promise.resolve() }));
vi.mock('@node-rs/argon2', async (original) => {
  const { hash, verify, ...others } = await original<typeof Argon2>();
  const counted =
    <A extends unknown[], R>(run: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      hashes.count++;
      await hashes.held;
      return run(...given);
    };
  return { ...others, hash: counted(hash), verify: counted(verify) };
});

interface User {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly password_expires_at: string | null;
}
interface Body {
  readonly token?: { readonly methods: string[]; readonly user: { readonly password_expires_at: string | null } };
  readonly receipt?: { readonly methods: string[]; readonly user: { readonly id: string } };
  readonly required_auth_methods?: string[][];
  readonly user?: User;
  readonly users?: User[];
  readonly error?: { readonly message: string };
}
const v3 = '/identity/v3';
const generic = 'The request you have made requires authentication.';
const GOOD = 'a long passw0rd';

/** What the tests ask of one API. */
const asking = (of: () => ServiceApi) => {
  // An empty token keeps the client from logging in again where a log-in is refused.
  const anybody = async (
    method: string,
    at: string,
    body?: object,
    headers: object = {},
  ): Promise<{ status: number; body: Body; headers: Headers }> => {
    const answer = await fetch(of().admin.base + v3 + at, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Body, headers: answer.headers };
  };
  const admin = (method: string, at: string, body?: unknown) => of().admin.request<Body>(method, v3 + at, body);
  const said = ({ status, body }: { status: number; body?: Body }): [number, string] => [
    status,
    body?.error?.message ?? '',
  ];
  return {
    anybody,
    admin,
    said,
    make: async (fields: object = {}): Promise<User> =>
      (await admin('POST', '/users', { user: { name: `u-${randomUUID()}`, password: GOOD, ...fields } })).body.user!,
    show: async ({ id }: User): Promise<User> => (await admin('GET', `/users/${id}`)).body.user!,
    patch: async ({ id }: User, fields: object) => admin('PATCH', `/users/${id}`, { user: fields }),
    login: (id: string, password = GOOD) =>
      anybody('POST', '/auth/tokens', {
        auth: { identity: { methods: ['password'], password: { user: { id, password } } } },
      }),
    change: async ({ id }: User, original_password: string, password: string): Promise<[number, string]> =>
      said(await anybody('POST', `/users/${id}/password`, { user: { original_password, password } })),
    sql: (statement: string, ...values: unknown[]) => of().database.query(statement, values),
  };
};

describe('passwords that nothing is asked of', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());
  const { anybody, admin, said, make, show, patch, login, change, sql } = asking(() => api);

  it('never expire, lock nobody, and may be changed at once to any other or the same', async () => {
    const user = await make();
    expect(user.password_expires_at).toBeNull();
    for (let i = 0; i < 6; i++) expect((await login(user.id, 'wrong')).status).toBe(401);
    expect((await login(user.id)).status).toBe(201);
    expect(await change(user, GOOD, GOOD)).toEqual([204, '']);
    expect(await change(user, GOOD, 'x')).toEqual([204, '']);
    expect((await login(user.id, 'x')).status).toBe(201);
    expect((await show(user)).enabled).toBe(true);
  });

  it('cost one hash and get one answer, whether the user is unknown, disabled, without one or the password wrong', async () => {
    const [user, disabled, none] = [await make(), await make({ enabled: false }), await make({ password: null })];
    for (const [id, password] of [
      ['unknown', GOOD],
      [user.id, 'wrong'],
      [disabled.id, GOOD],
      [disabled.id, 'wrong'],
      [none.id, GOOD],
    ] as const) {
      const before = hashes.count;
      expect(said(await login(id, password))).toEqual([401, generic]);
      expect(await change({ ...user, id }, password, 'x')).toEqual([401, generic]);
      expect(hashes.count - before).toBe(2);
    }
  });

  it('are hashed a few at a time, and what is too much is refused and told when to come again', async () => {
    const user = await make();
    let release: () => void = () => undefined;
    hashes.held = new Promise((resolve) => (release = resolve));
    const before = hashes.count;
    // Three run, and a hundred and fifty wait.
    const answers = Array.from({ length: 160 }, () => login(user.id));
    const refused: Awaited<(typeof answers)[number]>[] = [];
    await new Promise<void>((all) => {
      for (const answer of answers) void answer.then((one) => refused.push(one) === 7 && all());
    });
    for (const one of refused) {
      expect(said(one)).toEqual([503, 'Too many passwords are being checked at once; try again.']);
      expect(one.headers.get('retry-after')).toBe('5');
    }
    expect(hashes.count - before).toBe(3);
    hashes.held = Promise.resolve();
    release();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(153);
    expect(statuses.filter((status) => status === 503)).toHaveLength(7);
  });

  it('are found by when they expire, in Keystone’s operators', async () => {
    const [early, late, never] = [await make(), await make(), await make()];
    await sql(`UPDATE keystone.users SET password_expires_at = '2016-12-08T22:02:00Z' WHERE id = $1`, early.id);
    await sql(`UPDATE keystone.users SET password_expires_at = '2030-01-01T00:00:00Z' WHERE id = $1`, late.id);
    const found = async (filter: string): Promise<string[]> => {
      const { body } = await admin('GET', `/users?password_expires_at=${encodeURIComponent(filter)}`);
      return body.users!.map(({ id }) => id).filter((id) => [early, late, never].some((user) => user.id === id));
    };
    const both = [early.id, late.id].toSorted();
    expect(await found('lt:2020-01-01T00:00:00Z')).toEqual([early.id]);
    expect(await found('gte:2030-01-01T00:00:00Z')).toEqual([late.id]);
    expect(await found('gt:2030-01-01T01:00:00+01:00')).toEqual([]);
    expect((await found('lte:2030-01-01T00:00:00Z')).toSorted()).toEqual(both);
    expect(await found('2016-12-08T22:02:00Z')).toEqual([early.id]);
    expect(await found('neq:2016-12-08T22:02:00Z')).toEqual([late.id]);
    expect(said(await admin('GET', '/users?password_expires_at=xx:2016-12-08T22:02:00Z'))).toEqual([
      400,
      "The given operator xx is not valid. It must be one of the following: 'eq', 'neq', 'lt', 'lte', 'gt', or 'gte'.",
    ]);
    expect(said(await admin('GET', '/users?password_expires_at=lt:yesterday'))).toEqual([
      400,
      'Timestamp not in expected format. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.',
    ]);
    expect((await show(early)).password_expires_at).toBe('2016-12-08T22:02:00.000000Z');
  });

  it('may be those of users whom identity providers know, who are found by these and shown with them', async () => {
    const user = await make();
    await sql(`INSERT INTO keystone.identity_providers (id, domain_id) VALUES ('idp', 'default')`);
    await sql(
      `INSERT INTO keystone.federated_users (user_id, idp_id, protocol_id, unique_id) VALUES ($1, 'idp', 'openid', 'me')`,
      user.id,
    );
    const federated = [{ idp_id: 'idp', protocols: [{ protocol_id: 'openid', unique_id: 'me' }] }];
    expect(await show(user)).toMatchObject({ federated });
    for (const filter of ['idp_id=idp', 'protocol_id=openid', 'unique_id=me'])
      expect((await admin('GET', `/users?${filter}`)).body.users!.map(({ id }) => id)).toEqual([user.id]);
    expect((await admin('GET', '/users?unique_id=other')).body.users).toEqual([]);
    expect((await patch(user, { federated: [] })).status).toBe(200);
    expect((await patch(user, { federated })).status).toBe(501);
  });

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
  /** The passcode of the database's present, or of some windows ago. */
  const passcode = async (ago = 0): Promise<string> => {
    const { rows } = await sql('SELECT extract(epoch FROM now())::float8 AS now');
    return passcodeOf(base32(secret)!, Math.floor((rows[0] as { now: number }).now / 30) - ago);
  };

  it('or a passcode of a device are enough alone for who has no rules, and each passcode is good for once', async () => {
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

  it('are not enough for a user whose rules ask for more: a receipt says so, and the next request brings it along', async () => {
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
