import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { hashes } from '../setup/hashes.js';
import { GOOD, asking, generic } from '../setup/passwords.js';
import { ServiceApi } from '../setup/service-api.js';

describe('passwords that nothing is asked of', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());
  const { admin, said, make, show, patch, login, change, sql } = asking(() => api);

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
});
