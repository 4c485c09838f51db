import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FED, unique, withFederation, type Refusal } from '../setup/federation.js';
import { OidcProvider } from '../setup/oidc-provider.js';
import { ServiceUser, roleId } from '../setup/service-user.js';

interface TokenBody {
  token: {
    methods: string[];
    user: {
      id: string;
      name: string;
      domain: { id: string };
      'OS-FEDERATION'?: { groups: { id: string }[]; identity_provider: { id: string }; protocol: { id: string } };
    };
    project?: { id: string };
    domain?: { id: string };
    roles?: { name: string }[];
    expires_at: string;
  };
}
interface LoggedIn {
  status: number;
  token: string;
  body: TokenBody & Refusal;
}

const { world, ask, makeMapping, makeProvider } = withFederation();

describe('a log-in by an access token', () => {
  let oidc: OidcProvider;
  let group: string;
  let idp: string;
  let mapping: string;
  beforeAll(async () => {
    oidc = await OidcProvider.start(`${world.api.admin.base}/identity/v3`);
    group = unique();
    await world.api.services.db.group.create({ data: { id: group, name: `group-${group}`, domain_id: 'default' } });
    const roles = await world.api.services.db.role.findMany({ where: { name: { in: ['member', 'reader'] } } });
    const role = (name: string): string => roles.find((one) => one.name === name)!.id;
    const on = { group_id: group, role_id: role('member') };
    await world.api.services.db.roleAssignment.create({ data: { ...on, project_id: world.api.admin.projectId } });
    await world.api.services.db.roleAssignment.create({
      data: { ...on, role_id: role('reader'), domain_id: 'default' },
    });
    mapping = await makeMapping([
      {
        local: [{ user: { id: '{0}', name: '{1}', email: '{2}' } }],
        remote: ['sub', 'name', 'email'].map((type) => ({ type: `OIDC-${type}` })),
      },
      {
        local: [{ groups: '{0}', domain: { id: 'default' } }],
        remote: [{ type: 'HTTP_OIDC_GROUPS', whitelist: [`group-${group}`] }],
      },
    ]);
    idp = await makeProvider({ remote_ids: [oidc.issuer] });
    await world.api.admin.call('PUT', `${FED}/identity_providers/${idp}/protocols/openid`, {
      protocol: { mapping_id: mapping, remote_id_attribute: 'HTTP_OIDC_ISS' },
    });
  });
  afterAll(() => oidc.stop());

  const send = async (
    path: string,
    headers: Record<string, string>,
    body?: object,
    method = 'POST',
  ): Promise<LoggedIn> => {
    const response = await fetch(world.api.admin.base + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      token: response.headers.get('x-subject-token') ?? '',
      body: (await response.json()) as TokenBody & Refusal,
    };
  };
  const present = (token: string, { protocol = 'openid', provider = idp, method = 'POST' } = {}): Promise<LoggedIn> =>
    send(
      `${FED}/identity_providers/${provider}/protocols/${protocol}/auth`,
      { authorization: `Bearer ${token}` },
      undefined,
      method,
    );
  const ada = (more: object = {}) => ({
    sub: `ada-${group}`,
    name: `Ada ${group}`,
    email: 'ada@example.org',
    groups: [`group-${group}`],
    ...more,
  });
  const logIn = async (claims: Record<string, unknown> = ada(), forged?: Parameters<OidcProvider['token']>[1]) =>
    present(await oidc.token(claims, forged));
  const rescope = (token: string, scope: object): Promise<LoggedIn> =>
    send('/identity/v3/auth/tokens', {}, { auth: { identity: { methods: ['token'], token: { id: token } }, scope } });
  const inProject = (token: string) => rescope(token, { project: { id: world.api.admin.projectId } });

  it('gives an unscoped token with the groups that the provider names, and the same user each time', async () => {
    const first = await logIn();
    expect(first.status).toBe(201);
    const { token } = first.body;
    expect(token).toMatchObject({
      methods: ['openid'],
      user: {
        name: `Ada ${group}`,
        'OS-FEDERATION': { groups: [{ id: group }], identity_provider: { id: idp }, protocol: { id: 'openid' } },
      },
    });
    expect(token.roles).toBeUndefined();
    expect(token.user).not.toHaveProperty('password_expires_at');
    const shown = await ask<{ identity_provider: { domain_id: string } }>('GET', `${FED}/identity_providers/${idp}`);
    expect(token.user.domain.id).toBe(shown.body.identity_provider.domain_id);
    const again = await present(await oidc.token(ada({ name: `Ada L. ${group}` })), { method: 'GET' });
    expect(again).toMatchObject({
      status: 201,
      body: { token: { user: { id: token.user.id, name: `Ada L. ${group}` } } },
    });
    const { user } = await world.api.admin.call<{ user: object }>('GET', `/identity/v3/users/${token.user.id}`);
    expect(user).toMatchObject({ name: `Ada L. ${group}`, email: 'ada@example.org' });
  });

  it('opens by the groups a project and a domain, and nothing else', async () => {
    const { token, body } = await logIn();
    const scoped = await inProject(token);
    expect(scoped).toMatchObject({
      status: 201,
      body: {
        token: {
          methods: ['openid', 'token'],
          project: { id: world.api.admin.projectId },
          expires_at: body.token.expires_at,
        },
      },
    });
    expect(scoped.body.token.user['OS-FEDERATION']?.groups).toEqual([{ id: group }]);
    expect(scoped.body.token.roles?.map(({ name }) => name)).toEqual(['member', 'reader']);
    const domain = await rescope(token, { domain: { id: 'default' } });
    expect(domain.body.token.roles?.map(({ name }) => name)).toEqual(['reader']);
    expect((await rescope(token, { system: { all: true } })).status).toBe(401);
    // What it opens is open: the token is as good as another.
    const listed = await fetch(`${world.api.admin.base}/network/v2.0/networks`, {
      headers: { 'x-auth-token': scoped.token },
    });
    expect(listed.status).toBe(200);
    const stranger = await logIn(ada({ sub: unique(), name: unique(), groups: ['others'] }));
    expect(stranger.body.token.user['OS-FEDERATION']?.groups).toEqual([]);
    expect((await inProject(stranger.token)).status).toBe(401);
  });

  it('ends the tokens of before when the provider names other groups', async () => {
    const own = { sub: unique(), name: unique() };
    const before = await logIn(ada(own));
    const scoped = await inProject(before.token);
    expect((await logIn(ada(own))).status).toBe(201);
    const valid = async (token: string): Promise<number> =>
      (await ask('GET', '/identity/v3/auth/tokens', undefined, { 'x-subject-token': token })).status;
    expect(await valid(scoped.token)).toBe(200);
    expect((await logIn(ada({ ...own, groups: [] }))).status).toBe(201);
    expect(await valid(scoped.token)).toBe(404);
    expect((await inProject(before.token)).status).toBe(401);
  });

  it('makes a member of the groups for as long as the provider says, and leaves alone who was one before', async () => {
    const own = { sub: unique(), name: unique() };
    const memberOf = async (user: string) =>
      (
        await world.api.database.query<{ left: number | null }>(
          'SELECT extract(epoch FROM expires_at - now())::float AS left FROM keystone.group_members WHERE user_id = $1',
          [user],
        )
      ).rows;
    const { body } = await logIn(ada(own));
    expect((await memberOf(body.token.user.id))[0]!.left).toBeLessThanOrEqual(0);
    await world.api.admin.call('PATCH', `${FED}/identity_providers/${idp}`, {
      identity_provider: { authorization_ttl: 10 },
    });
    await logIn(ada(own));
    const [{ left } = { left: 0 }] = await memberOf(body.token.user.id);
    expect(left).toBeGreaterThan(500);
    expect(left).toBeLessThanOrEqual(600);
    await world.api.database.query('UPDATE keystone.group_members SET expires_at = NULL WHERE user_id = $1', [
      body.token.user.id,
    ]);
    await logIn(ada({ ...own, groups: [] }));
    expect(await memberOf(body.token.user.id)).toEqual([{ left: null }]);
  });

  it('is refused for every token that is not the provider’s own, for this cloud and of this hour', async () => {
    const refused = { status: 401, body: { error: { message: 'The request you have made requires authentication.' } } };
    const before = await world.api.database.query('SELECT count(*) FROM keystone.users');
    expect(await logIn(ada({ sub: unique() }), { stranger: true })).toMatchObject(refused);
    expect(await logIn(ada({ sub: unique() }), { audience: 'another-cloud' })).toMatchObject(refused);
    expect(await logIn(ada({ sub: unique() }), { expires: '-10m' })).toMatchObject(refused);
    expect(await logIn(ada({ sub: unique() }), { issuer: 'http://127.0.0.1:9' })).toMatchObject(refused);
    const parts = (await oidc.token(ada({ sub: unique() }))).split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const token of [
      'x',
      'x.y.z',
      `${parts[0]}.${parts[1]}.`,
      `${none}.${parts[1]}.`,
      `${none}.${parts[1]}.${parts[2]}`,
    ])
      expect(await present(token)).toMatchObject(refused);
    const path = `${FED}/identity_providers/${idp}/protocols/openid/auth`;
    expect(await send(path, {})).toMatchObject(refused);
    expect(await send(path, { authorization: 'Basic YTpi' })).toMatchObject(refused);
    const after = await world.api.database.query('SELECT count(*) FROM keystone.users');
    expect(after.rows).toEqual(before.rows);
  });

  it('needs a provider and a protocol that are there, and one that is enabled, also for the tokens that it gave', async () => {
    const token = await oidc.token(ada());
    expect(await present(token, { provider: 'none' })).toMatchObject({
      status: 404,
      body: { error: { message: 'Could not find Identity Provider: none.' } },
    });
    expect((await present(token, { protocol: 'none' })).status).toBe(404);
    const given = await present(token);
    const enable = (enabled: boolean) =>
      world.api.admin.call('PATCH', `${FED}/identity_providers/${idp}`, { identity_provider: { enabled } });
    await enable(false);
    expect(await present(token)).toMatchObject({
      status: 403,
      body: { error: { message: `Identity Provider ${idp} is disabled` } },
    });
    expect((await inProject(given.token)).status).toBe(403);
    await enable(true);
    expect((await inProject(given.token)).status).toBe(201);
  });

  it('takes a user’s name from nobody, and no user who is disabled', async () => {
    const own = { sub: unique(), name: unique() };
    const { body } = await logIn(ada(own));
    expect(await logIn(ada({ sub: unique(), name: own.name }))).toMatchObject({ status: 409 });
    await world.api.admin.call('PATCH', `/identity/v3/users/${body.token.user.id}`, { user: { enabled: false } });
    expect((await logIn(ada(own))).status).toBe(401);
    for (const name of ['', ' ', 'x'.repeat(256), 'a\0b', 'half \ud83d a pair', 'nova-compute@another-host'])
      expect((await logIn(ada({ sub: unique(), name }))).status).toBe(401);
    expect((await logIn(ada({ sub: `${unique()}\ud83d`, name: unique() }))).status).toBe(401);
  });

  it('by many at once makes one user', async () => {
    const own = { sub: unique(), name: unique() };
    const answers = await Promise.all(Array.from({ length: 6 }, () => logIn(ada(own))));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 201));
    expect(new Set(answers.map(({ body }) => body.token.user.id)).size).toBe(1);
  });

  it('asks each provider for its keys once, however many log in', async () => {
    const asked = oidc.asked;
    await Promise.all([logIn(), logIn(), logIn()]);
    expect(oidc.asked - asked).toBe(0);
    const other = await OidcProvider.start(`${world.api.admin.base}/identity/v3`);
    try {
      await world.api.admin.call('PATCH', `${FED}/identity_providers/${idp}`, {
        identity_provider: { remote_ids: [oidc.issuer, other.issuer] },
      });
      const claims = ada({ sub: unique(), name: unique() });
      const tokens = await Promise.all([other.token(claims), other.token(claims)]);
      expect((await Promise.all(tokens.map((one) => present(one)))).map(({ status }) => status)).toEqual([201, 201]);
      expect(other.asked).toBe(1);
    } finally {
      await other.stop();
    }
  });

  it('is put off while the provider does not answer, or points to where no keys are to be had', async () => {
    const other = await OidcProvider.start(`${world.api.admin.base}/identity/v3`);
    try {
      other.lies = { jwks_uri: 'file:///etc/passwd' };
      await world.api.admin.call('PATCH', `${FED}/identity_providers/${idp}`, {
        identity_provider: { remote_ids: [oidc.issuer, other.issuer] },
      });
      const token = await other.token(ada());
      expect(await present(token)).toMatchObject({ status: 503 });
    } finally {
      await other.stop();
    }
  });

  it('makes the projects that a mapping gives, with roles that are there', async () => {
    const name = `project-${unique()}`;
    const rules = (role: string) => [
      {
        remote: [{ type: 'sub' }, { type: 'name' }],
        local: [{ user: { id: '{0}', name: '{1}' }, projects: [{ name, roles: [{ name: role }] }] }],
      },
    ];
    const own = { sub: unique(), name: unique() };
    const path = `${FED}/identity_providers/${idp}/protocols/mapped`;
    const wrong = await makeMapping(rules('no-such-role'));
    await world.api.admin.call('PUT', path, { protocol: { mapping_id: wrong } });
    const enter = async () => present(await oidc.token(own), { protocol: 'mapped' });
    const count = async () => (await world.api.database.query('SELECT count(*)::int AS n FROM keystone.users')).rows;
    const before = await count();
    expect(await enter()).toMatchObject({
      status: 404,
      body: { error: { message: 'Could not find role: no-such-role.' } },
    });
    // Nothing is half made.
    expect(await count()).toEqual(before);
    await world.api.admin.call('PATCH', path, { protocol: { mapping_id: await makeMapping(rules('member')) } });
    for (let round = 0; round < 2; round++) {
      const { token, body } = await enter();
      expect(body.token.methods).toEqual(['mapped']);
      const scoped = await rescope(token, { project: { name, domain: { id: body.token.user.domain.id } } });
      expect(scoped.body.token.roles?.map((role) => role.name)).toEqual(['member', 'reader']);
    }
    // With the protocol its users go, and their tokens.
    const { token } = await enter();
    await world.api.admin.call('DELETE', path);
    expect(await count()).toEqual(before);
    expect((await rescope(token, { project: { name, domain: { id: 'default' } } })).status).toBe(401);
  });

  it('shows a user who is here anyway where the mapping says so', async () => {
    const local = await makeMapping([
      { remote: [{ type: 'sub' }], local: [{ user: { name: '{0}', type: 'local', domain: { id: 'default' } } }] },
    ]);
    const path = `${FED}/identity_providers/${idp}/protocols/local`;
    await world.api.admin.call('PUT', path, { protocol: { mapping_id: local } });
    const { body } = await present(await oidc.token({ sub: 'admin' }), { protocol: 'local' });
    expect(body.token).toMatchObject({ methods: ['mapped'], user: { name: 'admin', password_expires_at: null } });
    expect(body.token.user['OS-FEDERATION']).toBeUndefined();
    expect((await present(await oidc.token({ sub: 'nobody' }), { protocol: 'local' })).status).toBe(401);
  });

  it('is not enough for a user whose own rules ask for more: a receipt is what it gives', async () => {
    const user = await ServiceUser.make(world.api);
    const options = { multi_factor_auth_rules: [['password', 'mapped']] };
    await world.api.admin.call('PATCH', `/identity/v3/users/${user.id}`, { user: { options } });
    const local = await makeMapping([
      { remote: [{ type: 'sub' }], local: [{ user: { id: '{0}', type: 'local', domain: { id: 'default' } } }] },
    ]);
    const path = `${FED}/identity_providers/${idp}/protocols/ruled`;
    await world.api.admin.call('PUT', path, { protocol: { mapping_id: local } });
    for (const method of ['POST', 'GET']) {
      const response = await fetch(`${world.api.admin.base}${path}/auth`, {
        method,
        headers: { authorization: `Bearer ${await oidc.token({ sub: user.id })}` },
      });
      expect(response.status).toBe(401);
      expect(response.headers.get('x-subject-token')).toBeNull();
      expect(await response.json()).toMatchObject({
        receipt: { methods: ['mapped'], user: { id: user.id } },
        required_auth_methods: [['password', 'mapped']],
      });
      const receipt = response.headers.get('openstack-auth-receipt') ?? '';
      const password = { user: { id: user.id, password: user.password } };
      const whole = await send(
        '/identity/v3/auth/tokens',
        { 'openstack-auth-receipt': receipt },
        { auth: { identity: { methods: ['password'], password } } },
      );
      expect(whole).toMatchObject({ status: 201, body: { token: { methods: ['password', 'mapped'] } } });
    }
  });

  it('gives a trustee no roles that the trustor does not have: his groups are his own', async () => {
    const trustor = await ServiceUser.make(world.api);
    const member = await roleId(world.api.admin, 'member');
    const on = `/identity/v3/projects/${trustor.project}`;
    await world.api.admin.call('PUT', `${on}/groups/${group}/roles/${member}`);
    const { token, body } = await logIn(ada({ sub: unique(), name: unique() }));
    const made = await trustor.ask<{ trust: { id: string } }>('POST', '/OS-TRUST/trusts', {
      trust: {
        trustor_user_id: trustor.id,
        trustee_user_id: body.token.user.id,
        project_id: trustor.project,
        impersonation: true,
        roles: [{ id: member }],
      },
    });
    const scope = { 'OS-TRUST:trust': { id: made.body.trust.id } };
    const trusted = await rescope(token, scope);
    expect(trusted).toMatchObject({ status: 201, body: { token: { user: { id: trustor.id } } } });
    expect(trusted.body.token.user['OS-FEDERATION']).toBeUndefined();
    await world.api.admin.call('DELETE', `${on}/users/${trustor.id}/roles/${member}`);
    expect((await rescope(token, scope)).status).toBe(403);
  });

  it('leaves nothing that keeps its protocol: application credentials with rules go with their user', async () => {
    const path = `${FED}/identity_providers/${idp}/protocols/keeping`;
    await world.api.admin.call('PUT', path, { protocol: { mapping_id: mapping } });
    const given = await present(await oidc.token(ada({ sub: unique(), name: unique() })), { protocol: 'keeping' });
    const { id } = given.body.token.user;
    const { token } = await inProject(given.token);
    const credential = { name: 'reads', access_rules: [{ service: 'compute', method: 'GET', path: '/v2.1/servers' }] };
    const made = await send(
      `/identity/v3/users/${id}/application_credentials`,
      { 'x-auth-token': token },
      { application_credential: credential },
    );
    expect(made.status).toBe(201);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', `/identity/v3/users/${id}`)).status).toBe(404);
  });
});
