import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Realm, type Item } from '../setup/keystone.js';
import { ServiceApi } from '../setup/service-api.js';

interface Assignment {
  readonly role: Item;
  readonly user?: Item;
  readonly group?: Item;
  readonly scope: { readonly project?: Item; readonly domain?: Item; readonly system?: { readonly all: true } };
  readonly links: { readonly assignment: string };
}

let api: ServiceApi;
let realm: Realm;
/** A domain with a project, one below it and one below that; a user, a group that he is in, and two roles, of which one implies the other. */
let domain: Item;
let top: Item;
let middle: Item;
let leaf: Item;
let user: Item;
let group: Item;
let prior: Item;
let implied: Item;
beforeAll(async () => {
  api = await ServiceApi.start(provided('databaseUrl'));
  realm = new Realm(api);
  domain = await realm.make('domain');
  top = await realm.make('project', { domain_id: domain.id });
  middle = await realm.make('project', { domain_id: domain.id, parent_id: top.id });
  leaf = await realm.make('project', { domain_id: domain.id, parent_id: middle.id });
  user = await realm.make('user');
  group = await realm.group(user);
  [prior, implied] = await Promise.all([realm.make('role'), realm.make('role')]);
  for (const path of [
    `/roles/${prior.id}/implies/${implied.id}`,
    `/projects/${top.id}/users/${user.id}/roles/${prior.id}`,
    `/OS-INHERIT/projects/${top.id}/groups/${group.id}/roles/${implied.id}/inherited_to_projects`,
    `/OS-INHERIT/domains/${domain.id}/users/${user.id}/roles/${implied.id}/inherited_to_projects`,
    `/domains/${domain.id}/groups/${group.id}/roles/${implied.id}`,
    `/system/users/${user.id}/roles/${prior.id}`,
  ])
    await realm.ask('PUT', path);
});
afterAll(() => api.stop());

const list = async (query: string, token?: string): Promise<Assignment[]> => {
  const { status, body } = await realm.ask('GET', `/role_assignments?${query}`, undefined, token);
  expect([query, status]).toEqual([query, 200]);
  return (body as { role_assignments: Assignment[] }).role_assignments;
};
/** In a few letters: who, where, and by which link. */
const brief = ({ links, scope, user: who, group: of }: Assignment): string => {
  const names = new Map([
    [domain.id, 'domain'],
    [top.id, 'top'],
    [middle.id, 'middle'],
    [leaf.id, 'leaf'],
    [user.id, 'user'],
    [group.id, 'group'],
    [prior.id, 'prior'],
    [implied.id, 'implied'],
  ]);
  const on = scope.project?.id ?? scope.domain?.id;
  const short = (id: string | undefined): string => names.get(id ?? '') ?? 'system';
  const path = links.assignment.slice(realm.url.length).replaceAll(/[0-9a-f]{32}/g, short);
  return `${short(who?.id ?? of?.id)} ${short(on)} ${path}`;
};
const sorted = (...some: (string | undefined)[]): string[] => some.map(String).toSorted();
const briefs = async (query: string): Promise<string[]> => (await list(query)).map(brief).toSorted();

describe('assignments', () => {
  it('are listed as they were given, with a link to each', async () => {
    const mine = [
      'user top /projects/top/users/user/roles/prior',
      'user domain /OS-INHERIT/domains/domain/users/user/roles/implied/inherited_to_projects',
      'user system /system/users/user/roles/prior',
    ];
    const ours = [
      'group top /OS-INHERIT/projects/top/groups/group/roles/implied/inherited_to_projects',
      'group domain /domains/domain/groups/group/roles/implied',
    ];
    expect(await briefs(`user.id=${user.id}`)).toEqual(mine.toSorted());
    expect(await briefs(`group.id=${group.id}`)).toEqual(ours.toSorted());
    expect(await briefs(`scope.project.id=${top.id}`)).toEqual(sorted(mine[0], ours[0]));
    expect(await briefs(`scope.domain.id=${domain.id}`)).toEqual(sorted(mine[1], ours[1]));
    expect(await briefs(`scope.domain.id=${domain.id}&scope.OS-INHERIT:inherited_to=projects`)).toEqual([mine[1]]);
    expect(await briefs(`scope.domain.id=${domain.id}&scope.OS-INHERIT:inherited_to=`)).toEqual([ours[1]]);
    expect(await briefs(`scope.system=all&user.id=${user.id}`)).toEqual([mine[2]]);
    expect(await briefs(`role.id=${prior.id}`)).toEqual(sorted(mine[0], mine[2]));
    expect(await briefs(`user.id=${user.id}&scope.project.id=${leaf.id}`)).toEqual([]);
    expect(await briefs('user.id=none')).toEqual([]);
    const { body } = await realm.ask('GET', `/role_assignments?role.id=${prior.id}&scope.system=all`);
    expect(body).toEqual({
      role_assignments: [
        {
          role: { id: prior.id },
          user: { id: user.id },
          scope: { system: { all: true } },
          links: { assignment: `${realm.url}/system/users/${user.id}/roles/${prior.id}` },
        },
      ],
      links: {
        next: null,
        self: `${realm.url}/role_assignments?role.id=${prior.id}&scope.system=all`,
        previous: null,
      },
    });
    const odd = await realm.ask('GET', '/role_assignments?user.id=none&a[]=1');
    expect(odd.body).toMatchObject({ links: { self: `${realm.url}/role_assignments?user.id=none&a%5B%5D=1` } });
  });

  it('in effect are those of users on projects and domains, with the group, the place and the role that they follow from', async () => {
    const inherited = (place: string): string[] => [
      `user ${place} /OS-INHERIT/domains/domain/users/user/roles/implied/inherited_to_projects`,
      `user ${place} /OS-INHERIT/projects/top/groups/group/roles/implied/inherited_to_projects`,
    ];
    const onTop = [
      'user top /OS-INHERIT/domains/domain/users/user/roles/implied/inherited_to_projects',
      'user top /projects/top/users/user/roles/prior',
      // Of the role that is implied the link leads to the assignment of the one that implies it.
      'user top /projects/top/users/user/roles/prior',
    ];
    const onDomain = ['user domain /domains/domain/groups/group/roles/implied'];
    const all = [...onTop, ...inherited('middle'), ...inherited('leaf'), ...onDomain].toSorted();
    expect(await briefs(`effective&user.id=${user.id}`)).toEqual(all);
    expect(await briefs(`effective=0&user.id=${user.id}`)).toHaveLength(3);
    expect(await briefs(`effective&scope.domain.id=${domain.id}`)).toEqual(onDomain);
    expect(await briefs(`effective&scope.project.id=${leaf.id}`)).toEqual(inherited('leaf').toSorted());
    expect(await briefs(`effective&scope.project.id=${top.id}&role.id=${prior.id}`)).toEqual([onTop[1]]);
    expect(await briefs(`effective&include_subtree&scope.project.id=${middle.id}`)).toEqual(
      [...inherited('middle'), ...inherited('leaf')].toSorted(),
    );
    expect(await briefs(`effective&include_subtree&scope.project.id=${top.id}`)).toEqual(
      [...onTop, ...inherited('middle'), ...inherited('leaf')].toSorted(),
    );
    expect(await briefs(`include_subtree&scope.project.id=${top.id}`)).toHaveLength(2);
    const follow = await list(`effective&user.id=${user.id}&scope.project.id=${top.id}&scope.OS-INHERIT:inherited_to=`);
    expect(follow).toEqual(
      expect.arrayContaining([
        {
          role: { id: implied.id },
          user: { id: user.id },
          scope: { project: { id: top.id } },
          links: {
            assignment: `${realm.url}/projects/${top.id}/users/${user.id}/roles/${prior.id}`,
            prior_role: `${realm.url}/prior_role/${implied.id}/implies/${prior.id}`,
          },
        },
      ]),
    );
    const byGroup = (await list(`effective&scope.project.id=${leaf.id}`)).find(({ links }) => 'membership' in links);
    expect(byGroup).toMatchObject({
      scope: { project: { id: leaf.id }, 'OS-INHERIT:inherited_to': 'projects' },
      links: { membership: `${realm.url}/groups/${group.id}/users/${user.id}` },
    });
  });

  it('in effect are what tokens show', async () => {
    for (const project of [top, middle, leaf]) {
      const found = await list(`effective&include_names&user.id=${user.id}&scope.project.id=${project.id}`);
      const names = [...new Set(found.map(({ role }) => role.name))].toSorted();
      expect(await realm.rolesOf(user, { project: { id: project.id } })).toEqual(names);
    }
  });

  it('carry the names of all that is in them where they are asked for', async () => {
    const local = await realm.make('role', { domain_id: domain.id });
    await realm.ask('PUT', `/projects/${leaf.id}/users/${user.id}/roles/${local.id}`);
    const inDefault = { domain: { id: 'default', name: 'Default' } };
    const own = { domain: { id: domain.id, name: domain.name } };
    expect(await list(`include_names&role.id=${local.id}`)).toMatchObject([
      {
        role: { id: local.id, name: local.name, ...own },
        user: { id: user.id, name: user.name, ...inDefault },
        scope: { project: { id: leaf.id, name: leaf.name, ...own } },
      },
    ]);
    expect(await list(`include_names&group.id=${group.id}&scope.domain.id=${domain.id}`)).toMatchObject([
      { role: { id: implied.id, name: implied.name }, group: { name: group.name, ...inDefault }, scope: own },
    ]);
    expect(await list(`effective&role.id=${local.id}`)).toEqual([]);
    await realm.ask('DELETE', `/projects/${leaf.id}/users/${user.id}/roles/${local.id}`);
  });

  it.each([
    ['scope.domain.id=x&scope.project.id=y', 400, 'Specify a domain or project, not both'],
    ['scope.domain.id=x&scope.system=all', 400, 'Specify system or domain, not both'],
    ['scope.project.id=x&scope.system=all', 400, 'Specify system or project, not both'],
    ['user.id=x&group.id=y', 400, 'Specify a user or group, not both'],
    ['effective&group.id=x', 400, 'Combining effective and group filter will always result in an empty list.'],
    [
      'effective&scope.domain.id=x&scope.OS-INHERIT:inherited_to=projects',
      400,
      'Combining effective, domain and inherited filters will always result in an empty list.',
    ],
    ['include_subtree', 400, 'scope.project.id must be specified if include_subtree is also specified'],
    ['include_subtree&scope.project.id=none', 404, 'Could not find project: none.'],
    ['effective&scope.project.id=none', 404, 'Could not find project: none.'],
    ['effective&user.id=none', 404, 'Could not find user: none.'],
  ])('by %s are refused', async (query, status, words) => {
    expect(await realm.refusal('GET', `/role_assignments?${query}`)).toEqual([status, words]);
  });

  it('are shown to the reader of a domain as far as they are in it, and to no member of a project', async () => {
    const [reader, member] = await Promise.all([realm.role('reader'), realm.role('member')]);
    const somebody = await realm.make('user');
    await realm.ask('PUT', `/domains/${domain.id}/users/${somebody.id}/roles/${reader.id}`);
    await realm.ask('PUT', `/projects/${top.id}/users/${somebody.id}/roles/${member.id}`);
    const ofDomain = (await realm.login(somebody, { domain: { id: domain.id } }))!.token;
    const seen = await list('', ofDomain);
    expect(new Set(seen.map(({ scope }) => scope.project?.id ?? scope.domain?.id))).toEqual(
      new Set([domain.id, top.id]),
    );
    expect(await list(`include_subtree&scope.project.id=${top.id}`, ofDomain)).toHaveLength(3);
    const other = await realm.make('project');
    for (const [query, rule, token] of [
      ['', 'list_role_assignments', (await realm.login(somebody, { project: { id: top.id } }))!.token],
      [`include_subtree&scope.project.id=${other.id}`, 'list_role_assignments_for_tree', ofDomain],
    ] as const)
      expect(await realm.refusal('GET', `/role_assignments?${query}`, undefined, token)).toEqual([
        403,
        `You are not authorized to perform the requested action: identity:${rule}.`,
      ]);
  });
});

const ids = async (path: string, many: 'projects' | 'domains', token?: string): Promise<string[]> => {
  const { status, body } = await realm.ask('GET', path, undefined, token);
  expect([path, status]).toEqual([path, 200]);
  return (body as Record<string, Item[]>)[many]!.map(({ id }) => id).toSorted();
};

describe('what a user can have a token for', () => {
  it('is each project, domain and the system on which a role is in effect, also for a token without a scope', async () => {
    const { token } = (await realm.login(user, 'unscoped'))!;
    const projects = [top.id, middle.id, leaf.id].toSorted();
    for (const path of ['/auth/projects', '/OS-FEDERATION/projects', `/users/${user.id}/projects`])
      expect(await ids(path, 'projects', token)).toEqual(projects);
    for (const path of ['/auth/domains', '/OS-FEDERATION/domains'])
      expect(await ids(path, 'domains', token)).toEqual([domain.id]);
    expect(await ids(`/users/${user.id}/projects?name=${leaf.name}`, 'projects')).toEqual([leaf.id]);
    const system = await realm.ask('GET', '/auth/system', undefined, token);
    expect(system.body).toEqual({ system: [{ all: true }], links: { self: `${realm.url}/auth/system` } });
    for (const path of ['/auth/projects', '/auth/domains', '/auth/system'])
      expect((await realm.ask('HEAD', path, undefined, token)).status).toBe(200);
  });

  it('is nothing for who has no role', async () => {
    const { token } = (await realm.login(await realm.make('user'), 'unscoped'))!;
    expect(await ids('/auth/projects', 'projects', token)).toEqual([]);
    expect(await ids('/auth/domains', 'domains', token)).toEqual([]);
    expect((await realm.ask('GET', '/auth/system', undefined, token)).body).toMatchObject({ system: [] });
  });

  it('is also a project that acts as a domain, where a role was given on it as on a project', async () => {
    const somebody = await realm.make('user');
    await realm.ask('PUT', `/projects/${domain.id}/users/${somebody.id}/roles/${implied.id}`);
    expect(await ids(`/users/${somebody.id}/projects`, 'projects')).toEqual([domain.id]);
    const { token } = (await realm.login(somebody, { project: { id: domain.id } }))!;
    expect(await ids('/auth/domains', 'domains', token)).toEqual([]);
  });

  it('ends with the membership that gave it', async () => {
    const somebody = await realm.make('user');
    const { id } = await realm.group(somebody);
    await realm.ask('PUT', `/projects/${top.id}/groups/${id}/roles/${implied.id}`);
    expect(await ids(`/users/${somebody.id}/projects`, 'projects')).toEqual([top.id]);
    await api.services.db.groupMember.updateMany({ where: { group_id: id }, data: { expires_at: new Date(0) } });
    expect(await ids(`/users/${somebody.id}/projects`, 'projects')).toEqual([]);
    expect(await briefs(`effective&user.id=${somebody.id}`)).toEqual([]);
  });
});

describe('a project', () => {
  const show = async (of: Item, query: string, token?: string) =>
    (
      (await realm.ask('GET', `/projects/${of.id}?${query}`, undefined, token)).body as {
        project: { parents?: { project: Item }[]; subtree?: { project: Item }[] };
      }
    ).project;

  it('is shown with the ids of all above and below it', async () => {
    expect(await show(leaf, 'parents_as_ids&subtree_as_ids')).toMatchObject({
      parents: { [middle.id]: { [top.id]: { [domain.id]: null } } },
      subtree: null,
    });
    expect(await show(top, 'parents_as_ids=0&subtree_as_ids')).toMatchObject({
      subtree: { [middle.id]: { [leaf.id]: null } },
    });
    expect(await show(domain, 'parents_as_ids')).toMatchObject({ parents: null });
    expect(await show(top, '')).not.toHaveProperty('parents');
  });

  it('is shown with those above and below it on which the asker has a role', async () => {
    const { token } = (await realm.login(user, { project: { id: middle.id } }))!;
    const { parents, subtree } = await show(middle, 'parents_as_list&subtree_as_list', token);
    expect(parents!.map(({ project }) => project)).toEqual([top]);
    expect(subtree!.map(({ project }) => project)).toEqual([leaf]);
    expect(await show(middle, 'parents_as_list&subtree_as_list')).toMatchObject({ parents: [], subtree: [] });
    for (const what of ['parents', 'subtree'])
      expect(await realm.refusal('GET', `/projects/${top.id}?${what}_as_list&${what}_as_ids`)).toEqual([
        400,
        `Cannot use ${what}_as_list and ${what}_as_ids query params at the same time.`,
      ]);
  });

  it('is made in the domain of a token for one, where it names none, and a change of nothing changes nothing', async () => {
    const [somebody, admin] = await Promise.all([realm.make('user'), realm.role('admin')]);
    await realm.ask('PUT', `/domains/${domain.id}/users/${somebody.id}/roles/${admin.id}`);
    const { token } = (await realm.login(somebody, { domain: { id: domain.id } }))!;
    for (const fields of [{}, { domain_id: null, parent_id: null }]) {
      const { status, body } = await realm.ask(
        'POST',
        '/projects',
        { project: { name: `own-${Object.keys(fields).length}`, ...fields } },
        token,
      );
      expect([status, body]).toMatchObject([201, { project: { domain_id: domain.id, parent_id: domain.id } }]);
    }
    expect((await realm.make('project', { domain_id: null })).domain_id).toBe('default');
    const { status, body } = await realm.ask('PATCH', `/projects/${top.id}`, { project: {} });
    expect([status, body]).toEqual([200, { project: top }]);
    expect((await realm.ask('PATCH', `/domains/${domain.id}`, { domain: {} })).status).toBe(400);
  });
});
