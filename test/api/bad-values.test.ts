import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { isErrorOf } from '../setup/error-shapes.js';
import { NOTHING, Tenant } from '../setup/tenant.js';

/** Values that no column and no program can hold: each was a failure of the cloud once, and is the client's. */
const cloud = provided('fake');
const SERVERS = '/compute/v2.1/servers';
const VOLUMES = '/volume/v3/volumes';
const IMAGES = '/image/v2/images';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const device = (fields: string): string =>
  `{"server":{"name":"x","flavorRef":"42","imageRef":"IMAGE","networks":"none","block_device_mapping_v2":[{"source_type":"blank","destination_type":"volume",${fields}}]}}`;
const flavor = (fields: string): string => `{"flavor":{"name":"x","ram":64,"vcpus":1,"disk":1,${fields}}}`;
const DIGITS = { 'of 20 digits': '9'.repeat(20), 'of 400 digits': '9'.repeat(400), 'over 32 bits': '2147483648' };

type Case = [name: string, who: 'nobody' | 'member' | 'admin', method: string, path: string, body?: string];
const CASES: Case[] = [
  [
    'a body nested 200,000 deep, from nobody',
    'nobody',
    'POST',
    '/identity/v3/auth/tokens',
    `{"auth":{"identity":{"methods":${nested(200_000)}}}}`,
  ],
  ['a body nested 5,000 deep', 'member', 'POST', SERVERS, `{"server":{"name":${nested(5_000)}}}`],
  [
    'half a surrogate pair in metadata',
    'member',
    'POST',
    SERVERS,
    '{"server":{"name":"x","flavorRef":"42","imageRef":"IMAGE","networks":"none","metadata":{"a":"\\ud800"}}}',
  ],
  ['half a surrogate pair in a tag of an image', 'member', 'POST', IMAGES, '{"tags":["\\ud800"]}'],
  ['half a surrogate pair in a property of an image', 'member', 'POST', IMAGES, '{"a":"\\udc00"}'],
  ['half a surrogate pair in a key', 'member', 'POST', IMAGES, '{"a\\ud800":"x"}'],
  [
    'half a surrogate pair in a volume’s metadata',
    'member',
    'POST',
    VOLUMES,
    '{"volume":{"size":1,"metadata":{"a":"\\ud800"}}}',
  ],
  ['bytes that are no UTF-8', 'member', 'POST', IMAGES, '{"name":"\u00ff"}'],
  ['a NUL in a key', 'member', 'POST', IMAGES, '{"a\\u0000":"x"}'],
  ['an image that needs a disk over 32 bits', 'member', 'POST', IMAGES, '{"min_disk":2147483648}'],
  ['an image that needs a disk without end', 'member', 'POST', IMAGES, '{"min_disk":1e999}'],
  ['an image that needs memory over 32 bits', 'member', 'POST', IMAGES, '{"min_ram":99999999999}'],
  ...Object.entries(DIGITS).flatMap(([name, digits]): Case[] => [
    [`a volume’s size ${name}`, 'member', 'POST', VOLUMES, `{"volume":{"size":"${digits}"}}`],
    [`a device’s size ${name}`, 'member', 'POST', SERVERS, device(`"volume_size":"${digits}"`)],
    [
      `a number of servers ${name}`,
      'member',
      'POST',
      SERVERS,
      `{"server":{"name":"x","flavorRef":"42","imageRef":"IMAGE","networks":"none","min_count":"${digits}"}}`,
    ],
    [`a flavor’s memory ${name}`, 'admin', 'POST', '/compute/v2.1/flavors', flavor(`"swap":"${digits}"`)],
    [`a quota ${name}`, 'admin', 'PUT', '/compute/v2.1/os-quota-sets/x', `{"quota_set":{"cores":"${digits}"}}`],
    [`a flavor’s smallest disk ${name}`, 'member', 'GET', `/compute/v2.1/flavors?minDisk=${digits}`],
    [`a flavor’s smallest memory ${name}`, 'member', 'GET', `/compute/v2.1/flavors/detail?minRam=${digits}`],
    [`an IP version ${name}`, 'member', 'GET', `/network/v2.0/subnets?ip_version=${digits}`],
  ]),
  ['a device of 2^31 GiB', 'member', 'POST', SERVERS, device('"volume_size":2147483648')],
  ['a device without end', 'member', 'POST', SERVERS, device('"volume_size":1e999')],
  ['a device of less than nothing', 'member', 'POST', SERVERS, device('"volume_size":-5')],
  ['a quota under -1', 'admin', 'PUT', '/compute/v2.1/os-quota-sets/x', '{"quota_set":{"cores":"-5"}}'],
  ['a quota over 32 bits', 'admin', 'PUT', '/compute/v2.1/os-quota-sets/x', '{"quota_set":{"cores":2147483648}}'],
  ['a factor without end', 'admin', 'POST', '/compute/v2.1/flavors', flavor('"rxtx_factor":1e999')],
  ['a factor larger than a float', 'admin', 'POST', '/compute/v2.1/flavors', flavor('"rxtx_factor":1e300')],
  ['an IP version in powers', 'member', 'GET', '/network/v2.0/subnets?ip_version=1e30'],
  ['changes since a time that is none', 'member', 'GET', `${SERVERS}?changes-since=garbage`],
  ['changes since before there were years', 'member', 'GET', `${SERVERS}?changes-since=-271821-04-20T00:00:00Z`],
  ['changes before the year 275760', 'member', 'GET', `${SERVERS}?changes-before=%2B275760-09-13T00:00:00Z`],
  ['a sort key that every object has', 'member', 'GET', `${SERVERS}?sort_key=constructor`],
  ['a key that changes what it is copied into', 'member', 'POST', IMAGES, '{"__proto__":{"x":"y"}}'],
];

describe('refused with 400, and nothing is made of it:', () => {
  let tenant: Tenant;
  let admin: Tenant;
  beforeAll(async () => {
    [tenant, admin] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud, 'admin')]);
  });
  const send = async (
    who: Case[1],
    method: string,
    path: string,
    body?: string,
    type = 'application/json',
  ): Promise<{ status: number; text: string }> => {
    const api: Api = who === 'admin' ? admin.api : tenant.api;
    const token: Record<string, string> = who === 'nobody' ? {} : { 'x-auth-token': api.sessionToken };
    const answer = await fetch(api.base + path, {
      method,
      headers: {
        ...token,
        'openstack-api-version': 'compute 2.96',
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(body.replace('IMAGE', tenant.image), 'latin1') }),
    });
    return { status: answer.status, text: await answer.text() };
  };

  it.each(CASES)('%s', async (_name, who, method, path, body) => {
    const { status, text } = await send(who, method, path, body);
    expect([status, text.slice(0, 500)]).toEqual([400, expect.any(String)]);
    expect(isErrorOf(path, status, text)).toBe(true);
  });

  it('times of a server’s actions that are none', async () => {
    const id = await tenant.post();
    for (const time of ['garbage', '-271821-04-20T00:00:00Z', '%2B275760-09-13T00:00:00Z'])
      for (const name of ['changes-since', 'changes-before']) {
        const { status } = await send('member', 'GET', `${SERVERS}/${id}/os-instance-actions?${name}=${time}`);
        expect([name, time, status]).toEqual([name, time, 400]);
      }
    await tenant.delete(id);
  });

  it('bytes where JSON belongs are 415, which is what they are', async () => {
    for (const [who, method, path] of [
      ['member', 'POST', SERVERS],
      ['member', 'POST', '/compute/v2.1/os-keypairs'],
      ['admin', 'POST', '/identity/v3/users'],
      ['admin', 'POST', '/compute/v2.1/flavors/42/os-extra_specs'],
      ['admin', 'PUT', '/placement/allocations/11111111-2222-3333-4444-555555555555'],
      ['member', 'POST', '/network/v2.0/networks'],
    ] as const) {
      const { status, text } = await send(who, method, path, '{}', 'application/octet-stream');
      expect([path, status]).toEqual([path, 415]);
      expect(isErrorOf(path, status, text)).toBe(true);
    }
    for (const type of ['application/json; charset=utf-8', 'Application/JSON'])
      expect((await send('member', 'POST', SERVERS, '{}', type)).status).toBe(400);
  });

  it('what every object has is no extra spec of a flavor', async () => {
    for (const key of ['constructor', '__proto__', 'toString']) {
      const { status } = await send('member', 'GET', `/compute/v2.1/flavors/42/os-extra_specs/${key}`);
      expect([key, status]).toEqual([key, 404]);
    }
  });

  it('a domain that is not there is 404 for a new user, in Keystone’s words', async () => {
    const body = '{"user":{"name":"x","password":"x","domain_id":"nope"}}';
    const { status, text } = await send('admin', 'POST', '/identity/v3/users', body);
    expect(status).toBe(404);
    expect(text).toContain('Could not find domain');
  });

  it('a value that is long is not sent back whole, and a secret not at all', async () => {
    const long = await send(
      'member',
      'POST',
      SERVERS,
      `{"server":{"name":"${'x'.repeat(500_000)}","flavorRef":"42","networks":"none"}}`,
    );
    expect(long.status).toBe(400);
    expect(long.text.length).toBeLessThan(2_000);
    expect(long.text).toContain('field/attribute name');
    const secret = `c2Vj${'cmV0'.repeat(20_000)}`;
    for (const fields of [
      `"user_data":"${secret}"`,
      `"adminPass":["${secret}"]`,
      `"user_data":"${secret}","flavorRef":{}`,
    ]) {
      const { status, text } = await send(
        'member',
        'POST',
        SERVERS,
        `{"server":{"name":"x","networks":"none",${fields}}}`,
      );
      expect(status).toBe(400);
      expect(text).not.toContain('cmV0');
    }
    const password = await send(
      'nobody',
      'POST',
      '/identity/v3/auth/tokens',
      '{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":1,"password":"cmV0"}}}}}',
    );
    expect(password.status).toBe(400);
    expect(password.text).not.toContain('cmV0');
  });

  it('after all of it the project holds nothing', async () => {
    expect(await tenant.holdings()).toEqual(NOTHING);
  });
});
