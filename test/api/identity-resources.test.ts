import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { authenticate, statusWith, tokenOf } from '../setup/login.js';
import { Tenant, adminOf } from '../setup/tenant.js';

const cloud = provided('fake');
const base = cloud.authUrl.replace('/identity/v3', '');
const v3 = '/identity/v3';
const named = (): string => `r-${randomUUID().slice(0, 12)}`;
type Item = Readonly<Record<string, unknown>> & { readonly id: string; readonly name: string };
interface List {
  readonly links: { readonly next: string | null; readonly self: string; readonly previous: null };
  readonly truncated?: true;
}

let admin: Api;
beforeAll(async () => {
  admin = await adminOf(cloud);
});

/** The collection of one kind: what is made, changed and found in it. */
const of = (one: string) => ({
  make: async (fields: object = {}): Promise<Item> =>
    (await admin.call<Record<string, Item>>('POST', `${v3}/${one}s`, { [one]: { name: named(), ...fields } }))[one]!,
  change: async (id: string, fields: object): Promise<Item> =>
    (await admin.call<Record<string, Item>>('PATCH', `${v3}/${one}s/${id}`, { [one]: fields }))[one]!,
  show: async (id: string): Promise<Item> =>
    (await admin.call<Record<string, Item>>('GET', `${v3}/${one}s/${id}`))[one]!,
  list: async (query: string): Promise<Item[]> =>
    (await admin.call<Record<string, Item[]>>('GET', `${v3}/${one}s?${query}`))[`${one}s`]!,
  remove: async (id: string): Promise<[number, string]> => refusal('DELETE', `/${one}s/${id}`),
  refuses: async (id: string, fields: object): Promise<[number, string]> =>
    refusal('PATCH', `/${one}s/${id}`, { [one]: fields }),
});
const refusal = async (method: string, path: string, body?: object, api = admin): Promise<[number, string]> => {
  const answer = await api.request<{ error?: { message: string } } | undefined>(method, v3 + path, body);
  return [answer.status, answer.body?.error?.message ?? ''];
};
const domains = of('domain');
const projects = of('project');
const users = of('user');
const roles = of('role');
const ids = (items: readonly Item[]): string[] => items.map((item) => item.id);

describe('domains', () => {
  it('are made, shown, changed, found by their filters, and are projects that act as one', async () => {
    const domain = await domains.make({ description: 'of the test', tags: ['a'] });
    expect(domain).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: domain.name,
      description: 'of the test',
      enabled: true,
      options: {},
      tags: ['a'],
      links: { self: `${base}${v3}/domains/${domain.id}` },
    });
    expect(await domains.show(domain.id)).toEqual(domain);
    const name = named();
    expect(await domains.change(domain.id, { name, description: null })).toMatchObject({ name, description: '' });
    expect(ids(await domains.list(`name=${name}&enabled=true`))).toEqual([domain.id]);
    expect(ids(await domains.list(`name=${name}&enabled=false`))).toEqual([]);
    expect(await projects.show(domain.id)).toMatchObject({ is_domain: true, domain_id: null, parent_id: null });
    expect(ids(await projects.list(`is_domain=true&name=${name}`))).toEqual([domain.id]);
    expect(ids(await projects.list(`name=${name}`))).toEqual([]);
    const acting = await projects.make({ is_domain: true });
    expect((await domains.show(acting.id)).name).toBe(acting.name);
    expect(await refusal('GET', `/domains/${(await projects.make()).id}`)).toEqual([404, expect.any(String)]);
  });

  it('are refused in Keystone’s words when something is wrong', async () => {
    const domain = await domains.make();
    const post = (fields: object) => refusal('POST', '/domains', { domain: { name: named(), ...fields } });
    expect(await post({ name: domain.name })).toEqual([
      409,
      `Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains with the same name: ${domain.name}.`,
    ]);
    expect(await post({ explicit_domain_id: 'not-a-uuid' })).toEqual([
      400,
      'Domain ID does not conform to required UUID format.',
    ]);
    const own = randomUUID().replaceAll('-', '');
    expect((await domains.make({ explicit_domain_id: own })).id).toBe(own);
    expect((await post({ description: 'd'.repeat(256) }))[0]).toBe(400);
    expect(await domains.remove(domain.id)).toEqual([
      403,
      'Cannot delete a domain that is enabled, please disable it first.',
    ]);
    expect(
      (await refusal('POST', '/projects', { project: { name: named(), is_domain: true, domain_id: own } }))[0],
    ).toBe(400);
  });

  it('that are disabled end the tokens of their users for good, and take all with them when they go', async () => {
    const domain = await domains.make();
    const project = await projects.make({ domain_id: domain.id });
    const below = await projects.make({ domain_id: domain.id, parent_id: project.id });
    const user = await users.make({ domain_id: domain.id, password: 'x' });
    const outside = await users.make({ default_project_id: project.id });
    const [member] = await roles.list('name=member');
    await admin.call('PUT', `${v3}/projects/${project.id}/users/${user.id}/roles/${member!.id}`);
    const proof = { name: user.name, password: 'x', domain: { id: domain.id } };
    const login = () => tokenOf(cloud, proof, { project: { id: project.id } });
    const token = await login();
    const works = (with_: string): Promise<number> => statusWith(base, with_, '/compute/v2.1/servers');
    expect(await works(token)).toBe(200);
    await domains.change(domain.id, { enabled: false });
    expect(await works(token)).toBe(401);
    expect((await authenticate(cloud, proof)).status).toBe(401);
    await domains.change(domain.id, { enabled: true });
    expect(await works(token)).toBe(401);
    expect(await works(await login())).toBe(200);
    await domains.change(domain.id, { enabled: false });
    expect(await domains.remove(domain.id)).toEqual([204, '']);
    for (const path of [`/domains/${domain.id}`, `/projects/${below.id}`, `/users/${user.id}`])
      expect((await refusal('GET', path))[0]).toBe(404);
    expect(await users.show(outside.id)).not.toHaveProperty('default_project_id');
  });

  it('show themselves to who has a role in one of their projects, and to nobody else', async () => {
    const tenant = await Tenant.make(cloud);
    const stranger = await domains.make();
    expect((await refusal('GET', '/domains/default', undefined, tenant.api))[0]).toBe(200);
    const refused = [403, 'You are not authorized to perform the requested action: identity:get_domain.'];
    for (const id of [stranger.id, 'none'])
      expect(await refusal('GET', `/domains/${id}`, undefined, tenant.api)).toEqual(refused);
  });
});

describe('projects within projects', () => {
  it('are in the domain of their parent, and five deep at most', async () => {
    let parent = await projects.make();
    expect(parent['parent_id']).toBe('default');
    for (let depth = 2; depth <= 5; depth++) {
      const child = await projects.make({ parent_id: parent.id });
      expect(child).toMatchObject({ parent_id: parent.id, domain_id: 'default' });
      expect(ids(await projects.list(`parent_id=${parent.id}`))).toEqual([child.id]);
      parent = child;
    }
    const post = (fields: object) => refusal('POST', '/projects', { project: { name: named(), ...fields } });
    expect(await post({ parent_id: parent.id })).toEqual([403, `Max hierarchy depth reached for ${parent.id} branch.`]);
    expect(await post({ parent_id: 'none' })).toEqual([400, 'Could not find project: none.']);
    const other = await domains.make();
    expect(await post({ parent_id: parent.id, domain_id: other.id })).toEqual([
      400,
      `Cannot create project, since it specifies its domain_id ${other.id}, but specifies a parent in a different domain (default).`,
    ]);
    expect((await post({ parent_id: other.id }))[0]).toBe(400);
  });

  it('are enabled, disabled and deleted from the right end', async () => {
    const top = await projects.make();
    const leaf = await projects.make({ parent_id: top.id });
    expect(await projects.refuses(top.id, { enabled: false })).toEqual([
      403,
      `Cannot disable project ${top.id} since its subtree contains enabled projects.`,
    ]);
    expect(await projects.remove(top.id)).toEqual([403, expect.stringContaining('since it is not a leaf')]);
    await projects.change(leaf.id, { enabled: false });
    await projects.change(top.id, { enabled: false });
    expect(await projects.refuses(leaf.id, { enabled: true })).toEqual([
      403,
      `Cannot enable project ${leaf.id} since it has disabled parents`,
    ]);
    expect((await refusal('POST', '/projects', { project: { name: named(), parent_id: top.id } }))[1]).toBe(
      `cannot create a project in a branch containing a disabled project: ${top.id}`,
    );
    expect(await projects.refuses(leaf.id, { parent_id: 'default' })).toEqual([
      403,
      'Update of `parent_id` is not allowed.',
    ]);
    expect(await projects.remove(leaf.id)).toEqual([204, '']);
    expect(await projects.remove(top.id)).toEqual([204, '']);
  });
});

describe('roles', () => {
  it('are made, changed, granted and deleted, and with them what they opened', async () => {
    const role = await roles.make({ description: 'of the test' });
    expect(role).toEqual({
      id: role.id,
      name: role.name,
      description: 'of the test',
      domain_id: null,
      options: {},
      links: { self: `${base}${v3}/roles/${role.id}` },
    });
    const name = named();
    expect(await roles.change(role.id, { name, description: null })).toMatchObject({ name, description: null });
    expect(ids(await roles.list(`name__istartswith=${name.toUpperCase()}`))).toEqual([role.id]);
    expect(ids(await roles.list(`name=${name}&domain_id=default`))).toEqual([]);
    const tenant = await Tenant.make(cloud);
    const grants = `/projects/${tenant.api.projectId}/users/${tenant.userId}/roles`;
    expect((await refusal('PUT', `${grants}/${role.id}`))[0]).toBe(204);
    const list = await admin.call<List & { roles: Item[] }>('GET', v3 + grants);
    expect(list.roles.map((one) => one.name)).toEqual(['member', name]);
    expect(list.links).toEqual({ next: null, self: base + v3 + grants, previous: null });
    expect(await roles.remove(role.id)).toEqual([204, '']);
    expect(await refusal('GET', `${grants}/${role.id}`)).toEqual([404, `Could not find role: ${role.id}.`]);
    expect(await refusal('POST', '/roles', { role: { name: 'member' } })).toEqual([
      409,
      'Conflict occurred attempting to store role - Duplicate entry found with name member.',
    ]);
  });

  it('that a cloud starts with stay as they are', async () => {
    const [member] = await roles.list('name=member');
    expect(member).toMatchObject({ options: { immutable: true } });
    const words = (verb: string): string =>
      `Unable to ${verb} immutable role resource: \`${member!.id}. Set resource option "immutable" to false first.`;
    expect(await roles.remove(member!.id)).toEqual([403, words('delete')]);
    expect(await roles.refuses(member!.id, { name: 'other' })).toEqual([403, words('update')]);
  });
});

describe('what is immutable', () => {
  it.each(['project', 'domain', 'role'])('of kind %s is made mutable first, by itself', async (kind) => {
    const things = of(kind);
    const thing = await things.make({ options: { immutable: true } });
    expect(thing['options']).toEqual({ immutable: true });
    const refused = [403, expect.stringContaining(`Unable to update immutable ${kind} resource`)];
    expect(await things.refuses(thing.id, { description: 'new' })).toEqual(refused);
    expect(await things.refuses(thing.id, { description: 'new', options: { immutable: false } })).toEqual(refused);
    expect((await things.remove(thing.id))[1]).toContain(`Unable to delete immutable ${kind} resource`);
    if (kind === 'project')
      expect((await refusal('PUT', `/projects/${thing.id}/tags/a`))[1]).toContain('Unable to update immutable project');
    expect((await things.change(thing.id, { options: { immutable: null } }))['options']).toEqual({});
    expect((await things.change(thing.id, { description: 'new' }))['description']).toBe('new');
    expect((await things.refuses(thing.id, { options: { colour: true } }))[0]).toBe(400);
  });

  it('in a user is nothing: an administrator can only lock the password', async () => {
    const user = await users.make({ password: 'x', options: { lock_password: true } });
    const change = { user: { original_password: 'x', password: 'y' } };
    expect(await refusal('POST', `/users/${user.id}/password`, change)).toEqual([
      400,
      expect.stringContaining('You cannot change your password at this time'),
    ]);
    await users.change(user.id, { options: { lock_password: null } });
    expect(await refusal('POST', `/users/${user.id}/password`, change)).toEqual([204, '']);
  });
});

describe('lists', () => {
  it('come in pages that link to the next one, in the order that is asked for', async () => {
    const stem = named();
    const made: string[] = [];
    for (const suffix of ['b', 'a', 'c', 'd', 'e']) made.push((await users.make({ name: `${stem}-${suffix}` })).id);
    const page = (url: string) => admin.call<List & { users: Item[] }>('GET', url);
    const first = await page(`${v3}/users?name__startswith=${stem}&limit=2`);
    expect(first.users.map((user) => user.name)).toEqual([`${stem}-a`, `${stem}-b`]);
    expect(first.truncated).toBe(true);
    const seen = [...first.users];
    for (let next = first.links.next; next !== null;) {
      const more = await page(next.slice(base.length));
      seen.push(...more.users);
      next = more.links.next;
    }
    expect(seen.map((user) => user.name.at(-1))).toEqual(['a', 'b', 'c', 'd', 'e']);
    const all = await page(`${v3}/users?name__startswith=${stem}&sort_key=name&sort_dir=desc`);
    expect(all.users.map((user) => user.name.at(-1))).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(all.links.next).toBeNull();
    expect(all.truncated).toBeUndefined();
    expect(all.links.self).toBe(`${base}${v3}/users?name__startswith=${stem}&sort_key=name&sort_dir=desc`);
    expect((await page(`${v3}/users?limit=0`)).users).toEqual([]);
    expect(await refusal('GET', '/users?marker=none')).toEqual([404, 'Marker none could not be found.']);
    for (const limit of ['-1', 'x', '1.5']) expect((await refusal('GET', `/users?limit=${limit}`))[0]).toBe(400);
    expect(await refusal('GET', '/users?sort_dir=up')).toEqual([
      400,
      "Invalid input for query parameters sort_dir. Value: 'up'. 'up' is not one of ['asc', 'desc']",
    ]);
    expect(new Set(ids(all.users))).toEqual(new Set(made));
  });

  it('take each filter by its own words: a pattern’s characters stand for themselves, and values add up', async () => {
    const project = await projects.make({ name: `100%_${named()}` });
    expect(ids(await projects.list(`name__contains=${encodeURIComponent('100%_')}`))).toContain(project.id);
    expect(ids(await projects.list(`name__contains=${encodeURIComponent('100__')}`))).not.toContain(project.id);
    expect(ids(await projects.list(`name=${encodeURIComponent(project.name)}&name=other`))).toEqual([]);
    expect(ids(await projects.list(`domain_id=default&name=${encodeURIComponent(project.name)}`))).toEqual([
      project.id,
    ]);
    expect((await refusal('GET', '/projects?domain_id=no/id'))[0]).toBe(400);
    expect(await users.list('password_expires_at=lt:2030-01-01T00:00:00Z')).toEqual([]);
  });

  it('of a user’s projects are for the user, also with a token without a scope, and for administrators', async () => {
    const [tenant, other] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud)]);
    const token = await tokenOf(cloud, { name: tenant.userName, password: tenant.password }, 'unscoped');
    for (const path of [`/users/${tenant.userId}/projects`, '/auth/projects']) {
      const answer = await fetch(base + v3 + path, { headers: { 'x-auth-token': token } });
      const body = (await answer.json()) as List & { projects: Item[] };
      expect([answer.status, ids(body.projects)]).toEqual([200, [tenant.api.projectId]]);
      expect(body.links.self).toBe(base + v3 + path);
    }
    expect(await statusWith(base, token, `${v3}/users/${tenant.userId}`)).toBe(200);
    expect(await statusWith(base, token, `${v3}/users/${other.userId}`)).toBe(403);
    expect(await statusWith(base, token, `${v3}/projects/${tenant.api.projectId}`)).toBe(403);
    expect((await refusal('GET', `/users/${tenant.userId}/projects`))[0]).toBe(200);
    expect(await refusal('GET', `/users/${tenant.userId}/projects`, undefined, other.api)).toEqual([
      403,
      'You are not authorized to perform the requested action: identity:list_user_projects.',
    ]);
    expect((await refusal('GET', '/users/none/projects'))[0]).toBe(404);
  });
});

describe('attributes that clients make up', () => {
  it.each(['project', 'user'])('are kept of a %s and given back, and hide none of its own', async (kind) => {
    const things = of(kind);
    const thing = await things.make({ colour: 'blue', links: 'none', extra: 'x', __proto__: null });
    expect(thing).toMatchObject({ colour: 'blue', links: { self: `${base}${v3}/${kind}s/${thing.id}` } });
    expect(await things.change(thing.id, { size: { of: 'it' } })).toMatchObject({ colour: 'blue', size: { of: 'it' } });
    expect((await things.refuses(thing.id, { colour: 'x'.repeat(70_000) }))[0]).toBe(400);
    expect((await things.refuses(thing.id, { colour: 'a\0b' }))[0]).toBe(400);
  });
});

describe('the tags of a project', () => {
  it('are listed, replaced, added and taken away one by one', async () => {
    const { id } = await projects.make();
    const tags = `/projects/${id}/tags`;
    expect((await refusal('PUT', `${tags}/a`))[0]).toBe(201);
    expect(await admin.call('PUT', v3 + tags, { tags: ['b', 'c'] })).toEqual({
      tags: ['b', 'c'],
      links: { self: base + v3 + tags },
    });
    expect((await refusal('GET', `${tags}/b`))[0]).toBe(204);
    expect(await refusal('GET', `${tags}/a`)).toEqual([404, 'Could not find project tag: a.']);
    expect((await refusal('DELETE', `${tags}/b`))[0]).toBe(204);
    expect(await admin.call('GET', v3 + tags)).toMatchObject({ tags: ['c'] });
    expect((await refusal('PUT', tags, { tags: Array.from({ length: 81 }, (_, i) => `t${i}`) }))[0]).toBe(400);
    expect((await refusal('DELETE', tags))[0]).toBe(204);
    expect((await projects.show(id))['tags']).toEqual([]);
  });
});
