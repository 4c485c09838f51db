import { describe, expect, inject as provided, it } from 'vitest';
import { inject, struck } from '../setup/faults.js';
import { ApiProcess } from '../setup/api-process.js';
import { authenticate, statusWith, tokenOf } from '../setup/login.js';
import { Tenant, orphansOf } from '../setup/tenant.js';

const cloud = provided('fake');
const base = cloud.authUrl.replace('/identity/v3', '');
const servers = '/compute/v2.1/servers';
const works = async (token: string): Promise<number> => statusWith(base, token, servers);

/** A member with a token that was used already, so that it is in the cache of validations. */
async function aMember(): Promise<{ tenant: Tenant; token: string; login: (password?: string) => Promise<string> }> {
  const tenant = await Tenant.make(cloud);
  const scope = { project: { id: tenant.api.projectId } };
  const login = (password = tenant.password): Promise<string> =>
    tokenOf(cloud, { name: tenant.userName, password }, scope);
  const token = await login();
  expect(await works(token)).toBe(200);
  return { tenant, token, login };
}
const patchUser = (tenant: Tenant, user: object) =>
  tenant.admin.call('PATCH', `/identity/v3/users/${tenant.userId}`, { user });
const patchProject = (tenant: Tenant, project: object) =>
  tenant.admin.call('PATCH', `/identity/v3/projects/${tenant.api.projectId}`, { project });

describe('tokens that were issued before', () => {
  it.concurrent('end with a change of the password by an administrator; one got right after works', async () => {
    const { tenant, token, login } = await aMember();
    const made = await tokenOf(cloud, { token }, { project: { id: tenant.api.projectId } });
    expect(await works(made)).toBe(200);
    await patchUser(tenant, { password: 'another one' });
    expect(await works(token)).toBe(401);
    expect(await works(made)).toBe(401);
    const fresh = await login('another one');
    expect(await works(fresh)).toBe(200);
    expect((await authenticate(cloud, { token })).status).toBe(401);
  });

  it.concurrent('end when the user changes his own password, for which he needs the old one', async () => {
    const { tenant, token, login } = await aMember();
    const change = (original_password: string): Promise<number> =>
      statusWith(base, token, `/identity/v3/users/${tenant.userId}/password`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user: { original_password, password: 'his new one' } }),
      });
    expect(await change('not this')).toBe(401);
    expect(await works(token)).toBe(200);
    expect(await change(tenant.password)).toBe(204);
    expect(await works(token)).toBe(401);
    expect(await works(await login('his new one'))).toBe(200);
    await expect(login()).rejects.toThrow('401');
  });

  it.concurrent('do not come back when a disabled user is enabled again', async () => {
    const { tenant, token, login } = await aMember();
    await patchUser(tenant, { enabled: false });
    expect(await works(token)).toBe(401);
    await patchUser(tenant, { enabled: true });
    expect(await works(token)).toBe(401);
    expect(await works(await login())).toBe(200);
  });

  it.concurrent('do not come back when a disabled project is enabled again', async () => {
    const { tenant, token, login } = await aMember();
    await patchProject(tenant, { enabled: false });
    expect(await works(token)).toBe(401);
    await expect(login()).rejects.toThrow('401');
    await patchProject(tenant, { enabled: true });
    expect(await works(token)).toBe(401);
    expect(await works(await login())).toBe(200);
  });

  it.concurrent('end with their user', async () => {
    const { tenant, token } = await aMember();
    await tenant.admin.call('DELETE', `/identity/v3/users/${tenant.userId}`);
    expect(await works(token)).toBe(401);
    expect((await tenant.admin.request('GET', `/identity/v3/users/${tenant.userId}`)).status).toBe(404);
    expect((await tenant.admin.request('DELETE', `/identity/v3/users/${tenant.userId}`)).status).toBe(404);
  });

  it.concurrent('end with their project, whose records an administrator still sees and deletes', async () => {
    const { tenant, token } = await aMember();
    const id = await tenant.post();
    await tenant.settled(id);
    await tenant.admin.call('DELETE', `/identity/v3/projects/${tenant.api.projectId}`);
    expect(await works(token)).toBe(401);
    expect((await tenant.show(id)).status).toBe('ACTIVE');
    await tenant.admin.call('DELETE', `${servers}/${id}`);
    await tenant.gone(id);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });

  it.concurrent('open nothing once the grant is taken away, and no more than is granted', async () => {
    const { tenant, token } = await aMember();
    const grants = `/identity/v3/projects/${tenant.api.projectId}/users/${tenant.userId}/roles`;
    const { roles } = await tenant.admin.call<{ roles: { id: string; name: string }[] }>('GET', grants);
    expect(roles.map((r) => r.name)).toEqual(['member']);
    const member = `${grants}/${roles[0]!.id}`;
    expect((await tenant.admin.request('HEAD', member)).status).toBe(204);
    expect((await tenant.admin.request('DELETE', member)).status).toBe(204);
    expect(await works(token)).toBe(401);
    expect((await tenant.admin.request('HEAD', member)).status).toBe(404);
    expect((await tenant.admin.request('DELETE', member)).status).toBe(404);
    expect((await tenant.admin.call<{ roles: object[] }>('GET', grants)).roles).toEqual([]);
  });

  it('are refused by every other api process within a second or so', async () => {
    const other = await ApiProcess.start(cloud);
    try {
      const { tenant, token } = await aMember();
      expect(await statusWith(other.url, token, servers)).toBe(200);
      await patchUser(tenant, { password: 'another one' });
      const began = performance.now();
      while ((await statusWith(other.url, token, servers)) === 200)
        expect(performance.now() - began).toBeLessThan(3_000);
    } finally {
      await other.stop();
    }
  });

  it.concurrent('start no boot that was not begun: ERROR that says why', async () => {
    const { tenant } = await aMember();
    const project = tenant.api.projectId;
    const clear = await inject(cloud, { project, step: 'validateToken', phase: 'before', kind: 'error', times: 0 });
    const id = await tenant.post();
    await struck(cloud, id);
    await patchUser(tenant, { password: 'another one' });
    await clear();
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain('The request is no longer authorized: the token was revoked.');
    await tenant.admin.call('DELETE', `${servers}/${id}`);
    await tenant.gone(id);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });

  it.concurrent('do not keep a boot from going on that was asked for after the change', async () => {
    const { tenant, login } = await aMember();
    await patchUser(tenant, { password: 'another one' });
    const token = await login('another one');
    const answer = await fetch(base + servers, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-auth-token': token, 'openstack-api-version': 'compute 2.96' },
      body: JSON.stringify(tenant.server()),
    });
    expect(answer.status).toBe(202);
    const { server } = (await answer.json()) as { server: { id: string } };
    expect((await tenant.settled(server.id)).status).toBe('ACTIVE');
    await tenant.admin.call('DELETE', `${servers}/${server.id}`);
    await tenant.gone(server.id);
  });
});

describe('a token', () => {
  it('has one text: what decodes to the same bytes is not it', async () => {
    const { token } = await aMember();
    const bytes = Buffer.from(token, 'base64url');
    const texts = [`${token}!!!!`, `${token.slice(0, 3)}*${token.slice(3)}`, `${token}=`, `${token}==`, ` ${token}`];
    for (const text of [...texts, bytes.toString('base64'), `${token.slice(0, 40)}\n${token.slice(40)}`]) {
      if (text === token || text.includes('\n') || text.startsWith(' ')) continue;
      expect([text, await works(text)]).toEqual([text, 401]);
    }
    expect(await works(token)).toBe(200);
  });
});
