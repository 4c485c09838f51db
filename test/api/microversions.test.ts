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
    expect((await at('latest')).headers.get('openstack-api-version')).toBe('compute 2.96');
  });

  it('that is not served is 406, and one that is none is 400', async () => {
    expect(await at('2.97')).toMatchObject({
      status: 406,
      body: {
        computeFault: { message: 'Version 2.97 is not supported by the API. Minimum is 2.1 and maximum is 2.96.' },
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
