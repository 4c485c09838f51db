import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant, adminOf } from '../setup/tenant.js';

const cloud = provided('fake');

/** The keys of a server as a real Nova showed it to an administrator, at 2.1 and at 2.93 (recorded from release Zed). */
const AT_2_1 = [
  'OS-DCF:diskConfig',
  'OS-EXT-AZ:availability_zone',
  'OS-EXT-SRV-ATTR:host',
  'OS-EXT-SRV-ATTR:hypervisor_hostname',
  'OS-EXT-SRV-ATTR:instance_name',
  'OS-EXT-STS:power_state',
  'OS-EXT-STS:task_state',
  'OS-EXT-STS:vm_state',
  'OS-SRV-USG:launched_at',
  'OS-SRV-USG:terminated_at',
  'accessIPv4',
  'accessIPv6',
  'addresses',
  'config_drive',
  'created',
  'flavor',
  'hostId',
  'id',
  'image',
  'key_name',
  'links',
  'metadata',
  'name',
  'os-extended-volumes:volumes_attached',
  'progress',
  'security_groups',
  'status',
  'tenant_id',
  'updated',
  'user_id',
];
const SINCE = [
  'OS-EXT-SRV-ATTR:hostname',
  'OS-EXT-SRV-ATTR:kernel_id',
  'OS-EXT-SRV-ATTR:launch_index',
  'OS-EXT-SRV-ATTR:ramdisk_id',
  'OS-EXT-SRV-ATTR:reservation_id',
  'OS-EXT-SRV-ATTR:root_device_name',
  'OS-EXT-SRV-ATTR:user_data',
  'description',
  'host_status',
  'locked',
  'locked_reason',
  'tags',
  'trusted_image_certificates',
];

describe('a microversion', () => {
  let tenant: Tenant;
  let id: string;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    id = await tenant.post();
    await tenant.settled(id);
  });
  const at = async (
    version: string,
    path = `/compute/v2.1/servers/${id}`,
    name = 'openstack-api-version',
  ): Promise<{ status: number; body: Record<string, Record<string, unknown>>; headers: Headers }> =>
    (await adminOf(cloud)).request(
      'GET',
      path,
      undefined,
      name === 'openstack-api-version'
        ? { [name]: `compute ${version}` }
        : { 'openstack-api-version': 'volume 3.0', [name]: version },
    );
  const keys = (body: object | undefined): string[] => Object.keys(body ?? {}).toSorted();

  it('2.1 and 2.93 show what a real Nova shows, and nothing else', async () => {
    expect(keys((await at('2.1')).body['server'])).toEqual([...AT_2_1].toSorted());
    const list = (await at('2.93', `/compute/v2.1/servers/detail?all_tenants=1&uuid=${id}`)).body as unknown as {
      servers: object[];
    };
    expect(keys(list.servers[0])).toEqual([...AT_2_1, ...SINCE].toSorted());
  });

  it('is answered by both headers, whichever was sent', async () => {
    for (const name of ['openstack-api-version', 'x-openstack-nova-api-version']) {
      const { headers } = await at('2.47', undefined, name);
      expect(headers.get('openstack-api-version')).toBe('compute 2.47');
      expect(headers.get('x-openstack-nova-api-version')).toBe('2.47');
      expect(headers.get('vary')).toContain('OpenStack-API-Version');
      expect(headers.get('x-compute-request-id')).toMatch(/^req-/);
    }
    expect((await at('latest')).headers.get('openstack-api-version')).toBe('compute 2.104');
  });

  it('that is not served is 406, and one that is none is 400', async () => {
    expect(await at('2.105')).toMatchObject({
      status: 406,
      body: {
        computeFault: { message: 'Version 2.105 is not supported by the API. Minimum is 2.1 and maximum is 2.104.' },
      },
    });
    expect(await at('two')).toMatchObject({
      status: 400,
      body: { badRequest: { message: expect.stringContaining('invalid format') as string } },
    });
  });

  it.each([
    ['2.46', 'flavor', ['id', 'links']],
    ['2.47', 'flavor', ['disk', 'ephemeral', 'extra_specs', 'original_name', 'ram', 'swap', 'vcpus']],
  ])('%s: a %s has %j', async (version, key, fields) => {
    expect(keys((await at(version)).body['server']?.[key] as object)).toEqual(fields);
  });

  it.each([
    ['2.8', 'locked', false],
    ['2.9', 'locked', true],
    ['2.18', 'description', false],
    ['2.19', 'description', true],
    ['2.25', 'tags', false],
    ['2.26', 'tags', true],
    ['2.70', 'server_groups', false],
    ['2.71', 'server_groups', true],
    ['2.72', 'locked_reason', false],
    ['2.73', 'locked_reason', true],
    ['2.95', 'pinned_availability_zone', false],
    ['2.96', 'pinned_availability_zone', true],
    ['2.99', 'scheduler_hints', false],
    ['2.100', 'scheduler_hints', true],
  ])('%s: %s is there: %s', async (version, key, there) => {
    expect(key in ((await at(version)).body['server'] ?? {})).toBe(there);
  });

  it.each([
    ['2.1', { tags: ['a'] }, 400],
    ['2.52', { tags: ['a'] }, 202],
    ['2.1', { hostname: 'h1' }, 400],
    ['2.90', { hostname: 'h1' }, 202],
    ['2.89', { hostname: 'h1' }, 400],
    ['2.1', { networks: 'none' }, 400],
    ['2.37', { networks: 'none' }, 202],
    ['2.37', { networks: undefined }, 400],
  ])('%s: a request with %j is %i', async (version, extra, status) => {
    const answer = await tenant.api.request<{ server?: { id: string } }>(
      'POST',
      '/compute/v2.1/servers',
      tenant.server(extra),
      { 'openstack-api-version': `compute ${version}` },
    );
    expect(answer.status).toBe(status);
    if (answer.body.server) await tenant.delete(answer.body.server.id);
  });

  it('a create is answered as Nova answers it', async () => {
    const { body, headers, status } = await tenant.api.request<{ server: Record<string, unknown> }>(
      'POST',
      '/compute/v2.1/servers',
      tenant.server(),
      { 'openstack-api-version': 'compute 2.1' },
    );
    expect(status).toBe(202);
    expect(keys(body.server)).toEqual(['OS-DCF:diskConfig', 'adminPass', 'id', 'links', 'security_groups']);
    expect(headers.get('location')).toBe(`${tenant.api.base}/compute/v2.1/servers/${String(body.server['id'])}`);
    await tenant.delete(body.server['id'] as string);
  });

  it('errors of 2.1 read as a real Nova writes them', async () => {
    const post = async (server: object): Promise<unknown> =>
      (
        await tenant.api.request(
          'POST',
          '/compute/v2.1/servers',
          { server },
          { 'openstack-api-version': 'compute 2.1' },
        )
      ).body;
    const image = tenant.image;
    expect(await post({ name: 'bad', imageRef: image })).toEqual({
      badRequest: {
        code: 400,
        message: `Invalid input for field/attribute server. Value: {'name': 'bad', 'imageRef': '${image}'}. 'flavorRef' is a required property`,
      },
    });
    expect(await post({ name: 'bad', flavorRef: '42', imageRef: image, bogus: 1 })).toEqual({
      badRequest: {
        code: 400,
        message: `Invalid input for field/attribute server. Value: {'name': 'bad', 'flavorRef': '42', 'imageRef': '${image}', 'bogus': 1}. Additional properties are not allowed ('bogus' was unexpected)`,
      },
    });
    const missing = await tenant.api.request('GET', '/compute/v2.1/servers/11111111-2222-3333-4444-555555555555');
    expect(missing).toMatchObject({
      status: 404,
      body: {
        itemNotFound: { code: 404, message: 'Instance 11111111-2222-3333-4444-555555555555 could not be found.' },
      },
    });
  });
});

describe('the newest microversions', () => {
  let tenant: Tenant;
  let id: string;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    id = await tenant.post({ ...tenant.server(), 'os:scheduler_hints': { mine: 'yes' } });
    await tenant.settled(id);
  });
  const ask = async (
    method: string,
    path: string,
    version: string,
    body?: object,
  ): Promise<[number, Record<string, Record<string, unknown>>]> => {
    const { status, body: answer } = await tenant.admin.request<Record<string, Record<string, unknown>>>(
      method,
      `/compute/v2.1${path}`,
      body,
      { 'openstack-api-version': `compute ${version}` },
    );
    return [status, answer];
  };

  it('2.98 shows the properties that its image had, and 2.100 the hints that the server was asked for with', async () => {
    const { admin } = tenant;
    const { id: image } = await admin.call<{ id: string }>('POST', '/image/v2/images', {
      name: 'with properties',
      disk_format: 'raw',
      container_format: 'bare',
      visibility: 'public',
      hw_disk_bus: 'virtio',
      colour: 'red',
    });
    await admin.request('PUT', `/image/v2/images/${image}/file`, new Uint8Array(512), {
      'content-type': 'application/octet-stream',
    });
    const own = await tenant.post(tenant.server({ imageRef: image }));
    expect((await ask('GET', `/servers/${own}`, '2.98'))[1]['server']?.['image']).toMatchObject({
      properties: { hw_disk_bus: 'virtio' },
    });
    expect((await ask('GET', `/servers/${own}`, '2.97'))[1]['server']?.['image']).not.toHaveProperty('properties');
    expect((await ask('GET', `/servers/${own}`, '2.100'))[1]['server']?.['scheduler_hints']).toEqual({});
    expect((await ask('GET', `/servers/${id}`, '2.100'))[1]['server']?.['scheduler_hints']).toEqual({ mine: 'yes' });
    await tenant.settled(own);
    await tenant.delete(own);
    await admin.call('DELETE', `/image/v2/images/${image}`);
  });

  it('2.102 finds flavors by an expression for their names, which 2.101 refuses', async () => {
    expect(await ask('GET', '/flavors?name=^m1.tiny$', '2.102')).toMatchObject([
      200,
      { flavors: [{ name: 'm1.tiny' }] },
    ]);
    expect((await ask('GET', '/flavors?name=^m1.tiny$', '2.101'))[0]).toBe(400);
    expect(await ask('GET', '/flavors?name=(', '2.102')).toMatchObject([
      400,
      { badRequest: { message: expect.stringContaining('regex') as string } },
    ]);
  });

  it.each([
    ['/servers', '2.74', 200],
    ['/servers', '2.75', 400],
    [`/flavors/42`, '2.101', 200],
    [`/flavors/42`, '2.102', 400],
    ['/os-hypervisors', '2.52', 200],
    ['/os-hypervisors', '2.53', 400],
  ])('%s?bogus=1 at %s is %i', async (path, version, status) => {
    const [got, body] = await ask('GET', `${path}?bogus=1`, version);
    expect(got).toBe(status);
    if (status === 400)
      expect(body['badRequest']?.['message']).toBe("Additional properties are not allowed ('bogus' was unexpected)");
  });

  it('2.104 unpins a server from its zone and pins it there again, and to no other', async () => {
    const pin = (zone: string | null) =>
      ask('PUT', `/servers/${id}`, '2.104', { server: { pinned_availability_zone: zone } });
    expect(await pin('mars')).toMatchObject([
      409,
      {
        conflictingRequest: {
          message: "Server can only be pinned to its current availability zone 'nova', but 'mars' was requested.",
        },
      },
    ]);
    for (const zone of ['nova', 'nova', null, null])
      expect(await pin(zone)).toMatchObject([200, { server: { pinned_availability_zone: zone } }]);
    await pin('nova');
    expect(await pin('mars')).toMatchObject([
      409,
      {
        conflictingRequest: {
          message:
            'Cannot change pinned availability zone directly. Unpin first by setting pinned_availability_zone to null.',
        },
      },
    ]);
    await tenant.delete(id);
  });
});

describe('hypervisors and services', () => {
  it('of hosts have pages, names and servers, and until 2.88 what Nova counted', async () => {
    const admin = await adminOf(cloud);
    type Answer = {
      hypervisors: { id: string; hypervisor_hostname: string; servers?: object[]; vcpus?: number }[];
      hypervisors_links?: { href: string }[];
    };
    const list = async (query: string, version = '2.104'): Promise<Answer> =>
      (
        await admin.request<Answer>('GET', `/compute/v2.1/os-hypervisors${query}`, undefined, {
          'openstack-api-version': `compute ${version}`,
        })
      ).body;
    const all = await list('');
    const first = await list('?limit=1');
    expect(first.hypervisors).toEqual(all.hypervisors.slice(0, 1));
    expect(first.hypervisors_links?.[0]?.href).toContain(`marker=${all.hypervisors[0]!.id}`);
    expect((await list(`?limit=1&marker=${all.hypervisors[0]!.id}`)).hypervisors).toEqual(all.hypervisors.slice(1, 2));
    const name = all.hypervisors[1]!.hypervisor_hostname;
    const [named] = (await list(`?hypervisor_hostname_pattern=${name}&with_servers=1`)).hypervisors;
    expect(named).toMatchObject({ hypervisor_hostname: name, servers: expect.any(Array) as object });
    const [counted] = (await list('/detail', '2.87')).hypervisors;
    expect(counted!.vcpus).toBeGreaterThan(0);
    expect((await list('/detail')).hypervisors[0]).not.toHaveProperty('vcpus');
  });

  it.each([
    ['2.52', 'enable', { host: 'nowhere', binary: 'nova-compute' }, 404, 'not mapped'],
    ['2.52', 'explode', { host: 'nowhere', binary: 'nova-compute' }, 404, 'Unknown action'],
    ['2.10', 'force-down', { host: 'nowhere', binary: 'nova-compute' }, 404, 'Unknown action'],
    ['2.52', 'disable-log-reason', { host: 'nowhere', binary: 'nova-compute' }, 400, 'Missing disabled reason field'],
    ['2.53', 'enable', { status: 'enabled' }, 400, 'Invalid uuid enable'],
    ['2.53', '11111111-2222-3333-4444-555555555555', { status: 'enabled' }, 404, 'could not be found'],
  ])('at %s PUT os-services/%s %j is %i: %s', async (version, id, body, status, words) => {
    const admin = await adminOf(cloud);
    const answer = await admin.request('PUT', `/compute/v2.1/os-services/${id}`, body, {
      'openstack-api-version': `compute ${version}`,
    });
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([status, expect.stringContaining(words)]);
  });
});

describe('versions documents', () => {
  it.each([
    ['/identity', 300],
    ['/identity/v3', 200],
    ['/compute', 200],
    ['/compute/v2.1', 200],
    ['/compute/v2.1/', 200],
    ['/image/', 300],
    ['/network', 200],
    ['/network/v2.0', 200],
    ['/volume', 300],
    ['/placement', 200],
  ])('%s answers %i without a token', async (path, status) => {
    const response = await fetch(cloud.authUrl.replace('/identity/v3', path));
    expect(response.status).toBe(status);
    expect(await response.json()).toBeTypeOf('object');
  });
});
