import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { answerOf, bodyOf, issue, kindOf, newMember, newName, readWith, type Item } from '../setup/identity.js';
import { atOnce, LimitedCloud, type Asking } from '../setup/unified-limits.js';
import { wordsOf } from '../setup/words.js';

let cloud: LimitedCloud;
beforeAll(async () => {
  cloud = await LimitedCloud.start(provided('databaseUrl'), { NOVAFLOW_LIMIT_ENFORCEMENT_MODEL: 'strict_two_level' });
  await cloud.register('compute', { servers: 5 });
  await cloud.register('volumev3', { volumes: 5, gigabytes: -1, per_volume_gigabytes: -1 });
  await cloud.register('network', { network: 5, subnet: -1, port: 5 });
  await cloud.register('image', { image_count_total: 5 });
});
afterAll(() => cloud.api.stop());

const networks = '/network/v2.0/networks';
const newDomain = async (): Promise<string> => (await kindOf(cloud.api.admin, 'domain').make({ name: newName() })).id;

interface OfDomain extends Asking {
  readonly project: string;
}

/** Who has a role in a project of its own in a domain. */
async function memberOf(domain_id: string): Promise<OfDomain> {
  const { admin } = cloud.api;
  const [project, user] = await Promise.all([
    kindOf(admin, 'project').make({ name: newName(), domain_id }),
    newMember(admin),
  ]);
  const [role] = await kindOf(admin, 'role').list('name=member');
  await bodyOf(admin, 'PUT', `/projects/${project.id}/users/${user.user}/roles/${role!}`);
  const { token } = await issue(user, { project: { id: project.id } });
  const request = async (method: string, path: string, body?: unknown) => {
    const headers = {
      'x-auth-token': token,
      'content-type': 'application/json',
      'openstack-api-version': 'compute 2.96',
    };
    const answer = await fetch(admin.base + path, { method, headers, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  };
  return { project: project.id, api: { request } };
}
const two = (domain: string): Promise<OfDomain[]> => Promise.all([memberOf(domain), memberOf(domain)]);

const countOf = async (table: string, { project }: OfDomain, column = 'project_id'): Promise<number> => {
  const { rows } = await cloud.api.database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${table} WHERE ${column} = $1`,
    [project],
  );
  return rows[0]!.n;
};

describe('what a domain’s projects may have together, by the model of two levels,', () => {
  it('is exactly the domain’s limit, of networks that are asked for at once, and none has more than its own', async () => {
    const domain_id = await newDomain();
    await cloud.limit({ domain_id }, 'network', 'network', 8);
    const [one, other] = (await two(domain_id)) as [OfDomain, OfDomain];
    await cloud.limit({ project_id: other.project }, 'network', 'network', 6);
    expect(await atOnce([one], networks, { network: {} })).toEqual({ 201: 5, 409: 15 });
    expect(await atOnce([one, other], networks, { network: {} })).toEqual({ 201: 3, 409: 17 });
    expect([await countOf('neutron.networks', one), await countOf('neutron.networks', other)]).toEqual([5, 3]);
  });

  it('is exactly the domain’s limit, of volumes', async () => {
    const domain_id = await newDomain();
    await cloud.limit({ domain_id }, 'volumev3', 'volumes', 7);
    expect(await atOnce(await two(domain_id), '/volume/v3/volumes', { volume: { size: 1 } })).toEqual({
      202: 7,
      413: 13,
    });
  });

  it('is exactly the domain’s limit, of servers', async () => {
    const domain_id = await newDomain();
    await cloud.limit({ domain_id }, 'compute', 'servers', 7);
    const members = await two(domain_id);
    for (const { project } of members) await cloud.limit({ project_id: project }, 'compute', 'servers', 7);
    expect(await atOnce(members, '/compute/v2.1/servers', cloud.server())).toEqual({ 202: 7, 403: 13 });
    const [words] = await Promise.all(
      members.map(async ({ api }) => wordsOf(await api.request('POST', '/compute/v2.1/servers', cloud.server()))),
    );
    expect(words![1]).toContain('over limit of 7 due to current usage 7 and delta 1');
  });

  it('is the registered limit where the domain has none, of images', async () => {
    const members = await two(await newDomain());
    const image = { disk_format: 'raw', container_format: 'bare' };
    expect(await atOnce(members, '/image/v2/images', image)).toEqual({ 201: 5, 413: 15 });
  });

  it('counts the ports that one request makes for several of its projects together', async () => {
    const [one, other] = (await two(await newDomain())) as [OfDomain, OfDomain];
    const body = { network: {} };
    const { network } = (await one.api.request('POST', networks, body)).body as { network: Item };
    const ports = (...projects: OfDomain[]) =>
      projects.map(({ project }) => ({ network_id: network.id, project_id: project }));
    const send = async (...projects: OfDomain[]) =>
      (await cloud.api.admin.request('POST', '/network/v2.0/ports', { ports: ports(...projects) })).status;
    expect(await send(one, one, one, other, other, other)).toBe(409);
    expect(await send(one, one, one, other, other)).toBe(201);
    expect(await send(other)).toBe(409);
  });

  it('is of no concern to another domain', async () => {
    const members = await Promise.all([memberOf(await newDomain()), memberOf(await newDomain())]);
    expect(await atOnce(members, networks, { network: {} })).toEqual({ 201: 10, 409: 10 });
  });

  it('is what a project may have that has no limit of its own, where that is less than is registered', async () => {
    const domain_id = await newDomain();
    const { project } = await memberOf(domain_id);
    const shown = async (): Promise<unknown> =>
      (
        await cloud.api.admin.call<{ quota_set: Record<string, unknown> }>(
          'GET',
          `/compute/v2.1/os-quota-sets/${project}`,
        )
      ).quota_set['instances'];
    expect(await shown()).toBe(5);
    const id = await cloud.limit({ domain_id }, 'compute', 'servers', 3);
    expect(await shown()).toBe(3);
    await kindOf(cloud.api.admin, 'limit').change(id, { resource_limit: -1 });
    expect(await shown()).toBe(5);
    await cloud.limit({ project_id: project }, 'compute', 'servers', 40);
    expect(await shown()).toBe(40);
  });
});

describe('limits by the model of two levels', () => {
  const limits = () => kindOf(cloud.api.admin, 'limit');
  const unfit = async (whose: string, limit: number): Promise<[number, string]> => [
    403,
    `Invalid resource limit: The resource limit (${whose}, resource_name: servers, resource_limit: ${limit}, service_id: ${await cloud.service('compute')}, region_id: RegionOne) doesn't satisfy current hierarchy model..`,
  ];
  const post = async (...items: object[]): Promise<[number, string]> => {
    const of = { service_id: await cloud.service('compute'), region_id: 'RegionOne', resource_name: 'servers' };
    return answerOf(cloud.api.admin, 'POST', '/limits', { limits: items.map((item) => ({ ...of, ...item })) });
  };

  it('of a project are not higher than its domain’s, whichever of them is made or changed', async () => {
    const domain_id = await newDomain();
    const { project: project_id } = await memberOf(domain_id);
    expect(await post({ project_id, resource_limit: 6 })).toEqual(await unfit(`project_id: ${project_id}`, 6));
    expect(await post({ project_id, resource_limit: -1 })).toEqual(await unfit(`project_id: ${project_id}`, -1));
    const ofDomain = await cloud.limit({ domain_id }, 'compute', 'servers', 10);
    const ofProject = await cloud.limit({ project_id }, 'compute', 'servers', 10);
    expect(await limits().refusesToChange(ofProject, { resource_limit: 11 })).toEqual(
      await unfit(`project_id: ${project_id}`, 11),
    );
    expect(await limits().refusesToChange(ofDomain, { resource_limit: 9 })).toEqual(
      await unfit(`domain_id: ${domain_id}`, 9),
    );
    expect(await limits().change(ofProject, { resource_limit: 8, description: 'd' })).toMatchObject({
      resource_limit: 8,
    });
    expect(await limits().change(ofDomain, { resource_limit: 8 })).toMatchObject({ resource_limit: 8 });
    expect(await limits().change(ofDomain, { description: 'd' })).toMatchObject({ resource_limit: 8 });
  });

  it('of a domain and its projects can be made by one request, in any order', async () => {
    const domain_id = await newDomain();
    const { project: project_id } = await memberOf(domain_id);
    expect((await post({ project_id, resource_limit: 9 }, { domain_id, resource_limit: 8 }))[0]).toBe(403);
    expect(await limits().list(`domain_id=${domain_id}`)).toEqual([]);
    expect((await post({ project_id, resource_limit: 9 }, { domain_id, resource_limit: 9 }))[0]).toBe(201);
  });

  it('that are changed at once still fit: of two changes that do not go together one is refused', async () => {
    const domain_id = await newDomain();
    const { project: project_id } = await memberOf(domain_id);
    const ofDomain = await cloud.limit({ domain_id }, 'compute', 'servers', 10);
    const ofProject = await cloud.limit({ project_id }, 'compute', 'servers', 4);
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all([
        answerOf(cloud.api.admin, 'PATCH', `/limits/${ofDomain}`, { limit: { resource_limit: 5 } }),
        answerOf(cloud.api.admin, 'PATCH', `/limits/${ofProject}`, { limit: { resource_limit: 8 } }),
      ]);
      expect(answers.map(([status]) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
      await limits().change(ofProject, { resource_limit: 4 });
      await limits().change(ofDomain, { resource_limit: 10 });
    }
  });

  it('say so, and let no project lie below another one', async () => {
    const { admin } = cloud.api;
    expect(await readWith(admin.base, admin.sessionToken, '/limits/model')).toMatchObject({
      body: {
        model: {
          name: 'strict_two_level',
          description: 'This model requires project hierarchy never exceeds a depth of two',
        },
      },
    });
    const projects = kindOf(admin, 'project');
    const parent = await projects.make({ name: newName() });
    expect(await projects.refusesToMake({ name: newName(), parent_id: parent.id })).toEqual([
      403,
      `Max hierarchy depth reached for ${parent.id} branch.`,
    ]);
    const { services, database } = cloud.api;
    const deep = await projects.make({ name: newName() });
    await database.query('UPDATE keystone.projects SET parent_id = $1 WHERE id = $2', [parent.id, deep.id]);
    await expect(services.keystone.bootstrap([], [])).rejects.toThrow(
      `Keystone cannot start due to project hierarchical depth in the current deployment (project_ids: ${deep.id}) exceeds the enforcement model's maximum limit of 2.`,
    );
    await projects.remove(deep.id);
    await services.keystone.bootstrap([], []);
  });
});
