import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Realm, named, v3, type Item, type Scope } from '../setup/keystone.js';
import { ServiceApi } from '../setup/service-api.js';

let api: ServiceApi;
let realm: Realm;
beforeAll(async () => {
  api = await ServiceApi.start(provided('databaseUrl'));
  realm = new Realm(api);
});
afterAll(() => api.stop());

const NOBODY = 'You are not authorized to perform the requested action';
const link = (path: string): object => ({ self: realm.url + path });
const ref = ({ id, name }: Item): object => ({ id, name, links: link(`/roles/${id}`) });
const imply = (prior: Item, implied: Item) => realm.ask('PUT', `/roles/${prior.id}/implies/${implied.id}`);

describe('roles', () => {
  it('of a domain are made, listed and deleted by that domain’s name, and go with it', async () => {
    const domain = await realm.make('domain');
    const role = await realm.make('role', { domain_id: domain.id, colour: 'blue' });
    expect(role).toMatchObject({ domain_id: domain.id, colour: 'blue' });
    const list = async (query: string): Promise<string[]> =>
      ((await realm.ask('GET', `/roles${query}`)).body as { roles: Item[] }).roles.map(({ id }) => id);
    expect(await list(`?domain_id=${domain.id}`)).toEqual([role.id]);
    expect(await list('')).not.toContain(role.id);
    expect(await list(`?name=${role.name}`)).toEqual([]);
    expect((await realm.ask('GET', '/roles?domain_id=no/id')).status).toBe(400);
    const same = { role: { name: role.name, domain_id: domain.id } };
    expect(await realm.refusal('POST', '/roles', same)).toEqual([
      409,
      `Conflict occurred attempting to store role - Duplicate entry found with name ${role.name} at domain ID ${domain.id}.`,
    ]);
    expect((await realm.make('role', { name: role.name })).id).not.toBe(role.id);
    expect((await realm.refusal('POST', '/roles', { role: { name: named(), domain_id: 'none' } }))[0]).toBe(404);
    expect(await realm.refusal('PATCH', `/roles/${role.id}`, { role: { domain_id: 'default' } })).toEqual([
      400,
      'Update of `domain_id` is not allowed.',
    ]);
    expect((await realm.refusal('PATCH', `/roles/${role.id}`, { role: {} }))[0]).toBe(400);
    await realm.ask('PATCH', `/domains/${domain.id}`, { domain: { enabled: false } });
    expect((await realm.ask('DELETE', `/domains/${domain.id}`)).status).toBe(204);
    expect(await realm.refusal('GET', `/roles/${role.id}`)).toEqual([404, `Could not find role: ${role.id}.`]);
  });

  it('are listed whole to the manager of a domain, who may look at the roles that he can give', async () => {
    const domain = await realm.make('domain');
    const user = await realm.make('user', { domain_id: domain.id });
    const [manager, member, admin] = await Promise.all(['manager', 'member', 'admin'].map((name) => realm.role(name)));
    await realm.ask('PUT', `/domains/${domain.id}/users/${user.id}/roles/${manager!.id}`);
    const { token } = (await realm.login(user, { domain: { id: domain.id } }))!;
    const { status, body } = await realm.ask('GET', '/roles', undefined, token);
    expect([status, (body as { roles: Item[] }).roles.map(({ name }) => name)]).toEqual([
      200,
      expect.arrayContaining(['admin', 'member']),
    ]);
    const show = async (role: Item): Promise<number> =>
      (await realm.ask('GET', `/roles/${role.id}`, undefined, token)).status;
    expect([await show(member!), await show(admin!)]).toEqual([200, 403]);
    expect((await realm.ask('GET', `/roles?domain_id=${domain.id}`, undefined, token)).status).toBe(403);
    const own = async (path: string): Promise<string[]> =>
      ((await realm.ask('GET', path, undefined, token)).body as { users?: Item[]; projects?: Item[] })[
        path.slice(1) as 'users'
      ]!.map(({ id }) => id);
    const project = await realm.make('project', { domain_id: domain.id });
    expect([await own('/users'), await own('/projects')]).toEqual([[user.id], [project.id]]);
  });
});

describe('roles that are implied', () => {
  it('are shown one by one, of one role, and all at once, and are given with their prior role', async () => {
    const [prior, first, second] = await Promise.all(['role', 'role', 'role'].map(() => realm.make('role')));
    const made = await imply(prior!, first!);
    expect([made.status, made.body]).toEqual([
      201,
      {
        role_inference: { prior_role: ref(prior!), implies: ref(first!) },
        links: link(`/roles/${prior!.id}/implies/${first!.id}`),
      },
    ]);
    const path = `/roles/${prior!.id}/implies`;
    expect((await realm.ask('GET', `${path}/${first!.id}`)).body).toEqual(made.body);
    expect(await realm.ask('HEAD', `${path}/${first!.id}`)).toEqual({ status: 204, body: undefined });
    expect(await realm.refusal('PUT', `${path}/${first!.id}`)).toEqual([
      409,
      'Conflict occurred attempting to store implied_role - Duplicate entry.',
    ]);
    await imply(first!, second!);
    expect((await realm.ask('GET', path)).body).toEqual({
      role_inference: { prior_role: ref(prior!), implies: [ref(first!)] },
      links: link(path),
    });
    const { role_inferences: all } = (await realm.ask('GET', '/role_inferences')).body as {
      role_inferences: { prior_role: Item }[];
    };
    expect(all.find(({ prior_role }) => prior_role.id === first!.id)).toEqual({
      prior_role: ref(first!),
      implies: [ref(second!)],
    });
    expect((await realm.ask('HEAD', '/role_inferences')).status).toBe(200);

    const [user, project] = await Promise.all([realm.make('user'), realm.make('project')]);
    await realm.ask('PUT', `/projects/${project.id}/users/${user.id}/roles/${prior!.id}`);
    const scope = { project: { id: project.id } };
    const before = (await realm.login(user, scope))!;
    expect(before.roles).toEqual([prior!, first!, second!].map(({ name }) => name).toSorted());
    expect((await realm.ask('DELETE', `${path}/${first!.id}`)).status).toBe(204);
    expect(await realm.rolesOf(user, scope)).toEqual([prior!.name]);
    expect(await realm.holds(before.token)).toBe(true);
    expect(await realm.refusal('DELETE', `${path}/${first!.id}`)).toEqual([
      404,
      `${prior!.id} does not imply ${first!.id}.`,
    ]);
    expect(await realm.refusal('GET', `${path}/none`)).toEqual([404, 'Could not find role: none.']);
  });

  it('may imply each other in a circle, which gives all of them and ends', async () => {
    const [one, other] = await Promise.all([realm.make('role'), realm.make('role')]);
    expect([(await imply(one, other)).status, (await imply(other, one)).status]).toEqual([201, 201]);
    const [user, project] = await Promise.all([realm.make('user'), realm.make('project')]);
    await realm.ask('PUT', `/projects/${project.id}/users/${user.id}/roles/${one.id}`);
    expect(await realm.rolesOf(user, { project: { id: project.id } })).toEqual([one.name, other.name].toSorted());
    const { body } = await realm.ask('GET', `/role_assignments?effective&user.id=${user.id}`);
    expect((body as { role_assignments: unknown[] }).role_assignments).toHaveLength(3);
  });

  it('are neither admin nor, for a role of all domains, one of a domain', async () => {
    const [global, admin] = await Promise.all([realm.make('role'), realm.role('admin')]);
    const local = await realm.make('role', { domain_id: 'default' });
    for (const implied of [admin, local])
      expect(await realm.refusal('PUT', `/roles/${global.id}/implies/${implied.id}`)).toEqual([
        403,
        `${implied.id} cannot be an implied roles.`,
      ]);
    expect((await imply(local, global)).status).toBe(201);
  });

  it('can be looked at and changed by administrators alone', async () => {
    const user = await realm.make('user');
    const [member, reader] = await Promise.all([realm.role('member'), realm.role('reader')]);
    const project = await realm.make('project');
    await realm.ask('PUT', `/projects/${project.id}/users/${user.id}/roles/${member.id}`);
    const { token } = (await realm.login(user, { project: { id: project.id } }))!;
    const path = `/roles/${member.id}/implies`;
    for (const [method, at, rule] of [
      ['GET', '/role_inferences', 'list_role_inference_rules'],
      ['GET', path, 'list_implied_roles'],
      ['GET', `${path}/${reader.id}`, 'get_implied_role'],
      ['PUT', `${path}/${reader.id}`, 'create_implied_role'],
      ['DELETE', `${path}/${reader.id}`, 'delete_implied_role'],
    ] as const)
      expect(await realm.refusal(method, at, undefined, token)).toEqual([403, `${NOBODY}: identity:${rule}.`]);
  });
});

type Kind = readonly [target: 'project' | 'domain' | 'system', actor: 'user' | 'group', inherited: boolean];
const KINDS: readonly Kind[] = (['project', 'domain', 'system'] as const).flatMap((target) =>
  (['user', 'group'] as const).flatMap((actor) =>
    (target === 'system' ? [false] : [false, true]).map((inherited): Kind => [target, actor, inherited]),
  ),
);

describe('a role', () => {
  /** Somebody, himself or by a group, and where he is given a role and what that opens. */
  async function world([target, actor, inherited]: Kind) {
    const user = await realm.make('user');
    const [domain, role] = await Promise.all([realm.make('domain'), realm.make('role')]);
    const top = await realm.make('project', { domain_id: domain.id });
    const leaf = await realm.make('project', { domain_id: domain.id, parent_id: top.id });
    const who = actor === 'user' ? user : await realm.group(user);
    const on = { project: `projects/${top.id}`, domain: `domains/${domain.id}`, system: 'system' }[target];
    const roles = `${on}/${actor}s/${who.id}/roles`;
    const path = inherited ? `/OS-INHERIT/${roles}/${role.id}/inherited_to_projects` : `/${roles}/${role.id}`;
    const at = {
      project: { project: { id: top.id } },
      domain: { domain: { id: domain.id } },
      system: 'system',
    } as const;
    const below: Scope = { project: { id: leaf.id } };
    const opened = inherited ? below : at[target];
    const closed: Scope = inherited ? at[target] : below;
    const target_ = { project: top.id, domain: domain.id, system: 'system' }[target];
    return { user, role, who, path, opened, closed, list: inherited ? undefined : `/${roles}`, at: target_ };
  }

  it.each(KINDS)(
    'is given on a %s to a %s (inherited: %s), opens what it is for, and ends its tokens for good when it is taken away',
    async (...kind) => {
      const { user, role, who, path, opened, closed, list, at } = await world(kind);
      const none = [404, expect.stringContaining('Could not find role assignment with role')];
      expect(await realm.refusal('DELETE', path)).toEqual(none);
      expect(await realm.refusal('GET', path)).toEqual([
        404,
        `Could not find role assignment with role: ${role.id}, user or group: ${who.id}, project, domain, or system: ${at}.`,
      ]);
      for (let twice = 0; twice < 2; twice++) expect((await realm.ask('PUT', path)).status).toBe(204);
      for (const method of ['GET', 'HEAD']) expect((await realm.ask(method, path)).status).toBe(204);
      if (list !== undefined) {
        const { body } = await realm.ask('GET', list);
        expect((body as { roles: Item[] }).roles.map(({ id }) => id)).toEqual([role.id]);
      }
      const { token, roles } = (await realm.login(user, opened))!;
      expect(roles).toEqual([role.name]);
      expect(await realm.login(user, closed)).toBeUndefined();

      const reader = await realm.role('reader');
      await imply(role, reader);
      expect(await realm.rolesOf(user, opened)).toEqual([role.name, 'reader'].toSorted());

      expect((await realm.ask('DELETE', path)).status).toBe(204);
      expect(await realm.holds(token)).toBe(false);
      expect(await realm.login(user, opened)).toBeUndefined();
      expect((await realm.ask('PUT', path)).status).toBe(204);
      expect(await realm.holds(token)).toBe(false);
      expect(await realm.holds((await realm.login(user, opened))!.token)).toBe(true);
    },
  );

  it('that is deleted, or whose user or group is, is no longer given, and nobody’s token shows it', async () => {
    const { user, role, who, path, opened } = await world(['project', 'group', false]);
    await realm.ask('PUT', path);
    const { token } = (await realm.login(user, opened))!;
    expect((await realm.ask('DELETE', `/roles/${role.id}`)).status).toBe(204);
    expect(await realm.holds(token)).toBe(false);
    expect(await realm.refusal('PUT', path)).toEqual([404, `Could not find role: ${role.id}.`]);
    const other = path.replace(role.id, (await realm.role('member')).id);
    await api.services.db.group.delete({ where: { id: who.id } });
    expect(await realm.refusal('PUT', other)).toEqual([404, `Could not find group: ${who.id}.`]);
    expect((await realm.refusal('DELETE', other))[1]).toContain('Could not find role assignment');
  });

  it('of a domain is given on its projects, and shows in a token by what it implies alone', async () => {
    const domain = await realm.make('domain');
    const [local, shown] = await Promise.all([realm.make('role', { domain_id: domain.id }), realm.make('role')]);
    const [user, project, elsewhere] = await Promise.all([
      realm.make('user'),
      realm.make('project', { domain_id: domain.id }),
      realm.make('project'),
    ]);
    const give = (on: string) => realm.refusal('PUT', `/${on}/users/${user.id}/roles/${local.id}`);
    expect(await give(`projects/${elsewhere.id}`)).toEqual([
      403,
      `Project ${elsewhere.id} must be in the same domain as the role ${local.id} being assigned.`,
    ]);
    expect(await give('system')).toEqual([
      400,
      `Role ${local.id} is a domain-specific role. Unable to use a domain-specific role in a system assignment.`,
    ]);
    expect((await give(`projects/${project.id}`))[0]).toBe(204);
    const scope = { project: { id: project.id } };
    expect(await realm.login(user, scope)).toBeUndefined();
    const projects = async (): Promise<string[]> =>
      ((await realm.ask('GET', `/users/${user.id}/projects`)).body as { projects: Item[] }).projects.map(
        ({ id }) => id,
      );
    expect(await projects()).toEqual([]);
    await imply(local, shown);
    expect(await realm.rolesOf(user, scope)).toEqual([shown.name]);
    expect(await projects()).toEqual([project.id]);
    expect((await give(`domains/${domain.id}`))[0]).toBe(204);
    expect(await realm.rolesOf(user, { domain: { id: domain.id } })).toEqual([shown.name]);
  });

  it('that is deleted takes the application credentials along that its user made where he had it', async () => {
    const { user, role, path, opened } = await world(['project', 'user', false]);
    await realm.ask('PUT', path);
    const { id } = (opened as { project: { id: string } }).project;
    const data = { name: named(), user_id: user.id, project_id: id, secret_hash: 'x', roles: [role.id] };
    await api.services.db.applicationCredential.create({ data: { ...data, id: randomUUID() } });
    await realm.ask('DELETE', `/roles/${role.id}`);
    expect(await api.services.db.applicationCredential.count({ where: { user_id: user.id } })).toBe(0);
  });
});

describe('HEAD', () => {
  it.each([
    '/roles',
    '/projects',
    '/users',
    '/domains/default',
    '/auth/projects',
    '/auth/catalog',
    '/role_assignments',
  ])('of %s is answered as GET, without a body, and refused as GET', async (path) => {
    expect(await realm.ask('HEAD', path)).toEqual({ status: 200, body: undefined });
    expect((await fetch(realm.url + path, { method: 'HEAD' })).status).toBe(401);
    expect((await realm.ask('HEAD', '/projects/none')).status).toBe(404);
  });

  it('is no route of another service’s, which has none', async () => {
    const { status } = await fetch(`${realm.url.replace(v3, '')}/compute/v2.1/servers`, { method: 'HEAD' });
    expect(status).toBeGreaterThanOrEqual(404);
  });
});

describe('revocations', () => {
  it('are told to services and administrators as the audit ids of revoked tokens', async () => {
    const user = await realm.make('user');
    const { token } = (await realm.login(user, 'unscoped'))!;
    expect((await realm.ask('GET', '/OS-REVOKE/events', undefined, token)).status).toBe(403);
    const info = await api.services.keystone.tokens.validate(token);
    await api.services.keystone.tokens.revoke(token);
    const { status, body } = await realm.ask('GET', '/OS-REVOKE/events?since=2026-01-01T00:00:00Z');
    expect(status).toBe(200);
    expect(body).toEqual({
      events: expect.arrayContaining([
        { audit_id: info.auditIds[0], issued_before: info.expiresAt.toISOString().replace('Z', '000Z') },
      ]) as unknown,
      links: { next: null, self: `${realm.url}/OS-REVOKE/events`, previous: null },
    });
    expect(await realm.refusal('GET', '/OS-REVOKE/events?since=yesterday')).toEqual([
      400,
      'invalidate date format yesterday',
    ]);
    expect((await realm.refusal('GET', '/auth/tokens/OS-PKI/revoked'))[0]).toBe(403);
  });
});
