import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import {
  answerOf,
  bodyOf,
  issue,
  kindOf,
  newMember,
  newName,
  readWith,
  v3,
  type Item,
  type Member,
} from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';

let cloud: ServiceApi;
let member: Member;
let other: Member;
let service: string;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  [member, other] = await Promise.all([newMember(cloud.admin), newMember(cloud.admin)]);
  service = (await kindOf(cloud.admin, 'service').list('type=compute'))[0]!;
});
afterAll(() => cloud.stop());

const ask = (method: string, path: string, body?: object) => answerOf(cloud.admin, method, path, body);
const registered = () => kindOf(cloud.admin, 'registered_limit');
const limits = () => kindOf(cloud.admin, 'limit');
const register = async (...items: object[]): Promise<Item[]> =>
  (
    await bodyOf<{ registered_limits: Item[] }>(cloud.admin, 'POST', '/registered_limits', {
      registered_limits: items.map((item) => ({ service_id: service, default_limit: 10, ...item })),
    })
  ).registered_limits;
const limit = async (...items: object[]): Promise<Item[]> =>
  (
    await bodyOf<{ limits: Item[] }>(cloud.admin, 'POST', '/limits', {
      limits: items.map((item) => ({ service_id: service, resource_limit: 5, ...item })),
    })
  ).limits;
const refuses = (item: object) =>
  ask('POST', '/limits', { limits: [{ service_id: service, resource_limit: 5, ...item }] });
const assumed =
  'The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.';

describe('registered limits', () => {
  it('are made several at once, shown to everybody, changed, and found by what they are of', async () => {
    const [one, two] = [newName(), newName()];
    const [first, second] = await register(
      { resource_name: one, description: 'd' },
      { resource_name: two, region_id: 'RegionOne', default_limit: -1 },
    );
    expect(first).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      service_id: service,
      region_id: null,
      resource_name: one,
      default_limit: 10,
      description: 'd',
      links: { self: `${cloud.admin.base}${v3}/registered_limits/${first!.id}` },
    });
    expect(await registered().list(`service_id=${service}&region_id=RegionOne&resource_name=${two}`)).toEqual([
      second!.id,
    ]);
    expect(await registered().change(first!.id, { default_limit: 3, description: null })).toMatchObject({
      default_limit: 3,
      description: null,
    });
    const shown = await readWith(cloud.admin.base, member.api.sessionToken, `/registered_limits/${first!.id}`);
    expect(shown).toMatchObject({ status: 200, body: { registered_limit: { default_limit: 3 } } });
    expect((await answerOf(member.api, 'PATCH', `/registered_limits/${first!.id}`, { registered_limit: {} }))[0]).toBe(
      403,
    );
    expect(await registered().remove(first!.id)).toEqual([204, '']);
    expect(await ask('GET', `/registered_limits/${first!.id}`)).toEqual([
      404,
      `Could not find registered limit for ${first!.id}.`,
    ]);
  });

  it('keep naming a service and a region that are deleted, and can be deleted after them', async () => {
    const [gone, region] = await Promise.all([
      kindOf(cloud.admin, 'service').make({ type: 'metering' }),
      kindOf(cloud.admin, 'region').make({}),
    ]);
    const [one] = await register({ resource_name: newName(), service_id: gone.id, region_id: region.id });
    expect(await kindOf(cloud.admin, 'region').remove(region.id)).toEqual([204, '']);
    expect(await kindOf(cloud.admin, 'service').remove(gone.id)).toEqual([204, '']);
    expect(await bodyOf(cloud.admin, 'GET', `/registered_limits/${one!.id}`)).toEqual({ registered_limit: one });
    expect(await registered().remove(one!.id)).toEqual([204, '']);
  });

  it('are all made or none, one for each thing of a service in a region, and of what is there', async () => {
    const name = newName();
    await register({ resource_name: name });
    const post = (...items: object[]) =>
      ask('POST', '/registered_limits', {
        registered_limits: items.map((item) => ({ service_id: service, default_limit: 1, ...item })),
      });
    const fresh = newName();
    expect(await post({ resource_name: fresh }, { resource_name: name })).toEqual([
      409,
      'Conflict occurred attempting to store registered_limit - Duplicate entry.',
    ]);
    expect(await registered().list(`resource_name=${fresh}`)).toEqual([]);
    expect(await post({ resource_name: fresh, service_id: 'nothing' })).toEqual([
      400,
      `Expecting to find service_id in registered_limit. ${assumed}`,
    ]);
    expect(await post({ resource_name: fresh, region_id: 'nowhere' })).toEqual([
      400,
      `Expecting to find region_id in registered_limit. ${assumed}`,
    ]);
    for (const wrong of [{ default_limit: -2 }, { default_limit: 2 ** 31 }, { own: 1 }, { resource_name: ' ' }])
      expect((await post({ resource_name: fresh, ...wrong }))[0]).toBe(400);
    expect((await post())[0]).toBe(400);
    expect((await ask('POST', '/registered_limits', { registered_limit: { resource_name: fresh } }))[0]).toBe(400);
    const [second] = await register({ resource_name: fresh });
    expect((await registered().refusesToChange(second!.id, { resource_name: name }))[0]).toBe(409);
  });
});

describe('limits', () => {
  it('are made for projects and domains, changed, found by what and whose they are, and hold what they are of', async () => {
    const name = newName();
    const [of] = await register({ resource_name: name });
    const [ofProject, ofDomain] = await limit(
      { project_id: member.project, resource_name: name, description: 'd' },
      { domain_id: 'default', resource_name: name },
    );
    expect(ofProject).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      project_id: member.project,
      domain_id: null,
      service_id: service,
      region_id: null,
      resource_name: name,
      resource_limit: 5,
      description: 'd',
      links: { self: `${cloud.admin.base}${v3}/limits/${ofProject!.id}` },
    });
    expect(ofDomain).toMatchObject({ project_id: null, domain_id: 'default' });
    expect(await limits().list(`resource_name=${name}&service_id=${service}&domain_id=default`)).toEqual([
      ofDomain!.id,
    ]);
    expect(await limits().list(`resource_name=${name}&project_id=${member.project}`)).toEqual([ofProject!.id]);
    expect(await limits().list(`resource_name=${name}&region_id=RegionOne`)).toEqual([]);
    expect(await limits().change(ofProject!.id, { resource_limit: 0 })).toMatchObject({ resource_limit: 0 });
    expect((await limits().refusesToChange(ofProject!.id, { resource_name: 'x' }))[0]).toBe(400);
    const kept = [
      403,
      `Unable to update or delete registered limit ${of!.id} because there are project limits associated with it.`,
    ];
    expect(await registered().remove(of!.id)).toEqual(kept);
    expect(await registered().refusesToChange(of!.id, { default_limit: 1 })).toEqual(kept);
    for (const one of [ofProject!, ofDomain!]) expect(await limits().remove(one.id)).toEqual([204, '']);
    expect(await ask('GET', `/limits/${ofProject!.id}`)).toEqual([404, `Could not find limit for ${ofProject!.id}.`]);
    expect(await registered().remove(of!.id)).toEqual([204, '']);
  });

  it('are refused without what they are of, twice, for nobody, and for a project and a domain at once', async () => {
    const name = newName();
    const mine = { project_id: member.project, resource_name: name };
    expect(await refuses(mine)).toEqual([403, 'Unable to create a limit that has no corresponding registered limit.']);
    await register({ resource_name: name });
    expect((await refuses({ ...mine, region_id: 'RegionOne' }))[0]).toBe(403);
    await limit(mine);
    expect(await refuses(mine)).toEqual([409, 'Conflict occurred attempting to store limit - Duplicate entry.']);
    for (const [attribute, wrong] of [
      ['service_id', { ...mine, service_id: 'nothing' }],
      ['region_id', { ...mine, region_id: 'nowhere' }],
      ['project_id', { project_id: 'nobody', resource_name: name }],
      ['domain_id', { domain_id: member.project, resource_name: name }],
    ] as const)
      expect(await refuses(wrong)).toEqual([400, `Expecting to find ${attribute} in limit. ${assumed}`]);
    expect((await refuses({ resource_name: name }))[0]).toBe(400);
    expect((await refuses({ ...mine, domain_id: 'default' }))[0]).toBe(400);
    const domain = await kindOf(cloud.admin, 'project').make({ name: newName(), is_domain: true });
    const [acting] = await limit({ project_id: domain.id, resource_name: name });
    expect(acting).toMatchObject({ project_id: null, domain_id: domain.id });
  });

  it('are seen by the project that they are of, by its domain, and by no other project', async () => {
    const name = newName();
    await register({ resource_name: name });
    const [mine, theirs, ofDomain] = await limit(
      { project_id: member.project, resource_name: name },
      { project_id: other.project, resource_name: name },
      { domain_id: 'default', resource_name: name },
    );
    const { base } = cloud.admin;
    const seen = async (token: string): Promise<string[]> => {
      const { body } = await readWith<{ limits: Item[] }>(base, token, `/limits?resource_name=${name}`);
      return body.limits.map(({ id }) => id).toSorted();
    };
    const read = async (token: string, { id }: Item): Promise<number> =>
      (await readWith(base, token, `/limits/${id}`)).status;
    const token = member.api.sessionToken;
    expect(await seen(token)).toEqual([mine!.id]);
    expect([await read(token, mine!), await read(token, theirs!), await read(token, ofDomain!)]).toEqual([
      200, 403, 403,
    ]);
    const role = (await kindOf(cloud.admin, 'role').list('name=member'))[0]!;
    await bodyOf(cloud.admin, 'PUT', `/domains/default/users/${member.user}/roles/${role}`);
    const ofTheDomain = (await issue(member, { domain: { id: 'default' } })).token;
    expect(await seen(ofTheDomain)).toEqual([mine!.id, theirs!.id, ofDomain!.id].toSorted());
    expect(await read(ofTheDomain, ofDomain!)).toBe(200);
    const unscoped = (await issue(member, 'unscoped')).token;
    expect(await seen(unscoped)).toEqual([]);
    expect(await read(unscoped, mine!)).toBe(403);
    expect((await answerOf(member.api, 'DELETE', `/limits/${mine!.id}`))[0]).toBe(403);
    await kindOf(cloud.admin, 'project').remove(other.project);
    expect((await ask('GET', `/limits/${theirs!.id}`))[0]).toBe(404);
  });

  it('say how they are enforced', async () => {
    expect(await readWith(cloud.admin.base, member.api.sessionToken, '/limits/model')).toEqual({
      status: 200,
      body: {
        model: {
          name: 'flat',
          description: 'Limit enforcement and validation does not take project hierarchy into consideration.',
        },
      },
    });
  });
});
