import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { ServiceApi } from '../setup/service-api.js';
import { ServiceUser, askWith, roleId } from '../setup/service-user.js';

interface Rule {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
}
interface Made {
  readonly application_credential: {
    readonly id: string;
    readonly name: string;
    readonly secret: string;
    readonly roles: { readonly id: string; readonly name: string }[];
    readonly access_rules?: Rule[];
  };
}
interface Token {
  readonly token: {
    readonly expires_at: string;
    readonly roles: { readonly name: string }[];
    readonly methods: string[];
    readonly application_credential: { readonly restricted: boolean };
  };
}

describe('Keystone’s application credentials', () => {
  let api: ServiceApi;
  let user: ServiceUser;
  let other: ServiceUser;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    [user, other] = [await ServiceUser.make(api), await ServiceUser.make(api)];
  });
  afterAll(() => api.stop());

  const at = (who = user): string => `/users/${who.id}/application_credentials`;
  const make = (fields: object = {}, who = user, token?: string) =>
    who.ask<Made>('POST', at(who), { application_credential: { name: randomUUID(), ...fields } }, token);
  const logIn = (application_credential: object, scope?: object) => {
    const identity = { methods: ['application_credential'], application_credential };
    return askWith<Token>(user.api.base, undefined, 'POST', '/auth/tokens', { auth: { identity, ...scope } });
  };
  const tokenOf = async (fields: object = {}): Promise<string> => {
    const { id, secret } = (await make(fields)).body.application_credential;
    return (await logIn({ id, secret })).token;
  };
  const message = ({ body }: { body: { error?: { message: string } } }): string | undefined => body.error?.message;

  it('are made with a secret that is shown once, have the roles of the token that made them, and are found by name', async () => {
    const { status, body } = await make({ description: 'd' });
    const { secret, ...shown } = body.application_credential;
    expect([status, secret.length]).toEqual([201, 86]);
    expect(shown).toMatchObject({
      description: 'd',
      project_id: user.project,
      user_id: user.id,
      unrestricted: false,
      expires_at: null,
      system: null,
      links: { self: `${user.api.base}/identity/v3${at()}/${shown.id}` },
    });
    expect(shown.roles.map(({ name }) => name).toSorted()).toEqual(['member', 'reader']);
    expect((await user.ask('GET', `${at()}/${shown.id}`)).body).toEqual({ application_credential: shown });
    const { body: found } = await user.ask('GET', `${at()}?name=${shown.name}`);
    expect(found).toMatchObject({ application_credentials: [shown] });
    expect(JSON.stringify(found)).not.toContain(secret);
    expect(message(await make({ name: shown.name }))).toMatch(
      /^Conflict occurred attempting to store application_cred/,
    );
    expect((await user.ask('DELETE', `${at()}/${shown.id}`)).status).toBe(204);
    expect(message(await user.ask('GET', `${at()}/${shown.id}`))).toBe(
      `Could not find Application Credential: ${shown.id}.`,
    );
  });

  it('have the roles that are asked for and all that these imply, as Keystone 30 writes them down', async () => {
    const imply = async (prior: string, implied: string): Promise<void> => {
      const { status } = await api.admin.request('PUT', `/identity/v3/roles/${prior}/implies/${implied}`);
      expect(status).toBe(201);
    };
    const rolesOf = async (fields: object): Promise<string[]> => {
      const { status, body } = await make(fields);
      expect(status).toBe(201);
      const shown = await user.ask<Made>('GET', `${at()}/${body.application_credential.id}`);
      expect(shown.body.application_credential.roles).toEqual(body.application_credential.roles);
      return body.application_credential.roles.map(({ name }) => name).toSorted();
    };
    expect(await rolesOf({ roles: [{ name: 'member' }] })).toEqual(['member', 'reader']);
    expect(await rolesOf({ roles: [{ id: await roleId(api.admin, 'reader') }] })).toEqual(['reader']);
    const role = { name: `z-${randomUUID()}` };
    const { id } = (await api.admin.call<{ role: { id: string } }>('POST', '/identity/v3/roles', { role })).role;
    await imply(await roleId(api.admin, 'reader'), id);
    await user.api.renew();
    expect(await rolesOf({ roles: [{ name: 'member' }] })).toEqual(['member', 'reader', role.name]);
    await api.admin.call('DELETE', `/identity/v3/roles/${id}`);
    await user.api.renew();
  });

  it('are refused in Keystone’s words: roles that the token has not, times that are over, attributes that it does not know', async () => {
    const role = await roleId(api.admin, 'admin');
    expect(message(await make({ roles: [{ id: role }] }))).toBe(
      'Invalid application credential: Cannot create an application credential with unassigned role',
    );
    expect(message(await make({ roles: [{ name: 'no such role' }] }))).toBe('Could not find role: no such role.');
    expect(message(await make({ expires_at: '2001-01-01T00:00:00Z' }))).toMatch(/^The 'expires_at' must not be before/);
    for (const wrong of ['soon', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-05:00'])
      expect(message(await make({ expires_at: wrong }))).toMatch(/^Timestamp not in expected format/);
    expect((await make({ unknown: 1 })).status).toBe(400);
    expect((await user.ask('POST', at(), { application_credential: {} })).status).toBe(400);
  });

  it('are nobody else’s to make, to see or to delete, and an administrator’s to see', async () => {
    const { id } = (await make()).body.application_credential;
    expect((await other.ask('POST', at(), { application_credential: { name: 'x' } })).status).toBe(403);
    expect((await other.ask('GET', at())).status).toBe(403);
    for (const method of ['GET', 'DELETE']) {
      expect((await other.ask(method, `${at()}/${id}`)).status).toBe(403);
      expect((await other.ask(method, `${at(other)}/${id}`)).status).toBe(404);
    }
    expect((await api.admin.request('GET', `/identity/v3${at()}/${id}`)).status).toBe(200);
  });

  it('log in by their id or by their name and user, with no more roles than they have and no longer than they last', async () => {
    const soon = new Date(Date.now() + 600_000).toISOString();
    const { id, name, secret } = (await make({ roles: [{ name: 'reader' }], expires_at: soon })).body
      .application_credential;
    const byId = await logIn({ id, secret });
    expect(byId).toMatchObject({
      status: 201,
      body: {
        token: { methods: ['application_credential'], roles: [{ name: 'reader' }], application_credential: { id } },
      },
    });
    expect(new Date(byId.body.token.expires_at).getTime()).toBeLessThanOrEqual(Date.parse(soon));
    expect((await logIn({ name, user: { id: user.id }, secret })).status).toBe(201);
    expect((await logIn({ name, user: { name: user.name, domain: { id: 'default' } }, secret })).status).toBe(201);
    // Whose it is says the credential, and no request.
    expect(await logIn({ id, secret, user: { id: other.id } })).toMatchObject({
      body: { token: { user: { id: user.id } } },
    });
    for (const wrong of [
      { id, secret: 'wrong' },
      { id: 'nothing', secret },
      { name, user: { id: other.id }, secret },
    ])
      expect((await logIn(wrong)).status).toBe(401);
    expect(message(await logIn({ secret }))).toMatch(/^Expecting to find name or ID in application credential/);
    const scoped = await logIn({ id, secret }, { scope: { project: { id: user.project } } });
    expect(message(scoped)).toMatch(/Application credentials cannot request a scope\.$/);
    const identity = { methods: ['token'], token: { id: byId.token } };
    expect((await user.ask('POST', '/auth/tokens', { auth: { identity } })).status).toBe(403);
  });

  it('expire by the database’s clock, and their tokens with them', async () => {
    const { id, secret } = (await make({ expires_at: new Date(Date.now() + 60_000).toISOString() })).body
      .application_credential;
    await api.database.query(`UPDATE keystone.application_credentials SET expires_at = now() WHERE id = $1`, [id]);
    expect((await logIn({ id, secret })).status).toBe(401);
  });

  it('make others only where they are unrestricted, and see those that there are', async () => {
    const [restricted, unrestricted] = [await tokenOf(), await tokenOf({ unrestricted: true })];
    const refused = await make({}, user, restricted);
    expect([refused.status, message(refused)]).toEqual([
      403,
      "You are not authorized to perform the requested action: Using method 'application_credential' is not allowed for managing additional application credentials..",
    ]);
    expect((await user.ask('GET', at(), undefined, restricted)).status).toBe(200);
    expect((await make({}, user, unrestricted)).status).toBe(201);
    expect((await user.ask('GET', '/OS-TRUST/trusts', undefined, unrestricted)).status).toBe(403);
    const credential = { type: 'cert', user_id: user.id, blob: 'x' };
    expect(message(await user.ask('POST', '/credentials', { credential }, unrestricted))).toMatch(/Delegated tokens/);
  });

  it('end with the role that their user had, with the user’s being disabled, and when they are deleted', async () => {
    const one = await ServiceUser.make(api);
    const { id, secret } = (await make({}, one)).body.application_credential;
    const { token } = await logIn({ id, secret });
    const valid = async (subject: string): Promise<number> =>
      (await askWith(user.api.base, subject, 'GET', '/auth/catalog')).status;
    expect(await valid(token)).toBe(200);
    await one.ask('DELETE', `${at(one)}/${id}`);
    expect(await valid(token)).toBe(401);
    const again = (await make({ access_rules: [{ service: 'identity', method: 'GET', path: '/**' }] }, one)).body
      .application_credential;
    await api.admin.call('PATCH', `/identity/v3/users/${one.id}`, { user: { enabled: false } });
    await api.admin.call('PATCH', `/identity/v3/users/${one.id}`, { user: { enabled: true } });
    expect((await logIn({ id: again.id, secret: again.secret })).status).toBe(401);
    await api.admin.call('DELETE', `/identity/v3/users/${one.id}`);
    const revoked = await ServiceUser.make(api);
    const lost = (await make({}, revoked)).body.application_credential;
    const member = await roleId(api.admin, 'member');
    await api.admin.call('DELETE', `/identity/v3/projects/${revoked.project}/users/${revoked.id}/roles/${member}`);
    expect((await logIn({ id: lost.id, secret: lost.secret })).status).toBe(401);
  });

  it('go with a user who has rules of them, also with all users of a domain', async () => {
    const one = await ServiceUser.make(api);
    await make({ access_rules: [{ service: 'identity', method: 'GET', path: '/v3/projects' }] }, one);
    await api.admin.call('DELETE', `/identity/v3/users/${one.id}`);
    const { domain } = await api.admin.call<{ domain: { id: string } }>('POST', '/identity/v3/domains', {
      domain: { name: randomUUID() },
    });
    const two = await ServiceUser.make(api);
    await make({ access_rules: [{ service: 'identity', method: 'GET', path: '/v3/projects' }] }, two);
    await api.database.query('UPDATE keystone.users SET domain_id = $1 WHERE id = $2', [domain.id, two.id]);
    await api.admin.call('PATCH', `/identity/v3/domains/${domain.id}`, { domain: { enabled: false } });
    await api.admin.call('DELETE', `/identity/v3/domains/${domain.id}`);
  });

  describe('with access rules', () => {
    const rules = (where = '/v3/users/*'): object[] => [{ service: 'identity', method: 'GET', path: where }];

    it('may make the requests that a rule names and no others, to any service', async () => {
      const token = await tokenOf({
        access_rules: [
          { service: 'identity', method: 'GET', path: '/v3/users/{user_id}' },
          { service: 'compute', method: 'GET', path: '/compute/v2.1/**' },
        ],
      });
      const status = async (method: string, where: string): Promise<number> => {
        const answer = await fetch(user.api.base + where, {
          method,
          headers: { 'x-auth-token': token, 'x-subject-token': token },
        });
        await answer.arrayBuffer();
        return answer.status;
      };
      expect(await status('GET', `/identity/v3/users/${user.id}`)).toBe(200);
      expect(await status('GET', '/compute/v2.1/flavors')).toBe(200);
      expect(await status('GET', '/identity/v3/auth/tokens')).toBe(200);
      for (const [method, where] of [
        ['PATCH', `/identity/v3/users/${user.id}`],
        ['GET', `/identity/v3/users/${user.id}/projects`],
        ['GET', '/identity/v3/auth/catalog'],
        ['POST', '/compute/v2.1/servers'],
        ['GET', '/network/v2.0/networks'],
        ['GET', '/internal/operations'],
      ] as const)
        expect([method, where, await status(method, where)]).toEqual([method, where, 401]);
    });

    it('share them: one that says the same is made once, is shown and listed, and is not deleted while it is used', async () => {
      const first = (await make({ access_rules: rules() })).body.application_credential;
      const [rule] = first.access_rules!;
      const second = (await make({ access_rules: rules() })).body.application_credential;
      const third = (await make({ access_rules: [{ id: rule!.id }] })).body.application_credential;
      expect([second.access_rules, third.access_rules]).toEqual([[rule], [rule]]);
      const own = `/users/${user.id}/access_rules`;
      const links = { self: `${user.api.base}/identity/v3${own}/${rule!.id}` };
      expect((await user.ask('GET', `${own}/${rule!.id}`)).body).toEqual({ access_rule: { ...rule, links } });
      const listed = await user.ask<{ access_rules: Rule[] }>('GET', `${own}?path=/v3/users/*`);
      expect(listed.body.access_rules).toEqual([{ ...rule, links }]);
      const used = await user.ask('DELETE', `${own}/${rule!.id}`);
      expect([used.status, message(used)]).toEqual([403, 'May not delete access rule in use']);
      for (const { id } of [first, second, third]) await user.ask('DELETE', `${at()}/${id}`);
      expect((await user.ask('DELETE', `${own}/${rule!.id}`)).status).toBe(204);
      expect(message(await user.ask('GET', `${own}/${rule!.id}`))).toBe(`Could not find Access Rule: ${rule!.id}.`);
    });

    it('are nobody else’s to use, to see or to delete', async () => {
      const [rule] = (await make({ access_rules: rules('/mine') })).body.application_credential.access_rules!;
      const taken = await make({ access_rules: [{ id: rule!.id }] }, other);
      expect([taken.status, message(taken)]).toEqual([404, `Could not find Access Rule: ${rule!.id}.`]);
      expect((await other.ask('GET', `/users/${user.id}/access_rules`)).status).toBe(403);
      expect((await other.ask('GET', `/users/${user.id}/access_rules/${rule!.id}`)).status).toBe(403);
      expect((await other.ask('DELETE', `/users/${other.id}/access_rules/${rule!.id}`)).status).toBe(404);
    });
  });
});
