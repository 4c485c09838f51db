import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { authenticate } from '../setup/login.js';
import { Tenant, adminOf } from '../setup/tenant.js';

const cloud = provided('fake');
const v3 = '/identity/v3';
const named = (): string => `k-${randomUUID().slice(0, 12)}`;
interface Fault {
  readonly error: { readonly code: number; readonly title: string; readonly message: string };
}
interface User {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
  readonly description?: string;
  readonly enabled: boolean;
  readonly default_project_id?: string | null;
}
interface Project {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly domain_id: string;
  readonly tags: string[];
  readonly enabled: boolean;
  readonly is_domain: boolean;
}
interface TokenBody {
  readonly token: { readonly methods: string[]; readonly project?: { id: string }; readonly issued_at: string };
}

let admin: Api;
beforeAll(async () => {
  admin = await adminOf(cloud);
});
const makeUser = async (fields: object = {}): Promise<User> =>
  (await admin.call<{ user: User }>('POST', `${v3}/users`, { user: { name: named(), ...fields } })).user;
const makeProject = async (fields: object = {}): Promise<Project> =>
  (await admin.call<{ project: Project }>('POST', `${v3}/projects`, { project: { name: named(), ...fields } })).project;
const refused = async (method: string, path: string, body: object): Promise<[number, string]> => {
  const answer = await admin.request<Fault>(method, v3 + path, body);
  return [answer.status, answer.body.error.message];
};

describe('users', () => {
  it('need no password, and without one nobody logs in', async () => {
    for (const password of [undefined, null]) {
      const user = await makeUser({ password });
      for (const guess of ['', 'null', 'undefined'])
        expect((await authenticate(cloud, { name: user.name, password: guess })).status).toBe(401);
    }
  });

  it('keep email and description, and can be given others', async () => {
    const user = await makeUser({ email: 'a@example.org', description: 'of the test', password: 'x' });
    expect(user).toMatchObject({ email: 'a@example.org', description: 'of the test' });
    const project = await makeProject();
    const change = { name: named(), email: 'b@example.org', description: '', default_project_id: project.id };
    const patch = await admin.call<{ user: User }>('PATCH', `${v3}/users/${user.id}`, { user: change });
    expect(patch.user).toMatchObject(change);
    const shown = await admin.call<{ user: User }>('GET', `${v3}/users/${user.id}`);
    expect(shown.user).toMatchObject(change);
    expect((await authenticate(cloud, { name: change.name, password: 'x' })).status).toBe(201);
    const without = await admin.call<{ user: User }>('PATCH', `${v3}/users/${user.id}`, {
      user: { default_project_id: null, password: null },
    });
    expect(without.user.default_project_id ?? null).toBeNull();
    expect((await authenticate(cloud, { name: change.name, password: 'x' })).status).toBe(401);
  });

  it('are refused in Keystone’s words when something is wrong', async () => {
    const taken = await makeUser();
    const other = await makeUser();
    const user = (fields: object) => ({ user: { name: named(), ...fields } });
    expect(await refused('POST', '/users', user({ domain_id: 'nope' }))).toEqual([404, 'Could not find domain: nope.']);
    const conflict = [
      409,
      expect.stringContaining(`Duplicate entry found with name ${taken.name} at domain ID default`),
    ];
    expect(await refused('POST', '/users', user({ name: taken.name }))).toEqual(conflict);
    expect(await refused('PATCH', `/users/${other.id}`, { user: { name: taken.name } })).toEqual(conflict);
    expect(await refused('PATCH', `/users/${other.id}`, { user: { domain_id: 'other' } })).toEqual([
      400,
      'Cannot change Domain ID',
    ]);
    expect(await refused('PATCH', `/users/${other.id}`, { user: { id: taken.id } })).toEqual([400, 'Cannot change ID']);
    const long = 'p'.repeat(4097);
    const [status, message] = await refused('POST', '/users', user({ password: long }));
    expect([status, message.includes('4096'), message.includes('ppp')]).toEqual([403, true, false]);
    for (const fields of [
      { name: 'n'.repeat(256) },
      { name: ' ' },
      { description: 'd'.repeat(65_536) },
      { email: `${'e'.repeat(250)}@example.org` },
      { default_project_id: 'no/id' },
      { domain_id: 'x'.repeat(65) },
      { enabled: 'perhaps' },
    ])
      expect((await refused('POST', '/users', user(fields)))[0]).toBe(400);
  });

  it('are found by the filters of Keystone; one that it does not know is ignored', async () => {
    const stem = named();
    const [first, second] = [
      await makeUser({ name: `${stem}-Eins` }),
      await makeUser({ name: `${stem}-zwei`, enabled: false }),
    ];
    const found = async (query: string): Promise<string[]> =>
      (await admin.call<{ users: User[] }>('GET', `${v3}/users?${query}`)).users
        .map((u) => u.id)
        .filter((id) => [first.id, second.id].includes(id));
    const both = [first.id, second.id];
    expect(await found(`name__contains=${stem}`)).toEqual(both);
    expect(await found(`name__startswith=${stem}-e`)).toEqual([]);
    expect(await found(`name__istartswith=${stem}-e`)).toEqual([first.id]);
    expect(await found(`name__endswith=zwei`)).toEqual([second.id]);
    expect(await found(`name__contains=${stem}_`)).toEqual([]);
    expect(await found('enabled=true')).toEqual([first.id]);
    expect(await found('enabled=0')).toEqual([second.id]);
    expect(await found(`name=${stem}-zwei&enabled=true`)).toEqual([]);
    expect(await found('domain_id=other')).toEqual([]);
    expect(await found(`name__contains=${stem}&colour=blue`)).toEqual(both);
    expect((await admin.request('GET', `${v3}/users?enabled=perhaps`)).status).toBe(400);
  });
});

describe('projects', () => {
  it('take null for what may be left out, and keep their tags', async () => {
    const project = await makeProject({
      description: null,
      domain_id: null,
      parent_id: null,
      is_domain: false,
      tags: ['b', 'a'],
    });
    expect(project).toMatchObject({ domain_id: 'default', is_domain: false, tags: ['b', 'a'], enabled: true });
    const change = { name: named(), description: 'new', tags: ['c'], enabled: false };
    const patch = await admin.call<{ project: Project }>('PATCH', `${v3}/projects/${project.id}`, { project: change });
    expect(patch.project).toMatchObject(change);
    const list = async (query: string): Promise<string[]> =>
      (await admin.call<{ projects: Project[] }>('GET', `${v3}/projects?${query}`)).projects.map((p) => p.id);
    expect(await list(`name__contains=${change.name.slice(2)}`)).toEqual([project.id]);
    expect(await list(`name=${change.name}&enabled=True`)).toEqual([]);
    expect(await list(`name=${change.name}&tags=c`)).toEqual([project.id]);
    expect(await list(`name=${change.name}&tags=c,d`)).toEqual([]);
    expect(await list(`name=${change.name}&tags-any=c,d`)).toEqual([project.id]);
    expect(await list(`name=${change.name}&not-tags-any=c,d`)).toEqual([]);
    expect(await list(`name=${change.name}&is_domain=true`)).toEqual([]);
  });

  it('are refused in Keystone’s words when something is wrong', async () => {
    const project = (fields: object) => ({ project: { name: named(), ...fields } });
    expect(await refused('POST', '/projects', project({ domain_id: 'nope' }))).toEqual([
      400,
      'Could not find domain: nope.',
    ]);
    for (const fields of [
      { name: 'n'.repeat(65) },
      { description: 'd'.repeat(900_000) },
      { tags: ['a/b'] },
      { tags: ['a', 'a'] },
      { tags: Array.from({ length: 81 }, (_, i) => `t${i}`) },
    ])
      expect((await refused('POST', '/projects', project(fields)))[0]).toBe(400);
    const mine = await makeProject();
    const other = await makeProject();
    expect((await refused('PATCH', `/projects/${mine.id}`, { project: { name: other.name } }))[0]).toBe(409);
    expect(await refused('PATCH', `/projects/${mine.id}`, { project: { is_domain: true } })).toEqual([
      400,
      'Update of `is_domain` is not allowed.',
    ]);
    expect((await admin.request('DELETE', `${v3}/projects/${mine.id}`)).status).toBe(204);
    expect((await admin.request('DELETE', `${v3}/projects/${mine.id}`)).status).toBe(404);
  });
});

describe('a token', () => {
  it('without a scope is for the default project, and unscoped where that gives the user no role', async () => {
    const project = await makeProject();
    const user = await makeUser({ password: 'x', default_project_id: project.id });
    const login = async (): Promise<TokenBody['token']> => {
      const answer = await authenticate(cloud, { name: user.name, password: 'x' });
      expect(answer.status).toBe(201);
      return ((await answer.json()) as TokenBody).token;
    };
    expect((await login()).project).toBeUndefined();
    const { roles } = await admin.call<{ roles: { id: string }[] }>('GET', `${v3}/roles?name=member`);
    await admin.call('PUT', `${v3}/projects/${project.id}/users/${user.id}/roles/${roles[0]!.id}`);
    expect((await login()).project?.id).toBe(project.id);
    await admin.call('PATCH', `${v3}/projects/${project.id}`, { project: { enabled: false } });
    expect((await login()).project).toBeUndefined();
    await admin.call('DELETE', `${v3}/projects/${project.id}`);
    expect((await login()).project).toBeUndefined();
  });

  it('is given when every method that was named succeeds', async () => {
    const tenant = await Tenant.make(cloud);
    const user = { name: tenant.userName, password: tenant.password, domain: { id: 'default' } };
    const token = (await authenticate(cloud, user)).headers.get('x-subject-token')!;
    const stranger = await Tenant.make(cloud);
    const theirs = (await authenticate(cloud, { name: stranger.userName, password: stranger.password })).headers.get(
      'x-subject-token',
    )!;
    const ask = async (identity: object): Promise<[number, string[] | undefined]> => {
      const answer = await fetch(`${cloud.authUrl}/auth/tokens`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ auth: { identity } }),
      });
      const body = (await answer.json()) as Partial<TokenBody>;
      return [answer.status, body.token?.methods.toSorted()];
    };
    const password = { user };
    const totp = { user: { id: tenant.userId, passcode: '123456' } };
    expect(await ask({ methods: ['password'], password })).toEqual([201, ['password']]);
    expect(await ask({ methods: ['password', 'token'], password, token: { id: token } })).toEqual([
      201,
      ['password', 'token'],
    ]);
    expect((await ask({ methods: ['totp', 'password'], password, totp }))[0]).toBe(401);
    expect((await ask({ methods: ['totp'], totp }))[0]).toBe(401);
    // What a method needs is not there at all (keystone/auth/core.py: _validate_auth_methods).
    expect((await ask({ methods: ['totp', 'password'], password }))[0]).toBe(400);
    expect((await ask({ methods: ['password', 'token'], password, token: { id: theirs } }))[0]).toBe(401);
    expect((await ask({ methods: ['password', 'token'], password, token: { id: 'nonsense' } }))[0]).toBe(401);
    expect(
      (
        await ask({
          methods: ['token', 'password'],
          token: { id: token },
          password: { user: { ...user, password: 'no' } },
        })
      )[0],
    ).toBe(401);
    expect((await ask({ methods: [] }))[0]).toBe(401);
    expect(
      (await ask({ methods: ['password'], password: { user: { name: user.name, password: user.password } } }))[0],
    ).toBe(400);
  });

  it('for the system or a domain is refused as to a user without a role there', async () => {
    const tenant = await Tenant.make(cloud);
    const proof = { name: tenant.userName, password: tenant.password };
    const ask = async (scope: unknown): Promise<[number, string]> => {
      const answer = await authenticate(cloud, proof, scope);
      return [answer.status, answer.ok ? '' : ((await answer.json()) as Fault).error.message];
    };
    const unauthorized = [401, 'The request you have made requires authentication.'];
    for (const scope of [
      { system: { all: true } },
      { domain: { id: 'default' } },
      { domain: { name: 'none' } },
      { project: { id: 'none' } },
      { 'OS-TRUST:trust': { id: 'none' } },
    ])
      expect(await ask(scope)).toEqual(unauthorized);
    const malformed = 'Expecting to find system, project, domain, OS-TRUST:trust or unscoped in scope.';
    for (const scope of [{}, { system: { all: true }, project: { id: tenant.api.projectId } }, { planet: {} }])
      expect(await ask(scope)).toEqual([400, expect.stringContaining(malformed)]);
    expect(await ask({ project: { name: 'demo' } })).toEqual([
      400,
      expect.stringContaining('Expecting to find domain in project.'),
    ]);
    expect((await ask('unscoped'))[0]).toBe(201);
    expect((await ask({ unscoped: {} }))[0]).toBe(201);
    expect((await ask('everything'))[0]).toBe(400);
  });
});
