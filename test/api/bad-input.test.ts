import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { allRoutes } from '../setup/routes.js';
import { Tenant, adminOf } from '../setup/tenant.js';

const cloud = provided('fake');
const MISSING = '11111111-2222-3333-4444-555555555555';
const routes = allRoutes();
/** Versions that have every route. */
const LATEST = { 'openstack-api-version': 'compute 2.96, placement 1.39' };

/** What an error looks like, service by service. */
const SHAPES: Record<string, (body: object, status: number) => void> = {
  identity: (body, status) =>
    expect(body).toEqual({ error: { code: status, title: expect.any(String), message: expect.any(String) } }),
  compute: (body, status) => expect(Object.values(body)).toEqual([{ code: status, message: expect.any(String) }]),
  volume: (body, status) => expect(Object.values(body)).toEqual([{ code: status, message: expect.any(String) }]),
  internal: (body, status) => expect(Object.values(body)).toEqual([{ code: status, message: expect.any(String) }]),
  dashboard: (body, status) => expect(Object.values(body)).toEqual([{ code: status, message: expect.any(String) }]),
  openapi: (body, status) => expect(Object.values(body)).toEqual([{ code: status, message: expect.any(String) }]),
  docs: (body, status) => expect(Object.values(body)).toEqual([{ code: status, message: expect.any(String) }]),
  image: (body) =>
    expect(body).toEqual({ code: expect.any(String), title: expect.any(String), message: expect.any(String) }),
  network: (body) =>
    expect(body).toEqual({ NeutronError: { type: expect.any(String), message: expect.any(String), detail: '' } }),
  alarming: (body) =>
    expect(body).toEqual({
      error_message: { faultcode: 'Client', faultstring: expect.any(String), debuginfo: null },
    }),
  prometheus: (body) =>
    expect(body).toEqual({ status: 'error', errorType: expect.any(String), error: expect.any(String) }),
  metric: (body, status) =>
    expect(body).toEqual({ code: status, title: expect.any(String), description: expect.anything() }),
  placement: (body, status) =>
    expect(body).toEqual({
      errors: [
        {
          status,
          title: expect.any(String),
          detail: expect.any(String),
          code: expect.stringMatching(/^placement\./),
          request_id: expect.stringMatching(/^req-/),
        },
      ],
    }),
};

function expectError(path: string, status: number, body: object): void {
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  SHAPES[path.split('/')[1]!]!(body, status);
  expect(JSON.stringify(body)).not.toMatch(/\bat .*\.[jt]s:\d+|prisma|SELECT /i);
}

describe('bad input at every endpoint', () => {
  let admin: Api;
  beforeAll(async () => {
    admin = await adminOf(cloud);
  });
  const withBody = routes.filter(
    (r) =>
      ['POST', 'PUT', 'PATCH'].includes(r.method) &&
      ![
        '/internal/audit',
        '/internal/keys/reseal',
        '/internal/credentials/migrate',
        '/image/v2/images/:id/file',
      ].includes(r.path) &&
      !r.path.includes('/roles/') &&
      // An object's body may be anything.
      !r.path.startsWith('/object-store') &&
      r.rule !== 'novaflow:internal',
  );
  it.each(withBody)(
    '$method $path: a body that is none, of the wrong type, or of wrong fields is refused',
    async ({ method, path }) => {
      const url = path.replaceAll(/:\w+/g, MISSING);
      for (const body of [
        undefined,
        [],
        'text',
        7,
        { bogus: 1 },
        { [path.split('/').at(-1)!.replace(/s$/, '')]: null },
      ]) {
        const answer = await admin.request<object>(method, url, body, LATEST);
        // Glance takes any field with a string for a property, and an image needs none: an empty request is a good one.
        if (path === '/image/v2/images' && answer.status === 201) continue;
        // Across no metrics there is nothing to aggregate.
        if (path === '/metric/v1/aggregation/metric' && answer.status === 200) continue;
        if (path === '/compute/v2.1/os-services/:id' && answer.status === 404) continue;
        expectError(path, answer.status, answer.body);
      }
    },
  );
  it.each(withBody)('$method $path: JSON that breaks off is a malformed request', async ({ method, path }) => {
    const broken = new TextEncoder().encode('{"server": {');
    const answer = await admin.request<object>(method, path.replaceAll(/:\w+/g, MISSING), broken, {
      'content-type': 'application/json',
      ...LATEST,
    });
    expect(answer.status).toBe(400);
    expectError(path, answer.status, answer.body);
  });
  /**
   * Where Keystone says something else: 403 for what no domain may configure, an empty list of the projects of no endpoint
   * group and of the protocols of no identity provider, and 401 where no identity provider says who one is.
   */
  const OTHERWISE =
    /\/domains\/config\/|\/config\/(:group|security_compliance)|endpoint_groups\/:groupId\/projects$|protocols(\/:id\/auth)?$/;
  /**
   * Nova has limits for every project and class, there or not; what hosts and services ask is refused to who is none, there or
   * not.
   */
  const withId = routes.filter(
    (r) =>
      r.path.includes('/:') &&
      !OTHERWISE.test(r.path) &&
      ['GET', 'DELETE'].includes(r.method) &&
      !/object-store|allocations|os-quota-(class-)?sets|internal\/servers\/:id\/devices|v2(.0)?\/quotas|prometheus\/api\/v1\/label|guest-data|internal\/images|:port_id\/bindings|users\/:id\/projects|:user_id\/(application_credentials$|access_rules)|auto-allocated-topology/.test(
        r.path,
      ),
  );
  it.each(withId)('$method $path: what is not there is 404', async ({ method, path }) => {
    for (const id of [MISSING, 'no such thing', '\u0000', 'x'.repeat(200)]) {
      const answer = await admin.request<object>(
        method,
        path.replaceAll(/:\w+/g, encodeURIComponent(id)),
        undefined,
        LATEST,
      );
      if (path.endsWith('os-instance-actions') || answer.status === 404 || answer.status === 400)
        expectError(path, answer.status, answer.body);
      else expect([path, id, answer.status]).toEqual([path, id, 404]);
    }
  });
});

describe('bad input that only the rules can tell', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });
  type Case = [
    name: string,
    method: string,
    path: string,
    body: (t: Tenant) => unknown,
    status: number,
    message: RegExp,
  ];
  const servers = '/compute/v2.1/servers';
  const volume = (t: Tenant, d: object): object =>
    t.server({
      imageRef: '',
      block_device_mapping_v2: [
        { uuid: t.image, boot_index: 0, source_type: 'image', destination_type: 'volume', volume_size: 1, ...d },
      ],
    });
  const cases: Case[] = [
    [
      'a flavor that is not there',
      'POST',
      servers,
      (t) => t.server({ flavorRef: 'none' }),
      400,
      /Flavor none could not be found/,
    ],
    [
      'an image that is not there',
      'POST',
      servers,
      (t) => t.server({ imageRef: MISSING }),
      400,
      /Can not find requested image/,
    ],
    ['no image at all', 'POST', servers, (t) => t.server({ imageRef: '' }), 400, /Missing imageRef/],
    [
      'a network that is not there',
      'POST',
      servers,
      (t) => t.server({ networks: [{ uuid: MISSING }] }),
      400,
      new RegExp(`Network ${MISSING} could not be found`),
    ],
    [
      'a port that is not there',
      'POST',
      servers,
      (t) => t.server({ networks: [{ port: MISSING }] }),
      400,
      new RegExp(`Port id ${MISSING} could not be found`),
    ],
    [
      'an address on a network of others',
      'POST',
      servers,
      (t) => t.server({ networks: [{ uuid: t.network, fixed_ip: '198.51.100.7' }] }),
      403,
      /rule:create_port:fixed_ips:ip_address/,
    ],
    [
      'a key that is not there',
      'POST',
      servers,
      (t) => t.server({ key_name: 'none' }),
      400,
      /Invalid key_name provided/,
    ],
    ['user data that is not base64', 'POST', servers, (t) => t.server({ user_data: '%%%' }), 400, /valid base 64/],
    [
      'more servers at least than at most',
      'POST',
      servers,
      (t) => t.server({ min_count: 3, max_count: 2 }),
      400,
      /min_count must be <= max_count/,
    ],
    ['a name with a space before it', 'POST', servers, (t) => t.server({ name: ' x' }), 400, /does not match/],
    [
      'a zone that is not there',
      'POST',
      servers,
      (t) => t.server({ availability_zone: 'mars' }),
      400,
      /availability zone is not available/,
    ],
    [
      'a host, asked for by a user',
      'POST',
      servers,
      (t) => t.server({ availability_zone: 'nova:h' }),
      403,
      /forced_host/,
    ],
    [
      'more than the quota',
      'POST',
      servers,
      (t) => t.server({ min_count: 11, max_count: 11 }),
      403,
      /^Quota exceeded for instances: Requested 11, but already used 0 of 10 instances$/,
    ],
    [
      'a volume smaller than nothing',
      'POST',
      servers,
      (t) => volume(t, { volume_size: undefined }),
      400,
      /non-zero size/,
    ],
    ['a boot order with a gap', 'POST', servers, (t) => volume(t, { boot_index: 1 }), 400, /Boot sequence/],
    [
      'two root disks',
      'POST',
      servers,
      (t) =>
        t.server({
          block_device_mapping_v2: [
            { uuid: t.image, boot_index: 0, source_type: 'image', destination_type: 'volume', volume_size: 1 },
          ],
        }),
      400,
      /Boot sequence/,
    ],
    [
      'a volume that is not there',
      'POST',
      servers,
      (t) =>
        t.server({
          imageRef: '',
          block_device_mapping_v2: [
            { uuid: MISSING, boot_index: 0, source_type: 'volume', destination_type: 'volume' },
          ],
        }),
      400,
      /failed to get volume/,
    ],
    ['a page size that is no number', 'GET', `${servers}?limit=many`, () => undefined, 400, /limit/],
    ['a marker that is not there', 'GET', `${servers}?marker=${MISSING}`, () => undefined, 400, /marker .* not found/],
    ['a sort key that is none', 'GET', `${servers}?sort_key=colour`, () => undefined, 400, /sort_key/],
    ['a time that is none', 'GET', `${servers}?changes-since=yesterday`, () => undefined, 400, /changes-since/],
    [
      'an action that is none',
      'POST',
      `${servers}/${MISSING}/action`,
      () => ({ dance: {} }),
      400,
      /There is no such action: dance/,
    ],
    [
      'a NUL in a name',
      'POST',
      '/network/v2.0/networks',
      () => ({ network: { name: 'a\u0000b' } }),
      400,
      /Malformed request body/,
    ],
    [
      'a subnet on a network of others',
      'POST',
      '/network/v2.0/subnets',
      (t) => ({ subnet: { network_id: t.network, ip_version: 4, cidr: '10.0.0.0/24' } }),
      403,
      /rule:create_subnet is disallowed by policy/,
    ],
    ['a volume without a size', 'POST', '/volume/v3/volumes', () => ({ volume: {} }), 400, /size/],
    [
      'a volume of an image that is not there',
      'POST',
      '/volume/v3/volumes',
      () => ({ volume: { size: 1, imageRef: MISSING } }),
      400,
      /image/,
    ],
    [
      'a volume type that is none',
      'POST',
      '/volume/v3/volumes',
      () => ({ volume: { size: 1, volume_type: 'gold' } }),
      404,
      /Volume type/,
    ],
    [
      'a volume of a snapshot',
      'POST',
      '/volume/v3/volumes',
      () => ({ volume: { size: 1, snapshot_id: MISSING } }),
      400,
      /snapshot_id/,
    ],
    [
      'a key that is none',
      'POST',
      '/compute/v2.1/os-keypairs',
      () => ({ keypair: { name: 'k', public_key: 'ssh-rsa nonsense' } }),
      400,
      /Keypair data is invalid/,
    ],
    [
      'an image that is public, from a user',
      'POST',
      '/image/v2/images',
      () => ({ visibility: 'public' }),
      403,
      /publicize_image/,
    ],
    [
      'a shared network, from a user',
      'POST',
      '/network/v2.0/networks',
      () => ({ network: { shared: true } }),
      403,
      /shared/,
    ],
  ];
  it.each(cases)('%s', async (_name, method, path, body, status, message) => {
    const answer = await tenant.api.request<Record<string, { message?: string }>>(method, path, body(tenant));
    const text = JSON.stringify(answer.body);
    expect([answer.status, text]).toEqual([status, expect.any(String)]);
    const said = answer.body['NeutronError']?.message ?? Object.values(answer.body)[0]?.message ?? text;
    expect(said).toMatch(message);
    expectError(path, answer.status, answer.body);
  });

  it('a request that is refused has made nothing', async () => {
    expect(await tenant.holdings()).toEqual({ instances: 0, cores: 0, ram: 0, ports: 0, volumes: 0, claims: {} });
  });

  it('a subnet is refused for what is wrong with its range', async () => {
    const { network } = await tenant.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: {},
    });
    const post = async (subnet: object): Promise<string> =>
      JSON.stringify(
        (
          await tenant.api.request<object>('POST', '/network/v2.0/subnets', {
            subnet: { network_id: network.id, ip_version: 4, ...subnet },
          })
        ).body,
      );
    expect(await post({ cidr: '10.0.0.0/99' })).toContain('not a valid IP subnet');
    expect(await post({ cidr: '10.0.0.0/24', gateway_ip: '10.0.0.255' })).toContain('not valid on subnet');
    expect(await post({ cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.9', end: '10.0.0.2' }] })).toContain(
      'The allocation pool',
    );
    await tenant.api.call('POST', '/network/v2.0/subnets', {
      subnet: { network_id: network.id, ip_version: 4, cidr: '10.0.0.0/24' },
    });
    expect(await post({ cidr: '10.0.0.128/25' })).toContain('overlaps');
    const off = { networks: [{ uuid: network.id, fixed_ip: '198.51.100.7' }] };
    const answer = await tenant.api.request<object>('POST', '/compute/v2.1/servers', tenant.server(off));
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([
      400,
      expect.stringContaining('not a valid ip address for network'),
    ]);
  });
});
