import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { Browser, OWN_PAGE } from '../setup/browser.js';
import { newMember, type Member } from '../setup/identity.js';
import { generic } from '../setup/passwords.js';
import { ServiceApi } from '../setup/service-api.js';

interface Session {
  readonly user: { readonly id: string; readonly name: string };
  readonly project: { readonly id: string; readonly name: string } | null;
  readonly projects: { readonly id: string; readonly name: string }[];
  readonly roles: string[];
  readonly methods: string[];
  readonly audit_ids: string[];
  readonly expires_at: string;
}
interface Refusal {
  readonly error: { readonly message: string };
}
const PATH = '/dashboard/session';

describe('a session of the dashboard', () => {
  let api: ServiceApi;
  let member: Member;
  let username: string;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'), {
      NOVAFLOW_LOCKOUT_FAILURE_ATTEMPTS: '3',
      NOVAFLOW_AUDIT_TRAIL: 'true',
    });
    member = await newMember(api.admin);
    username = (await api.admin.call<{ user: { name: string } }>('GET', `/identity/v3/users/${member.user}`)).user.name;
  });
  afterAll(() => api.stop());
  const browser = () => new Browser(api.admin.base);
  const loggedIn = async (): Promise<Browser> => {
    const one = browser();
    expect((await one.logIn(username, member.password)).status).toBe(201);
    return one;
  };
  const ours = '/identity/v3/auth/projects';

  it('begins by a password, in the first project that its user has, with a cookie that no script and no other site can use', async () => {
    const one = browser();
    const { status, body, headers } = await one.logIn<Session>(username, member.password);
    expect(status).toBe(201);
    expect(body.user).toMatchObject({ id: member.user, name: username });
    expect([body.project?.id, body.projects.map(({ id }) => id), body.roles]).toEqual([
      member.project,
      [member.project],
      ['member', 'reader'],
    ]);
    const cookie = headers.get('set-cookie')!;
    for (const wanted of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(wanted);
    expect(cookie).not.toContain('Secure');
    expect(headers.get('x-subject-token')).toBeNull();
    expect(JSON.stringify(body)).not.toContain(one.cookie.split('=')[1]);
    expect((await one.ask<Session>('GET', PATH)).body).toEqual(body);
    expect((await one.ask('GET', ours)).status).toBe(200);
    expect((await one.ask('GET', '/compute/v2.1/servers')).status).toBe(200);
  });

  it('is nothing to a request that no page of the dashboard has made', async () => {
    const { cookie } = await loggedIn();
    const others: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'same-origin' },
      { ...OWN_PAGE, 'sec-fetch-site': 'same-site' },
      { ...OWN_PAGE, 'sec-fetch-site': 'cross-site' },
      { ...OWN_PAGE, 'sec-fetch-site': 'none' },
      { 'x-novaflow-dashboard': '1', origin: 'http://elsewhere.example' },
      { 'x-novaflow-dashboard': '1', origin: 'null' },
    ];
    for (const headers of others)
      for (const [method, path] of [
        ['GET', ours],
        ['GET', PATH],
        ['DELETE', PATH],
        ['PUT', PATH],
      ] as const) {
        const one = Object.assign(browser(), { cookie });
        const { status, body } = await one.ask<Refusal>(method, path, undefined, headers);
        expect([headers, method, status, body.error.message]).toEqual([headers, method, 401, generic]);
      }
    const own = { 'x-novaflow-dashboard': '1', origin: new URL(api.admin.base).origin };
    expect((await Object.assign(browser(), { cookie }).ask('GET', ours, undefined, own)).status).toBe(200);
  });

  it('cannot be begun for a visitor by a page of another origin', async () => {
    const body = { username, password: member.password };
    for (const headers of [{}, { ...OWN_PAGE, 'sec-fetch-site': 'cross-site' }]) {
      const one = browser();
      expect((await one.ask('POST', PATH, body, headers)).status).toBe(401);
      expect(one.cookie).toBe('');
    }
  });

  it('gives way to a token that a request shows', async () => {
    const one = await loggedIn();
    const headers = { ...OWN_PAGE, 'x-auth-token': api.admin.sessionToken };
    const { body } = await one.ask<Session>('GET', PATH, undefined, headers);
    expect(body.user.name).toBe('admin');
    expect((await one.ask('GET', PATH, undefined, { ...OWN_PAGE, 'x-auth-token': 'none' })).status).toBe(401);
  });

  it('ends for good when its user logs out', async () => {
    const one = await loggedIn();
    const { cookie } = one;
    const ended = await one.ask('DELETE', PATH);
    expect([ended.status, one.cookie]).toEqual([204, '']);
    expect((await Object.assign(browser(), { cookie }).ask('GET', ours)).status).toBe(401);
    expect((await browser().ask('GET', PATH)).status).toBe(401);
  });

  it('ends with its token: when that is revoked, when the password is another one, and when the user is disabled', async () => {
    const revoked = await loggedIn();
    const token = revoked.cookie.split('=').slice(1).join('=');
    const { status } = await api.admin.request('DELETE', '/identity/v3/auth/tokens', undefined, {
      'x-subject-token': token,
    });
    expect([status, (await revoked.ask('GET', ours)).status]).toEqual([204, 401]);

    const [other, one] = [await newMember(api.admin), browser()];
    const { user } = await api.admin.call<{ user: { name: string } }>('GET', `/identity/v3/users/${other.user}`);
    await one.logIn(user.name, other.password);
    const change = (fields: object) => api.admin.call('PATCH', `/identity/v3/users/${other.user}`, { user: fields });
    await change({ password: 'another one' });
    expect((await one.ask('GET', ours)).status).toBe(401);
    expect((await one.logIn(user.name, 'another one')).status).toBe(201);
    await change({ enabled: false });
    expect((await one.ask('GET', ours)).status).toBe(401);
  });

  it('changes to projects of its user, and to no other one', async () => {
    const second = await newMember(api.admin);
    const { roles } = await api.admin.call<{ roles: { id: string }[] }>('GET', '/identity/v3/roles?name=reader');
    const { project } = await api.admin.call<{ project: { name: string } }>(
      'GET',
      `/identity/v3/projects/${second.project}`,
    );
    const grant = `/identity/v3/projects/${second.project}/users/${member.user}/roles/${roles[0]!.id}`;
    await api.admin.call('PUT', grant);
    const one = await loggedIn();
    const before = one.cookie;
    const changed = await one.ask<Session>('PUT', PATH, { project: project.name });
    expect([changed.status, changed.body.project?.id, changed.body.roles]).toEqual([200, second.project, ['reader']]);
    // What was asked for with the former token may still have to begin.
    expect((await Object.assign(browser(), { cookie: before }).ask('GET', ours)).status).toBe(200);
    expect((await one.logIn<Session>(username, member.password, { project: second.project })).body.project?.id).toBe(
      second.project,
    );
    for (const stranger of [api.admin.projectId, 'admin', 'there-is-none']) {
      expect((await one.ask('PUT', PATH, { project: stranger })).status).toBe(401);
      expect((await one.logIn(username, member.password, { project: stranger })).status).toBe(401);
    }
    await api.admin.call('DELETE', grant);
    expect((await one.ask('GET', ours)).status).toBe(401);
    expect((await one.logIn<Session>(username, member.password)).body.project?.id).toBe(member.project);
    expect((await one.ask('PUT', PATH, { project: second.project })).status).toBe(401);
  });

  it('begins without a project for a user who has none', async () => {
    const { user } = await api.admin.call<{ user: { name: string } }>('POST', '/identity/v3/users', {
      user: { name: `lonely-${Date.now()}`, password: 'alone' },
    });
    const one = browser();
    const { status, body } = await one.logIn<Session>(user.name, 'alone');
    expect([status, body.project, body.projects]).toEqual([201, null, []]);
    expect((await one.ask('GET', '/compute/v2.1/servers')).status).toBe(403);
  });

  it('is refused in one way whatever is wrong, and locks a user out whose password is guessed', async () => {
    const guessed = await newMember(api.admin);
    const { user } = await api.admin.call<{ user: { name: string } }>('GET', `/identity/v3/users/${guessed.user}`);
    for (const [name, password, more] of [
      ['nobody', 'x', {}],
      [user.name, 'wrong', {}],
      [user.name, guessed.password, { domain: 'elsewhere' }],
      [user.name, 'wrong', {}],
      [user.name, 'wrong', {}],
      // By now it is right, and too late.
      [user.name, guessed.password, {}],
    ] as const) {
      const one = browser();
      const { status, body } = await one.logIn<Refusal>(name, password, more);
      expect([name, status, body.error.message, one.cookie]).toEqual([name, 401, generic, '']);
    }
  });

  it('asks for a second proof where the rules of its user do', async () => {
    const { user } = await api.admin.call<{ user: { name: string } }>('POST', '/identity/v3/users', {
      user: {
        name: `careful-${Date.now()}`,
        password: 'x',
        options: { multi_factor_auth_rules: [['password', 'totp']] },
      },
    });
    const one = browser();
    const { status, body, headers } = await one.logIn<{ required_auth_methods: string[][] }>(user.name, 'x');
    expect([status, body.required_auth_methods, one.cookie]).toEqual([401, [['password', 'totp']], '']);
    expect(headers.get('openstack-auth-receipt')).toBeTruthy();
    expect((await one.logIn(user.name, 'x', { passcode: '000000' })).status).toBe(401);
  });

  it('and tries to begin one are in the audit trail, with who tried', async () => {
    await browser().logIn(`guess-${username}`, 'x');
    const { body } = await browser().logIn<Session>(username, member.password);
    interface Event {
      readonly action: string;
      readonly outcome: string;
      readonly initiator: { readonly id?: string; readonly name?: string };
      readonly target: { readonly id?: string };
    }
    const events = await until(
      async () => {
        const found = await api.admin.call<{ events: Event[] }>('GET', '/internal/audit-trail?limit=50');
        const tries = found.events.filter(({ action }) => action.startsWith('authenticate'));
        return tries.some(({ target }) => target.id === body.audit_ids[0]) ? tries : undefined;
      },
      100,
      20_000,
    );
    expect(events.find(({ target }) => target.id === body.audit_ids[0])?.initiator).toMatchObject({ id: member.user });
    expect(
      events.some(({ initiator, outcome }) => initiator.name === `guess-${username}` && outcome === 'failure'),
    ).toBe(true);
    expect(JSON.stringify(events)).not.toContain(member.password);
  });

  it('is asked for in words that it knows', async () => {
    for (const [body, status] of [
      [{}, 400],
      [{ username: 'a' }, 400],
      [{ username: '', password: 'x' }, 400],
      [{ username: 'a', password: 1 }, 400],
      [{ username: 'a\u0000', password: 'x' }, 400],
      [{ username: 'a', password: 'x', project: 'x'.repeat(256) }, 400],
      [{ username: 'a', password: 'x', more: 1 }, 400],
      [{ username: 'constructor', password: '__proto__' }, 401],
    ] as const)
      expect([body, (await browser().ask('POST', PATH, body)).status]).toEqual([body, status]);
  });
});
