import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { ServiceApi } from '../setup/service-api.js';
import { ServiceUser, askWith, roleId } from '../setup/service-user.js';

interface Made {
  readonly trust: {
    readonly id: string;
    readonly redelegation_count: number;
    readonly expires_at: string | null;
    readonly roles: { readonly id: string; readonly name: string }[];
  };
}
interface Token {
  readonly token: {
    readonly user: { readonly id: string };
    readonly project: { readonly id: string };
    readonly roles: { readonly name: string }[];
    readonly expires_at: string;
    readonly 'OS-TRUST:trust': object;
  };
}

describe('Keystone’s trusts', () => {
  let api: ServiceApi;
  let trustor: ServiceUser;
  let trustee: ServiceUser;
  let third: ServiceUser;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    [trustor, trustee, third] = [await ServiceUser.make(api), await ServiceUser.make(api), await ServiceUser.make(api)];
  });
  afterAll(() => api.stop());

  const path = '/OS-TRUST/trusts';
  const make = (fields: object = {}, who = trustor, token?: string) =>
    who.ask<Made>(
      'POST',
      path,
      {
        trust: {
          trustor_user_id: trustor.id,
          trustee_user_id: trustee.id,
          project_id: trustor.project,
          impersonation: true,
          roles: [{ name: 'member' }],
          ...fields,
        },
      },
      token,
    );
  const made = async (fields: object = {}): Promise<string> => (await make(fields)).body.trust.id;
  const logIn = (id: string, who = trustee) =>
    askWith<Token>(who.api.base, undefined, 'POST', '/auth/tokens', {
      auth: {
        identity: { methods: ['password'], password: { user: { id: who.id, password: who.password } } },
        scope: { 'OS-TRUST:trust': { id } },
      },
    });
  const works = async (token: string): Promise<number> =>
    (await askWith(trustor.api.base, token, 'GET', '/auth/catalog')).status;
  const message = ({ body }: { body: { error?: { message: string } } }): string | undefined => body.error?.message;

  it('are made by the trustor, shown with their roles to both, listed for each, and deleted by the trustor', async () => {
    const { status, body } = await make({ own: 'attribute' });
    const { trust } = body;
    expect([status, trust]).toMatchObject([
      201,
      { trustor_user_id: trustor.id, deleted_at: null, remaining_uses: null, redelegation_count: 0, own: 'attribute' },
    ]);
    expect(trust.roles.map(({ name }) => name)).toEqual(['member']);
    for (const who of [trustor, trustee]) expect((await who.ask('GET', `${path}/${trust.id}`)).body).toEqual(body);
    const { roles, roles_links: _links, ...brief } = trust as typeof trust & { roles_links: object };
    const lists: [ServiceUser, string][] = [
      [trustor, 'trustor'],
      [trustee, 'trustee'],
    ];
    for (const [who, as] of lists) {
      const list = await who.ask<{ trusts: object[] }>('GET', `${path}?${as}_user_id=${who.id}`);
      expect(list.body.trusts).toContainEqual(brief);
      expect((await third.ask('GET', `${path}?${as}_user_id=${who.id}`)).status).toBe(403);
    }
    expect((await trustor.ask('GET', path)).status).toBe(403);
    expect((await api.admin.request('GET', `/identity/v3${path}`)).status).toBe(200);
    expect((await trustee.ask('GET', `${path}/${trust.id}/roles`)).body).toMatchObject({ roles });
    expect((await trustee.ask('GET', `${path}/${trust.id}/roles/${roles[0]!.id}`)).body).toEqual({ role: roles[0] });
    expect(message(await trustee.ask('GET', `${path}/${trust.id}/roles/none`))).toBe('Could not find role: none.');
    expect((await third.ask('GET', `${path}/${trust.id}`)).status).toBe(403);
    expect((await trustee.ask('DELETE', `${path}/${trust.id}`)).status).toBe(403);
    expect((await trustor.ask('DELETE', `${path}/${trust.id}`)).status).toBe(204);
    expect(message(await trustor.ask('GET', `${path}/${trust.id}`))).toBe(`Could not find trust: ${trust.id}.`);
    // Who never might see it does not learn that it is gone.
    expect((await third.ask('GET', `${path}/${trust.id}`)).status).toBe(403);
  });

  it('are refused in Keystone’s words', async () => {
    const words = 'You are not authorized to perform the requested action: ';
    expect(message(await make({ roles: [] }))).toBe(`${words}At least one role should be specified.`);
    expect((await make({}, third)).status).toBe(403);
    expect(message(await make({ trustee_user_id: 'nobody' }))).toBe('Could not find user: nobody.');
    expect(message(await make({ project_id: 'nothing' }))).toBe('Could not find project: nothing.');
    const admin = await roleId(api.admin, 'admin');
    expect(message(await make({ roles: [{ id: admin }] }))).toBe(`Could not find role: ${admin}.`);
    expect(message(await make({ expires_at: '2001-01-01T00:00:00Z' }))).toMatch(/^The 'expires_at' must not be/);
    expect(message(await make({ expires_at: '2999-02-29T00:00:00Z' }))).toMatch(/^Timestamp not in expected format/);
    expect(message(await make({ allow_redelegation: true, remaining_uses: 1 }))).toBe(
      'remaining_uses must not be set if redelegation is allowed',
    );
    expect((await make({ allow_redelegation: true, redelegation_count: 9 })).status).toBe(403);
    expect((await make({ remaining_uses: 0 })).status).toBe(400);
  });

  it('give their trustee tokens as the trustor or as himself, with the roles that they pass on, and nobody else', async () => {
    const [as, own] = [await made(), await made({ impersonation: false, roles: [{ name: 'reader' }] })];
    const impersonated = await logIn(as);
    expect(impersonated).toMatchObject({
      status: 201,
      body: {
        token: {
          user: { id: trustor.id },
          project: { id: trustor.project },
          'OS-TRUST:trust': {
            id: as,
            impersonation: true,
            trustor_user: { id: trustor.id },
            trustee_user: { id: trustee.id },
          },
        },
      },
    });
    const himself = await logIn(own);
    expect(himself.body.token.user.id).toBe(trustee.id);
    expect(himself.body.token.roles.map(({ name }) => name)).toEqual(['reader']);
    for (const { token } of [impersonated, himself]) expect(await works(token)).toBe(200);
    expect((await logIn(as, third)).status).toBe(403);
    expect((await logIn('nothing')).status).toBe(401);
  });

  it('are good for as many tokens as they say, also when several are asked for at once', async () => {
    const id = await made({ remaining_uses: 2 });
    const answers = await Promise.all([logIn(id), logIn(id), logIn(id), logIn(id)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 201, 401, 401]);
    expect((await trustor.ask('GET', `${path}/${id}`)).status).toBe(404);
  });

  it('bound their tokens by their own end, and are not there after it', async () => {
    const soon = new Date(Date.now() + 600_000).toISOString();
    const id = await made({ expires_at: soon });
    const { body, token } = await logIn(id);
    expect(Date.parse(body.token.expires_at)).toBeLessThanOrEqual(Date.parse(soon));
    await api.database.query('UPDATE keystone.trusts SET expires_at = now() WHERE id = $1', [id]);
    expect((await logIn(id)).status).toBe(401);
    expect((await trustor.ask('GET', `${path}/${id}`)).status).toBe(404);
    const auth = { identity: { methods: ['token'], token: { id: token } } };
    expect((await trustee.ask('POST', '/auth/tokens', { auth })).status).toBe(401);
  });

  it('end their tokens when they are deleted, when the trustor loses the role, and when either gets another password', async () => {
    const deleted = await made();
    const { token } = await logIn(deleted);
    expect(await works(token)).toBe(200);
    await trustor.ask('DELETE', `${path}/${deleted}`);
    expect(await works(token)).toBe(401);
    const [one, two] = [await ServiceUser.make(api), await ServiceUser.make(api)];
    const fields = { trustor_user_id: one.id, trustee_user_id: two.id, project_id: one.project };
    const id = (await make(fields, one)).body.trust.id;
    for (const who of [two, one]) {
      const before = (await logIn(id, two)).token;
      expect(await works(before)).toBe(200);
      await api.admin.call('PATCH', `/identity/v3/users/${who.id}`, { user: { password: who.password } });
      expect(await works(before)).toBe(401);
    }
    const last = (await logIn(id, two)).token;
    const member = await roleId(api.admin, 'member');
    await api.admin.call('DELETE', `/identity/v3/projects/${one.project}/users/${one.id}/roles/${member}`);
    expect(await works(last)).toBe(401);
    expect((await logIn(id, two)).status).toBe(403);
  });

  it('make tokens that become no other token and reach no credential, and may make trusts where that is allowed', async () => {
    const { token } = await logIn(await made());
    const auth = { identity: { methods: ['token'], token: { id: token } }, scope: 'unscoped' };
    expect(message(await trustee.ask('POST', '/auth/tokens', { auth }))).toMatch(/Using trust-scoped token to create/);
    const application_credential = { name: 'x' };
    const credentials = `/users/${trustor.id}/application_credentials`;
    expect((await trustee.ask('POST', credentials, { application_credential }, token)).status).toBe(403);
    expect((await trustee.ask('GET', '/credentials', undefined, token)).body).toMatchObject({ credentials: [] });
    expect((await make({ trustee_user_id: third.id }, trustee, token)).status).toBe(403);
  });

  it('are passed on as far as they allow, with no more than they have, and end with those that they were made by', async () => {
    const soon = new Date(Date.now() + 600_000).toISOString();
    const id = await made({
      allow_redelegation: true,
      redelegation_count: 1,
      expires_at: soon,
      roles: [{ name: 'reader' }],
    });
    const { token } = await logIn(id);
    const pass = (fields: object) =>
      make(
        { trustee_user_id: third.id, roles: [{ name: 'reader' }], allow_redelegation: true, ...fields },
        trustee,
        token,
      );
    expect((await pass({ roles: [{ name: 'member' }] })).status).toBe(403);
    expect((await pass({ expires_at: new Date(Date.now() + 6_000_000).toISOString() })).status).toBe(403);
    expect((await pass({ redelegation_count: 3 })).status).toBe(403);
    const passed = await pass({});
    expect(passed).toMatchObject({ status: 201, body: { trust: { redelegated_trust_id: id, redelegation_count: 0 } } });
    expect(passed.body.trust.expires_at?.slice(0, 19)).toBe(soon.slice(0, 19));
    const below = await logIn(passed.body.trust.id, third);
    expect(below.body.token.user.id).toBe(trustor.id);
    expect(await works(below.token)).toBe(200);
    expect((await make({ trustee_user_id: trustee.id, roles: [{ name: 'reader' }] }, third, below.token)).status).toBe(
      403,
    );
    await trustor.ask('DELETE', `${path}/${id}`);
    expect(await works(below.token)).toBe(401);
    expect((await logIn(passed.body.trust.id, third)).status).toBe(401);
  });

  it('without impersonation pass on what the first trustor has', async () => {
    const id = await made({ allow_redelegation: true, impersonation: false });
    const { token } = await logIn(id);
    const fields = { trustor_user_id: trustee.id, trustee_user_id: third.id, impersonation: false };
    const passed = (await make(fields, trustee, token)).body.trust.id;
    const below = await logIn(passed, third);
    expect(below.body.token).toMatchObject({ user: { id: third.id }, project: { id: trustor.project } });
    expect((await make({ ...fields, impersonation: true }, trustee, token)).status).toBe(403);
    await api.admin.call('PATCH', `/identity/v3/users/${trustee.id}`, { user: { enabled: false } });
    expect(await works(below.token)).toBe(401);
    await api.admin.call('PATCH', `/identity/v3/users/${trustee.id}`, { user: { enabled: true } });
  });
});
