import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { ServiceApi } from '../setup/service-api.js';

type Item = Readonly<Record<string, unknown>> & { readonly id: string; readonly name: string };
interface Answer {
  readonly status: number;
  readonly body: Record<string, Item & Item[] & { message: string }>;
}

describe('groups', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());

  const named = (): string => `g-${randomUUID().slice(0, 12)}`;
  const v3 = '/identity/v3';
  const ask = (method: string, path: string, body?: unknown, token?: string): Promise<Answer> =>
    api.admin.request(method, v3 + path, body, token === undefined ? {} : { 'x-auth-token': token });
  const make = async (one: string, fields: object = {}): Promise<Item> =>
    (await ask('POST', `/${one}s`, { [one]: { name: named(), ...fields } })).body[one]!;
  const find = async (one: string, query: string): Promise<Item[]> =>
    (await ask('GET', `/${one}s?${query}`)).body[`${one}s`]!;
  const refusal = async (...asked: Parameters<typeof ask>): Promise<[number, string]> => {
    const { status, body } = await ask(...asked);
    return [status, (body as Answer['body'] | undefined)?.['error']?.message ?? ''];
  };
  const login = async (user: Item, scope?: object): Promise<string> => {
    const identity = { methods: ['password'], password: { user: { id: user.id, password: 'secret' } } };
    const { status, headers } = await api.admin.request('POST', `${v3}/auth/tokens`, {
      auth: { identity, ...(scope === undefined ? {} : { scope }) },
    });
    expect(status).toBe(201);
    return headers.get('x-subject-token')!;
  };
  /** 200 for a token that holds, and 404 for one that has ended. */
  const holds = async (token: string): Promise<number> =>
    (await api.admin.request('HEAD', `${v3}/auth/tokens`, undefined, { 'x-subject-token': token })).status;

  it('are made, shown, changed, found by their filters and deleted, with attributes that clients made up', async () => {
    const group = await make('group', { description: 'of the test', colour: 'red' });
    expect(group).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: group.name,
      domain_id: 'default',
      description: 'of the test',
      colour: 'red',
      links: { self: expect.stringContaining(`${v3}/groups/${group.id}`) },
    });
    expect((await ask('GET', `/groups/${group.id}`)).body['group']).toEqual(group);
    const name = named();
    const changed = await ask('PATCH', `/groups/${group.id}`, { group: { name, colour: 'blue' } });
    expect(changed.body['group']).toEqual({ ...group, name, colour: 'blue' });
    expect(await find('group', `name=${name}&domain_id=default`)).toHaveLength(1);
    expect(await find('group', `name__startswith=${name.slice(0, 6)}&domain_id=none`)).toHaveLength(0);
    expect((await ask('DELETE', `/groups/${group.id}`)).status).toBe(204);
    expect(await refusal('GET', `/groups/${group.id}`)).toEqual([404, `Could not find group: ${group.id}.`]);
  });

  it('are refused in Keystone’s words when something is wrong', async () => {
    const group = await make('group');
    expect(await refusal('POST', '/groups', { group: { name: group.name } })).toEqual([
      409,
      `Conflict occurred attempting to store group - Duplicate entry found with name ${group.name} at domain ID default.`,
    ]);
    expect(await refusal('POST', '/groups', { group: { name: named(), domain_id: 'none' } })).toEqual([
      404,
      'Could not find domain: none.',
    ]);
    expect((await refusal('POST', '/groups', { group: { name: ' ' } }))[0]).toBe(400);
    expect(await refusal('PATCH', `/groups/${group.id}`, { group: { domain_id: 'other' } })).toEqual([
      400,
      'Cannot change Domain ID',
    ]);
  });

  it('have members, who are added once, listed with the filters of users, checked and taken out', async () => {
    const [group, user, other] = [await make('group'), await make('user'), await make('user', { enabled: false })];
    const member = `/groups/${group.id}/users/${user.id}`;
    const absent = [404, `User '${user.id}' not found in group '${group.id}'`];
    expect(await refusal('GET', member)).toEqual(absent);
    expect(await refusal('DELETE', member)).toEqual(absent);
    for (const path of [member, member, `/groups/${group.id}/users/${other.id}`])
      expect((await ask('PUT', path)).status).toBe(204);
    for (const method of ['GET', 'HEAD']) expect((await ask(method, member)).status).toBe(204);
    const members = async (query = ''): Promise<string[]> =>
      (await ask('GET', `/groups/${group.id}/users?${query}`)).body['users']!.map(({ id }) => id);
    expect((await members()).toSorted()).toEqual([user.id, other.id].toSorted());
    expect(await members('enabled=true')).toEqual([user.id]);
    expect(await members(`name=${other.name}`)).toEqual([other.id]);
    expect(await members('password_expires_at=gt:2016-12-08T22:02:00Z')).toEqual([]);
    const groups = await ask('GET', `/users/${user.id}/groups?name=${group.name}`);
    expect(groups.body['groups']).toEqual([{ ...group, membership_expires_at: null }]);
    expect((await ask('DELETE', member)).status).toBe(204);
    expect(await members()).toEqual([other.id]);
    expect(await refusal('PUT', `/groups/${group.id}/users/none`)).toEqual([404, 'Could not find user: none.']);
    expect(await refusal('PUT', `/groups/none/users/${user.id}`)).toEqual([404, 'Could not find group: none.']);
    expect(await refusal('GET', '/groups/none/users')).toEqual([404, 'Could not find group: none.']);
    expect(await refusal('GET', '/users/none/groups')).toEqual([404, 'Could not find user: none.']);
  });

  it('keep who was put into them for a time until then, as the list of the user’s groups says', async () => {
    const [group, past, user] = [await make('group'), await make('group'), await make('user')];
    await api.database.query(
      `INSERT INTO keystone.group_members VALUES ($1, $3, '2100-01-01T00:00:00Z'), ($2, $3, now() - interval '1 s')`,
      [group.id, past.id, user.id],
    );
    const groups = await ask('GET', `/users/${user.id}/groups`);
    expect(groups.body['groups']).toEqual([{ ...group, membership_expires_at: '2100-01-01T00:00:00.000000Z' }]);
    expect((await ask('GET', `/groups/${group.id}/users/${user.id}`)).status).toBe(204);
    expect((await ask('GET', `/groups/${past.id}/users/${user.id}`)).status).toBe(404);
    expect((await ask('GET', `/groups/${group.id}/users`)).body['users']).toEqual([]);
  });

  it('give their members a role, which ends with all tokens when a member is taken out or the group deleted', async () => {
    const [group, user, project] = [
      await make('group'),
      await make('user', { password: 'secret' }),
      await make('project'),
    ];
    const [member] = await find('role', 'name=member');
    await ask('PUT', `/projects/${project.id}/groups/${group.id}/roles/${member!.id}`);
    const add = () => ask('PUT', `/groups/${group.id}/users/${user.id}`);
    const scope = { project: { id: project.id } };
    await add();
    const [first, unscoped] = [await login(user, scope), await login(user)];
    expect([await holds(first), await holds(unscoped)]).toEqual([200, 200]);
    await ask('DELETE', `/groups/${group.id}/users/${user.id}`);
    expect([await holds(first), await holds(unscoped)]).toEqual([404, 404]);
    await add();
    expect(await holds(first)).toBe(404);
    const second = await login(user, scope);
    expect(await holds(second)).toBe(200);
    await ask('DELETE', `/groups/${group.id}`);
    expect(await holds(second)).toBe(404);
  });

  it('go with their domain, and end the tokens of members who are of another one', async () => {
    const domain = await make('domain');
    const group = await make('group', { domain_id: domain.id });
    const user = await make('user', { password: 'secret' });
    await ask('PUT', `/groups/${group.id}/users/${user.id}`);
    const token = await login(user);
    await ask('PATCH', `/domains/${domain.id}`, { domain: { enabled: false } });
    expect((await ask('DELETE', `/domains/${domain.id}`)).status).toBe(204);
    expect((await ask('GET', `/groups/${group.id}`)).status).toBe(404);
    expect(await holds(token)).toBe(404);
  });

  it('show a reader of a domain what is of the domain, and an administrator of it no more in lists', async () => {
    const [domain, stranger] = [await make('domain'), await make('domain')];
    const own = await make('group', { domain_id: domain.id });
    const foreign = await make('group', { domain_id: stranger.id });
    const scope = { domain: { id: domain.id } };
    for (const role of ['reader', 'admin']) {
      const user = await make('user', { password: 'secret', domain_id: domain.id });
      const [given] = await find('role', `name=${role}`);
      await ask('PUT', `/domains/${domain.id}/users/${user.id}/roles/${given!.id}`);
      for (const group of [own, foreign]) await ask('PUT', `/groups/${group.id}/users/${user.id}`);
      const token = await login(user, scope);
      const ids = async (path: string, key: string): Promise<string[]> =>
        (await ask('GET', path, undefined, token)).body[key]!.map(({ id }) => id);
      expect(await ids('/groups', 'groups')).toEqual([own.id]);
      expect(await ids(`/users/${user.id}/groups`, 'groups')).toEqual([own.id]);
      expect(await ids('/users', 'users')).toContain(user.id);
      const admin = (await find('user', 'name=admin'))[0]!;
      expect(await ids('/users', 'users')).not.toContain(admin.id);
      if (role === 'admin') continue;
      const refused = (rule: string) => [
        403,
        `You are not authorized to perform the requested action: identity:${rule}.`,
      ];
      for (const id of [foreign.id, 'none'])
        expect(await refusal('GET', `/groups/${id}`, undefined, token)).toEqual(refused('get_group'));
      expect(await refusal('GET', `/groups/${foreign.id}/users`, undefined, token)).toEqual(
        refused('list_users_in_group'),
      );
      expect(await refusal('PUT', `/groups/${own.id}/users/${user.id}`, undefined, token)).toEqual(
        refused('add_user_to_group'),
      );
    }
  });
});
