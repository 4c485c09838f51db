import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { Tenant } from '../setup/tenant.js';
import { wordsOf } from '../setup/words.js';

const cloud = provided('fake');
const flavors = '/compute/v2.1/flavors';
const at = (version: string): Record<string, string> => ({ 'openstack-api-version': `compute ${version}` });
interface Flavor {
  id: string;
  name: string;
  description?: string | null;
}

describe('flavors', () => {
  let tenant: Tenant;
  let admin: Api;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    ({ admin } = tenant);
  });
  const make = async (fields: object = {}, version = '2.104'): Promise<Flavor> => {
    const flavor = { name: randomUUID(), vcpus: 1, ram: 64, disk: 0, ...fields };
    return (await admin.call<{ flavor: Flavor }>('POST', flavors, { flavor }, at(version))).flavor;
  };
  const remove = (...made: Flavor[]) => Promise.all(made.map(({ id }) => admin.call('DELETE', `${flavors}/${id}`)));

  it('get another description since 2.55, and nothing else', async () => {
    const made = await make({ description: 'before' });
    const put = (flavor: object, version: string) =>
      admin.request<{ flavor: Flavor }>('PUT', `${flavors}/${made.id}`, { flavor }, at(version));
    const { status, body } = await put({ description: 'after' }, '2.55');
    expect([status, body.flavor.description]).toEqual([200, 'after']);
    expect((await put({ description: null }, '2.104')).body.flavor.description).toBeNull();
    expect(wordsOf(await put({ name: 'other' }, '2.55'))).toEqual([400, expect.stringMatching(/description|name/)]);
    expect((await put({ description: 'x' }, '2.54')).status).toBe(404);
    expect(
      wordsOf(await admin.request('PUT', `${flavors}/none`, { flavor: { description: 'x' } }, at('2.55'))),
    ).toEqual([404, 'Flavor none could not be found.']);
    await remove(made);
  });

  it('are sorted by each of Nova’s keys, filtered by what they have, and listed page by page with links', async () => {
    const tag = randomUUID();
    const made = [
      await make({ id: `${tag}-b`, name: `${tag}-1`, ram: 300_000, disk: 2 }),
      await make({ id: `${tag}-a`, name: `${tag}-2`, ram: 200_000, disk: 3 }),
      await make({ id: `${tag}-c`, name: `${tag}-3`, ram: 400_000, disk: 1 }),
    ];
    interface Page {
      flavors: Flavor[];
      flavors_links?: { rel: string; href: string }[];
    }
    const list = async (query: string): Promise<[string[], string | undefined]> => {
      const page = await admin.call<Page>('GET', `${flavors}?name=${tag}&${query}`, undefined, at('2.104'));
      return [page.flavors.map((f) => f.id.slice(-1)), page.flavors_links?.[0]?.href.split('?')[1]];
    };
    expect((await list(''))[0]).toEqual(['a', 'b', 'c']);
    expect((await list('sort_key=memory_mb'))[0]).toEqual(['a', 'b', 'c']);
    expect((await list('sort_key=root_gb&sort_dir=desc'))[0]).toEqual(['a', 'b', 'c']);
    expect((await list('sort_key=name&sort_dir=desc'))[0]).toEqual(['c', 'a', 'b']);
    expect((await list('sort_key=id'))[0]).toEqual(['b', 'a', 'c']);
    expect((await list('minRam=300000'))[0]).toEqual(['b', 'c']);
    const [first, next] = await list('sort_key=name&limit=2');
    expect([first, next]).toEqual([['b', 'a'], `name=${tag}&sort_key=name&limit=2&marker=${tag}-a`]);
    expect(await list(`sort_key=name&limit=2&marker=${tag}-a`)).toEqual([['c'], undefined]);
    for (const query of ['sort_key=wheels', 'sort_dir=up&sort_key=name', 'sort_dir=up', 'marker=none', 'minRam=much'])
      expect((await admin.request('GET', `${flavors}?${query}`, undefined, at('2.104'))).status).toBe(400);
    await remove(...made);
  });

  it('that are not public are there for the projects that have access', async () => {
    const made = await make({ 'os-flavor-access:is_public': false });
    const one = `${flavors}/${made.id}`;
    const act = (action: object) => admin.request('POST', `${one}/action`, action, at('2.104'));
    const seen = async (): Promise<[number, boolean]> => {
      const { flavors: listed } = await tenant.api.call<{ flavors: Flavor[] }>('GET', flavors);
      return [(await tenant.api.request('GET', one)).status, listed.some((f) => f.id === made.id)];
    };
    expect(await seen()).toEqual([404, false]);
    const mine = { flavor_id: made.id, tenant_id: tenant.api.projectId };
    const added = await act({ addTenantAccess: { tenant: tenant.api.projectId } });
    expect([added.status, added.body]).toEqual([200, { flavor_access: [mine] }]);
    expect(await seen()).toEqual([200, true]);
    expect(await admin.call('GET', `${one}/os-flavor-access`)).toEqual({ flavor_access: [mine] });
    expect(wordsOf(await act({ addTenantAccess: { tenant: tenant.api.projectId } }))).toEqual([
      409,
      `Flavor access already exists for flavor ${made.id} and project ${tenant.api.projectId} combination.`,
    ]);
    expect(wordsOf(await act({ addTenantAccess: { tenant: 'none' } }))).toEqual([
      400,
      'Project ID none is not a valid project.',
    ]);
    const booted = await tenant.post(tenant.server({ flavorRef: made.id }));
    expect((await tenant.settled(booted)).status).toBe('ACTIVE');
    await tenant.delete(booted);
    expect((await act({ removeTenantAccess: { tenant: tenant.api.projectId } })).body).toEqual({ flavor_access: [] });
    expect((await act({ removeTenantAccess: { tenant: tenant.api.projectId } })).status).toBe(404);
    expect(await seen()).toEqual([404, false]);
    expect(wordsOf(await admin.request('GET', `${flavors}/42/os-flavor-access`))).toEqual([
      404,
      'Access list not available for public flavors.',
    ]);
    expect(wordsOf(await tenant.api.request('GET', `${one}/os-flavor-access`))).toEqual([
      403,
      "Policy doesn't allow os_compute_api:os-flavor-access to be performed.",
    ]);
    await remove(made);
  });

  it('have extra specs that are changed and taken away one by one', async () => {
    const made = await make();
    const specs = `${flavors}/${made.id}/os-extra_specs`;
    await admin.call('POST', specs, { extra_specs: { 'a:b': '1', 'c:d': '2' } });
    expect(await admin.call('PUT', `${specs}/a:b`, { 'a:b': 3 })).toEqual({ 'a:b': '3' });
    expect(wordsOf(await admin.request('PUT', `${specs}/a:b`, { 'c:d': '3' }))).toEqual([
      400,
      'Request body and URI mismatch',
    ]);
    expect((await admin.request('DELETE', `${specs}/c:d`)).status).toBe(200);
    expect(wordsOf(await admin.request('DELETE', `${specs}/c:d`))).toEqual([
      404,
      `Flavor ${made.id} has no extra specs with key c:d.`,
    ]);
    expect(await tenant.api.call('GET', specs)).toEqual({ extra_specs: { 'a:b': '3' } });
    await remove(made);
  });
});

describe('quotas', () => {
  it('of each service say what is in use', async () => {
    const tenant = await Tenant.make(cloud);
    const { api } = tenant;
    await api.call('POST', '/network/v2.0/networks', { network: {} });
    const path = `/network/v2.0/quotas/${api.projectId}/details`;
    const { quota } = await api.call<{ quota: Record<string, object> }>('GET', path);
    expect(quota['network']).toEqual({ limit: 100, used: 1, reserved: 0 });
    const { quota_set } = await api.call<{ quota_set: Record<string, object> }>(
      'GET',
      `/volume/v3/os-quota-sets/${api.projectId}?usage=True`,
    );
    expect(quota_set['volumes']).toEqual({ limit: 10, in_use: 0, reserved: 0 });
  });
});

describe('hypervisors', () => {
  it('are shown one by one, by UUID since 2.53 and by number before, and summed up until 2.87', async () => {
    const { admin } = await Tenant.make(cloud);
    const path = '/compute/v2.1/os-hypervisors';
    const get = (below: string, version: string) => admin.request<object>('GET', path + below, undefined, at(version));
    interface List {
      hypervisors: { id: string | number; hypervisor_hostname: string }[];
    }
    for (const version of ['2.52', '2.53', '2.104']) {
      const [first] = ((await get('', version)).body as List).hypervisors;
      const { status, body } = await get(`/${first!.id}`, version);
      expect([status, body]).toMatchObject([200, { hypervisor: first! }]);
    }
    expect(wordsOf(await get('/none', '2.53'))).toEqual([400, 'Invalid uuid none']);
    expect(wordsOf(await get('/none', '2.52'))).toEqual([404, "Hypervisor with ID 'none' could not be found."]);
    const [{ hypervisor_hostname: name } = { hypervisor_hostname: '' }] = ((await get('', '2.1')).body as List)
      .hypervisors;
    expect(((await get(`/${name}/search`, '2.1')).body as List).hypervisors[0]).toMatchObject({
      hypervisor_hostname: name,
    });
    expect((await get(`/${name}/search`, '2.53')).status).toBe(404);
    expect((await get('/statistics', '2.87')).body).toMatchObject({
      hypervisor_statistics: { running_vms: expect.any(Number) },
    });
    expect((await get('/statistics', '2.88')).status).toBe(404);
  });
});
