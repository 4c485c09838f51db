import { afterAll, beforeAll, describe, expect, inject as provided, it, vi } from 'vitest';
import { makeCatalog } from '#services/keystone/catalog/make';
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

interface Entry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly { id: string; interface: string; region: string; region_id: string; url: string }[];
}
interface Token {
  readonly catalog?: readonly Entry[];
}

let cloud: ServiceApi;
let member: Member;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  member = await newMember(cloud.admin);
});
afterAll(() => cloud.stop());

const ask = (method: string, path: string, body?: object) => answerOf(cloud.admin, method, path, body);
const regions = () => kindOf(cloud.admin, 'region');
const services = () => kindOf(cloud.admin, 'service');
const endpoints = () => kindOf(cloud.admin, 'endpoint');
const groups = () => kindOf(cloud.admin, 'endpoint_group', 'endpoint_groups', 'OS-EP-FILTER/endpoint_groups');
const policies = () => kindOf(cloud.admin, 'policy', 'policies');
const catalogOf = async (): Promise<Entry[]> =>
  (await bodyOf<{ catalog: Entry[] }>(member.api, 'GET', '/auth/catalog')).catalog;
/** A service with an endpoint that the catalog shows. */
const newService = async (url = 'http://a.example/%(project_id)s'): Promise<{ service: Item; endpoint: Item }> => {
  const service = await services().make({ type: newName(), name: newName() });
  const endpoint = await endpoints().make({ service_id: service.id, interface: 'public', url });
  return { service, endpoint };
};
const shown = async ({ id }: Item): Promise<string[] | undefined> =>
  (await catalogOf()).find((entry) => entry.id === id)?.endpoints.map(({ url }) => url);

describe('regions', () => {
  it('are made with an id of the client’s choice or a new one, changed, and found by the region that they are in', async () => {
    const [id, other] = [newName(), newName()];
    const region = await regions().make({ id, description: 'here', own: 1 });
    expect(region).toEqual({
      id,
      description: 'here',
      parent_region_id: null,
      own: 1,
      links: { self: `${cloud.admin.base}${v3}/regions/${id}` },
    });
    expect((await regions().make({})).id).toMatch(/^[0-9a-f]{32}$/);
    expect((await regions().make({ id: '' })).id).toMatch(/^[0-9a-f]{32}$/);
    const put = await cloud.admin.request<{ region: Item }>('PUT', `${v3}/regions/${other}`, {
      region: { parent_region_id: id, description: null },
    });
    expect([put.status, put.body.region]).toMatchObject([201, { id: other, parent_region_id: id, description: '' }]);
    expect(await regions().list(`parent_region_id=${id}`)).toEqual([other]);
    expect(await regions().change(other, { parent_region_id: null, more: [2] })).toMatchObject({
      parent_region_id: null,
      more: [2],
    });
    expect(await regions().show(id)).toEqual(region);
    expect((await readWith<{ region: Item }>(cloud.admin.base, member.api.sessionToken, `/regions/${id}`)).status).toBe(
      200,
    );
    expect(await answerOf(member.api, 'POST', '/regions', { region: {} })).toEqual([403, expect.any(String)]);
  });

  it('are refused when there is one, when what they are to be in is not there or in themselves, and for another id', async () => {
    const [top, below] = [newName(), newName()];
    await regions().make({ id: top });
    await regions().make({ id: below, parent_region_id: top });
    expect(await regions().refusesToMake({ id: top })).toEqual([
      409,
      `Conflict occurred attempting to store region - Duplicate ID, ${top}..`,
    ]);
    expect(await regions().refusesToMake({ parent_region_id: 'nowhere' })).toEqual([
      404,
      'Could not find region: nowhere.',
    ]);
    expect(await ask('PUT', `/regions/${top}`, { region: { id: below } })).toEqual([
      400,
      `Conflicting region IDs specified: "${top}" != "${below}"`,
    ]);
    for (const parent of [top, below])
      expect(await regions().refusesToChange(top, { parent_region_id: parent })).toEqual([
        400,
        `The specified parent region ${parent} would create a circular region hierarchy.`,
      ]);
    expect(await regions().refusesToChange(top, { id: below })).toEqual([400, 'Cannot change ID']);
    expect((await regions().refusesToChange(top, {}))[0]).toBe(400);
  });

  it('that would make a circle together are not both moved: one is, and the other one is told why not', async () => {
    // Each round is a race that one of them could win at any step.
    for (let round = 0; round < 20; round++) {
      const [one, other] = [newName(), newName()];
      await regions().make({ id: one });
      await regions().make({ id: other });
      const into = (id: string, parent: string) =>
        answerOf(cloud.admin, 'PATCH', `/regions/${id}`, { region: { parent_region_id: parent } });
      const answers = await Promise.all([into(one, other), into(other, one)]);
      const moved = answers[0][0] === 200 ? one : other;
      expect(answers.toSorted(([a], [b]) => a - b)).toEqual([
        [200, ''],
        [400, `The specified parent region ${moved} would create a circular region hierarchy.`],
      ]);
    }
  });

  it('go with those in them, and not while an endpoint is in one of them', async () => {
    const [top, below] = [newName(), newName()];
    await regions().make({ id: top });
    await regions().make({ id: below, parent_region_id: top });
    const { service } = await newService();
    const endpoint = await endpoints().make({
      service_id: service.id,
      interface: 'admin',
      url: 'http://a.example',
      region_id: below,
    });
    expect(await regions().remove(top)).toEqual([
      403,
      `Unable to delete region ${top} because it or its child regions have associated endpoints.`,
    ]);
    expect(await endpoints().remove(endpoint.id)).toEqual([204, '']);
    expect(await regions().remove(top)).toEqual([204, '']);
    expect((await ask('GET', `/regions/${below}`))[0]).toBe(404);
  });
});

describe('services and endpoints', () => {
  it('are made, shown, changed, found by their filters, and keep what clients made up', async () => {
    const type = newName();
    const service = await services().make({ type, name: 'n', description: 'd', own: { a: 1 } });
    expect(service).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      type,
      name: 'n',
      description: 'd',
      enabled: true,
      own: { a: 1 },
      links: { self: `${cloud.admin.base}${v3}/services/${service.id}` },
    });
    expect(await services().list(`type=${type}&name=n`)).toEqual([service.id]);
    expect(await services().change(service.id, { name: 'm', enabled: false })).toMatchObject({
      name: 'm',
      enabled: false,
      own: { a: 1 },
    });
    const region = newName();
    const endpoint = await endpoints().make({
      service_id: service.id,
      interface: 'internal',
      url: 'http://a.example/$(tenant_id)s',
      region,
      description: 'd',
    });
    expect(endpoint).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      service_id: service.id,
      interface: 'internal',
      url: 'http://a.example/$(tenant_id)s',
      region,
      region_id: region,
      enabled: true,
      description: 'd',
      links: { self: `${cloud.admin.base}${v3}/endpoints/${endpoint.id}` },
    });
    expect((await regions().show(region)).id).toBe(region);
    expect(await endpoints().list(`service_id=${service.id}&interface=internal&region_id=${region}`)).toEqual([
      endpoint.id,
    ]);
    expect(await endpoints().list(`service_id=${service.id}&interface=public`)).toEqual([]);
    expect((await ask('GET', '/endpoints?interface=private'))[0]).toBe(400);
    expect(await endpoints().show(endpoint.id)).toEqual(endpoint);
    expect(await services().remove(service.id)).toEqual([204, '']);
    expect(await ask('GET', `/endpoints/${endpoint.id}`)).toEqual([404, `Could not find endpoint: ${endpoint.id}.`]);
    expect((await answerOf(member.api, 'GET', '/services'))[0]).toBe(403);
  });

  it('are refused in Keystone’s words when something is wrong', async () => {
    const { service, endpoint } = await newService();
    const good = { service_id: service.id, interface: 'public', url: 'http://a.example' };
    expect((await services().refusesToMake({ name: 'n' }))[0]).toBe(400);
    expect((await services().refusesToMake({ type: 't', enabled: 'yes' }))[0]).toBe(400);
    for (const url of ['http://a/%(secret)s', 'http://a/%(project_id)d', 'http://a/%', 'http://a/%(project_id'])
      expect(await endpoints().refusesToMake({ ...good, url })).toEqual([
        400,
        `Cannot create an endpoint with an invalid URL: ${url}.`,
      ]);
    expect((await endpoints().refusesToMake({ ...good, url: 'nowhere' }))[0]).toBe(400);
    expect((await endpoints().refusesToMake({ ...good, interface: 'private' }))[0]).toBe(400);
    const assumed =
      'The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.';
    expect(await endpoints().refusesToMake({ ...good, region_id: 'nowhere' })).toEqual([
      400,
      `Expecting to find endpoint region_id in region table. ${assumed}`,
    ]);
    expect(await endpoints().refusesToMake({ ...good, service_id: 'nothing' })).toEqual([
      400,
      `Expecting to find endpoint service_id in service table. ${assumed}`,
    ]);
    expect((await endpoints().refusesToChange(endpoint.id, { service_id: 'nothing' }))[0]).toBe(400);
    expect(await endpoints().refusesToChange(endpoint.id, { id: service.id })).toEqual([400, 'Cannot change ID']);
  });
});

describe('the catalog', () => {
  it('has the cloud’s own services with the ids and addresses that it has had since its beginning', async () => {
    const catalog = await catalogOf();
    const { base } = cloud.admin;
    const found = Object.fromEntries(catalog.map(({ type, endpoints: [first] }) => [type, first?.url]));
    expect(found).toMatchObject({
      identity: `${base}/identity/v3`,
      compute: `${base}/compute/v2.1`,
      image: `${base}/image`,
      network: `${base}/network`,
      volumev3: `${base}/volume/v3`,
      placement: `${base}/placement`,
      'object-store': `${base}/object-store/v1/AUTH_${member.project}`,
    });
    const compute = catalog.find(({ type }) => type === 'compute')!;
    expect([compute.id, compute.name]).toEqual(['5452f7fcde5b4bb45e19e2d9901b7d63', 'nova']);
    expect(compute.endpoints.map((one) => [one.interface, one.region_id])).toEqual(
      ['admin', 'internal', 'public'].map((kind) => [kind, 'RegionOne']),
    );
    expect(compute.endpoints.find((one) => one.interface === 'public')!.id).toBe('3d030d5e3b6ce39e3caa68a90484dbe3');
  });

  it('has of a token what is enabled, with the names in its addresses, as soon as that changes', async () => {
    const { service, endpoint } = await newService('http://a.example/%(project_id)s/$(user_id)s/100%%');
    const { project, user } = member;
    expect(await shown(service)).toEqual([`http://a.example/${project}/${user}/100%`]);
    await endpoints().change(endpoint.id, { enabled: false });
    expect(await shown(service)).toEqual([]);
    await endpoints().change(endpoint.id, { enabled: true, url: 'http://a.example/%(nothing)s' });
    expect(await shown(service)).toEqual([]);
    await endpoints().change(endpoint.id, { url: 'http://b.example' });
    expect(await shown(service)).toEqual(['http://b.example']);
    await services().change(service.id, { enabled: false });
    expect(await shown(service)).toBeUndefined();
  });

  it('is read again when another process has changed it', async () => {
    const { service } = await newService('http://a.example');
    expect(await shown(service)).toEqual(['http://a.example']);
    await cloud.database.query('BEGIN');
    await cloud.database.query("UPDATE keystone.endpoints SET url = 'http://b.example' WHERE service_id = $1", [
      service.id,
    ]);
    await cloud.database.query("SELECT pg_notify('keystone_tokens', '')");
    await cloud.database.query('COMMIT');
    await vi.waitFor(async () => expect(await shown(service)).toEqual(['http://b.example']), { timeout: 10_000 });
  });

  it('comes with a token of a project, of a domain without what names a project, and not where it is not wanted', async () => {
    const { service } = await newService();
    const role = (await kindOf(cloud.admin, 'role').list('name=member'))[0]!;
    await bodyOf(cloud.admin, 'PUT', `/domains/default/users/${member.user}/roles/${role}`);
    const scope = { project: { id: member.project } };
    const urls = ({ catalog }: Token): string[] | undefined =>
      catalog?.find((entry) => entry.id === service.id)?.endpoints.map(({ url }) => url);
    expect(urls((await issue<Token>(member, scope)).body.token)).toEqual([`http://a.example/${member.project}`]);
    expect((await issue<Token>(member, scope, '?nocatalog')).body.token).not.toHaveProperty('catalog');
    const ofDomain = await issue<Token>(member, { domain: { id: 'default' } });
    expect(urls(ofDomain.body.token)).toEqual([]);
    const unscoped = await issue<Token>(member, 'unscoped');
    expect(unscoped.body.token).not.toHaveProperty('catalog');
    for (const { token } of [ofDomain, unscoped])
      expect(await readWith(cloud.admin.base, token, '/auth/catalog')).toMatchObject({
        status: 403,
        body: { error: { message: 'You are not authorized to perform the requested action.' } },
      });
  });

  it('follows the address and the region of the configuration, and leaves what an operator made or changed', async () => {
    const { db } = cloud.services;
    const { base } = cloud.admin;
    const of = (type: string) => db.endpoint.findMany({ where: { service: { type } }, orderBy: { interface: 'asc' } });
    const [admin, internal, open] = await of('image');
    const own = await endpoints().make({
      service_id: open!.service_id,
      interface: 'public',
      url: 'http://mine.example/image',
      region_id: 'RegionOne',
    });
    await endpoints().change(internal!.id, { url: 'http://inside.example/image' });
    await bodyOf(cloud.admin, 'PUT', `/OS-EP-FILTER/projects/${member.project}/endpoints/${open!.id}`);
    await makeCatalog(db, 'https://cloud.example/100%', 'Elsewhere');
    const found = new Map((await of('image')).map((one) => [`${one.interface} ${one.region_id ?? ''}`, one]));
    expect(found.get('admin Elsewhere')!.url).toBe('https://cloud.example/100%%/image');
    expect(found.get('internal Elsewhere')!.url).toBe('http://inside.example/image');
    expect(found.get('public RegionOne')).toMatchObject({ id: own.id, url: own['url'] });
    const moved = found.get('public Elsewhere')!;
    expect(moved.id).not.toBe(open!.id);
    expect(await bodyOf(cloud.admin, 'GET', `/OS-EP-FILTER/projects/${member.project}/endpoints`)).toMatchObject({
      endpoints: [{ id: moved.id }],
    });
    expect(await endpoints().remove(own.id)).toEqual([204, '']);
    await makeCatalog(db, base, 'RegionOne');
    await makeCatalog(db, base, 'RegionOne');
    expect((await of('image')).map(({ id, url }) => [id, url])).toEqual([
      [admin!.id, `${base}/image`],
      [internal!.id, 'http://inside.example/image'],
      [open!.id, `${base}/image`],
    ]);
    expect((await ask('GET', '/regions/Elsewhere'))[0]).toBe(404);
    expect((await ask('DELETE', `/OS-EP-FILTER/projects/${member.project}/endpoints/${open!.id}`))[0]).toBe(204);
  });
});

describe('endpoint filtering', () => {
  const given = (project: string): string => `/OS-EP-FILTER/projects/${project}/endpoints`;

  it('confines a project’s catalog to the endpoints that it was given, by themselves and by groups', async () => {
    const { service, endpoint } = await newService('http://a.example');
    const other = await newService('http://b.example');
    const path = `${given(member.project)}/${endpoint.id}`;
    expect(await ask('GET', path)).toEqual([404, `Endpoint ${endpoint.id} not found in project ${member.project}`]);
    expect(await ask('PUT', path)).toEqual([204, '']);
    expect(await ask('PUT', path)).toEqual([
      409,
      'Conflict occurred attempting to store project_endpoint - Duplicate entry.',
    ]);
    expect(await ask('GET', path)).toEqual([204, '']);
    expect((await catalogOf()).map(({ id }) => id)).toEqual([service.id]);
    const group = await groups().make({ name: newName(), filters: { service_id: other.service.id } });
    expect(group).toEqual({
      id: group.id,
      name: group['name'],
      description: null,
      filters: { service_id: other.service.id },
      links: { self: `${cloud.admin.base}${v3}/OS-EP-FILTER/endpoint_groups/${group.id}` },
    });
    const ofGroup = `/OS-EP-FILTER/endpoint_groups/${group.id}`;
    expect(await ask('PUT', `${ofGroup}/projects/${member.project}`)).toEqual([204, '']);
    expect((await ask('PUT', `${ofGroup}/projects/${member.project}`))[0]).toBe(409);
    expect((await catalogOf()).map(({ id }) => id).toSorted()).toEqual([service.id, other.service.id].toSorted());
    expect(await bodyOf(cloud.admin, 'GET', `${ofGroup}/projects/${member.project}`)).toMatchObject({
      project_endpoint_group: { endpoint_group_id: group.id, project_id: member.project },
    });
    const ids = async (at: string, many: string): Promise<string[]> =>
      (await bodyOf<Record<string, Item[]>>(cloud.admin, 'GET', at))[many]!.map(({ id }) => id).toSorted();
    expect(await ids(`${ofGroup}/endpoints`, 'endpoints')).toEqual([other.endpoint.id]);
    expect(await ids(`${ofGroup}/projects`, 'projects')).toEqual([member.project]);
    expect(await ids(given(member.project), 'endpoints')).toEqual([endpoint.id, other.endpoint.id].toSorted());
    expect(await ids(`/OS-EP-FILTER/projects/${member.project}/endpoint_groups`, 'endpoint_groups')).toEqual([
      group.id,
    ]);
    expect(await ids(`/OS-EP-FILTER/endpoints/${endpoint.id}/projects`, 'projects')).toEqual([member.project]);
    await groups().change(group.id, { filters: { region_id: 'nowhere' } });
    expect((await catalogOf()).map(({ id }) => id)).toEqual([service.id]);
    expect(await ask('DELETE', `${ofGroup}/projects/${member.project}`)).toEqual([204, '']);
    expect(await ask('DELETE', `${ofGroup}/projects/${member.project}`)).toEqual([
      404,
      'Endpoint Group Project Association not found',
    ]);
    expect(await ask('DELETE', path)).toEqual([204, '']);
    expect((await catalogOf()).length).toBeGreaterThan(6);
    expect(await groups().remove(group.id)).toEqual([204, '']);
  });

  it('is refused for what is not there, for filters that are none, and to who is no administrator', async () => {
    const { endpoint } = await newService();
    expect(await ask('PUT', `${given(member.project)}/nothing`)).toEqual([404, 'Could not find endpoint: nothing.']);
    expect(await ask('PUT', `${given('nobody')}/${endpoint.id}`)).toEqual([404, 'Could not find project: nobody.']);
    expect(await ask('GET', '/OS-EP-FILTER/endpoint_groups/nothing')).toEqual([
      404,
      'Could not find Endpoint Group: nothing.',
    ]);
    expect((await ask('GET', '/OS-EP-FILTER/endpoint_groups/nothing/endpoints'))[0]).toBe(404);
    expect(await groups().refusesToMake({ name: 'n', filters: {} })).toEqual([
      400,
      'filters field is required and cannot be empty',
    ]);
    const [status, message] = await groups().refusesToMake({ name: 'n', filters: { enabled: true } });
    expect([status, message]).toEqual([
      400,
      expect.stringContaining('Expecting to find service_id or region_id or interface in endpoint_group.'),
    ]);
    expect((await groups().refusesToMake({ name: 'n', filters: { interface: 'public' }, own: 1 }))[0]).toBe(400);
    expect((await answerOf(member.api, 'GET', given(member.project)))[0]).toBe(403);
  });
});

describe('policies of endpoints', () => {
  it('are the endpoint’s own, else its service’s in the nearest region, else its service’s', async () => {
    const [top, below] = [newName(), newName()];
    await regions().make({ id: top });
    await regions().make({ id: below, parent_region_id: top });
    const { service } = await newService();
    const endpoint = await endpoints().make({
      service_id: service.id,
      interface: 'admin',
      url: 'http://a.example',
      region_id: below,
    });
    const policy = async (blob: string): Promise<Item> => policies().make({ type: 'application/json', blob, own: 1 });
    const [ofEndpoint, ofRegion, ofService] = await Promise.all(['e', 'r', 's'].map(policy));
    const at = (one: Item, place: string): string => `/policies/${one.id}/OS-ENDPOINT-POLICY/${place}`;
    const effective = () =>
      bodyOf<{ policy: Item }>(cloud.admin, 'GET', `/endpoints/${endpoint.id}/OS-ENDPOINT-POLICY/policy`);
    expect(await ask('GET', `/endpoints/${endpoint.id}/OS-ENDPOINT-POLICY/policy`)).toEqual([
      404,
      `No policy is associated with endpoint ${endpoint.id}.`,
    ]);
    expect(await ask('PUT', at(ofService!, `services/${service.id}`))).toEqual([204, '']);
    expect((await effective()).policy.id).toBe(ofService!.id);
    expect(await ask('PUT', at(ofRegion!, `services/${service.id}/regions/${top}`))).toEqual([204, '']);
    expect((await effective()).policy.id).toBe(ofRegion!.id);
    expect(await ask('PUT', at(ofEndpoint!, `endpoints/${endpoint.id}`))).toEqual([204, '']);
    expect((await effective()).policy).toEqual(await policies().show(ofEndpoint!.id));
    const list = async (one: Item): Promise<string[]> =>
      (await bodyOf<{ endpoints: Item[] }>(cloud.admin, 'GET', at(one, 'endpoints'))).endpoints.map(({ id }) => id);
    expect(await list(ofEndpoint!)).toEqual([endpoint.id]);
    expect(await list(ofRegion!)).toEqual([endpoint.id]);
    expect(await list(ofService!)).toHaveLength(2);
    expect(await ask('PUT', at(ofService!, `endpoints/${endpoint.id}`))).toEqual([204, '']);
    expect(await ask('GET', at(ofEndpoint!, `endpoints/${endpoint.id}`))).toEqual([
      404,
      'Could not find policy association.',
    ]);
    expect(await ask('DELETE', at(ofService!, `endpoints/${endpoint.id}`))).toEqual([204, '']);
    expect(await ask('DELETE', at(ofService!, `endpoints/${endpoint.id}`))).toEqual([204, '']);
    expect((await ask('PUT', at(ofService!, 'services/nothing')))[0]).toBe(404);
    expect(await policies().remove(ofRegion!.id)).toEqual([204, '']);
    expect((await effective()).policy.id).toBe(ofService!.id);
  });

  it('are kept as they are, found by their type, and refused for another id', async () => {
    const policy = await policies().make({ type: newName(), blob: '{"a": "b"}', own: 1 });
    expect(await policies().list(`type=${String(policy['type'])}`)).toEqual([policy.id]);
    expect(await policies().change(policy.id, { blob: 'c' })).toEqual({ ...policy, blob: 'c' });
    expect(await policies().refusesToChange(policy.id, { id: 'x' })).toEqual([400, 'Cannot change policy ID']);
    expect((await policies().refusesToMake({ type: 't' }))[0]).toBe(400);
    expect((await answerOf(member.api, 'GET', '/policies'))[0]).toBe(403);
  });
});
