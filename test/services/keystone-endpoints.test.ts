import { describe, expect, it } from 'vitest';
import { withCatalog } from '../setup/catalog.js';
import { answerOf, newName, v3 } from '../setup/identity.js';

const { world, ask, regions, services, endpoints, newService } = withCatalog();

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
      links: { self: `${world.cloud.admin.base}${v3}/services/${service.id}` },
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
      links: { self: `${world.cloud.admin.base}${v3}/endpoints/${endpoint.id}` },
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
    expect((await answerOf(world.member.api, 'GET', '/services'))[0]).toBe(403);
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

  it('refuse a filter that is none, also one whose name every object of JavaScript has', async () => {
    for (const name of ['nothing', 'constructor'])
      expect((await world.cloud.admin.request('GET', `${v3}/regions?${name}=1`)).status).toBe(400);
  });
});
