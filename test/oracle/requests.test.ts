import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { validate } from '#apps/api/http/validation';
import { createServerSchema, updateServerSchema } from '#apps/api/nova/server-schemas';
import { Tenant } from '../setup/tenant.js';
import { NovaOracle } from './nova.js';
import { KEY, MINORS, Walk } from './walk.js';

const cloud = provided('fake');
const ID = '11111111-2222-3333-4444-555555555555';

/** Fields of a server with good values, and some whose value is good from or until a microversion only. */
const FIELDS: readonly (readonly [string, unknown])[] = [
  ['adminPass', 'secret'],
  ['metadata', { a: 'b' }],
  ['key_name', 'k'],
  ['user_data', 'YQ=='],
  ['min_count', 1],
  ['max_count', '2'],
  ['return_reservation_id', 'True'],
  ['availability_zone', 'nova'],
  ['security_groups', [{ name: 'default' }]],
  ['config_drive', true],
  ['accessIPv4', '192.0.2.1'],
  ['accessIPv6', '2001:db8::1'],
  ['OS-DCF:diskConfig', 'AUTO'],
  ['description', 'd'],
  ['description', null],
  ['tags', ['a']],
  ['personality', [{ path: '/a', contents: 'YQ==' }]],
  ['trusted_image_certificates', ['a']],
  ['trusted_image_certificates', null],
  ['host', 'h'],
  ['hypervisor_hostname', 'h'],
  ['hostname', 'h1'],
  ['hostname', 'h1.example.org'],
  ['pinned_availability_zone', 'nova'],
  ['pinned_availability_zone', null],
  ['networks', 'auto'],
  ['networks', 'none'],
  ['networks', []],
  ['networks', [{ uuid: ID }]],
  ['networks', [{ uuid: ID, tag: 't' }]],
  ['networks', [{ port: ID, fixed_ip: '192.0.2.1' }]],
  ['block_device_mapping_v2', [{ source_type: 'image', uuid: ID, boot_index: 0 }]],
  ['block_device_mapping_v2', [{ source_type: 'image', uuid: ID, boot_index: 0, tag: 't' }]],
  ['block_device_mapping_v2', [{ source_type: 'image', uuid: ID, boot_index: 0, volume_type: 'v' }]],
  ['bogus', 1],
  ['name', ' lead'],
  ['name', ''],
  ['imageRef', ''],
  ['imageRef', 'x'],
  ['flavorRef', ''],
];

describe('what a request may contain', () => {
  let oracle: NovaOracle;
  beforeAll(async () => {
    oracle = await NovaOracle.load();
  });
  const takenByNova = (method: string, url: string, body: object, minor: number): boolean =>
    oracle.problems(oracle.schemaOf(oracle.methodOf(method, url, body)!, 'request', minor)!, body).length === 0;
  const takenHere = (schema: Parameters<typeof validate>[0], body: object): boolean => {
    try {
      validate(schema, body);
      return true;
    } catch {
      return false;
    }
  };

  it.each(FIELDS)(
    'a server with %s %j is created and changed at the microversions at which Nova does',
    (field, value) => {
      const whole = { name: 'n', imageRef: ID, flavorRef: '42' };
      const wrong = MINORS.flatMap((minor) => {
        const networks = minor >= 37 ? { networks: 'none' } : {};
        const create = { server: { ...whole, ...networks, [field]: value } };
        const update = { server: { [field]: value } };
        const [createHere, updateHere] = [createServerSchema(minor), updateServerSchema(minor)];
        return [
          ...(takenHere(createHere, create) === takenByNova('POST', '/servers', create, minor)
            ? []
            : [`create 2.${minor}`]),
          ...(takenHere(updateHere, update) === takenByNova('PUT', '/servers/x', update, minor)
            ? []
            : [`update 2.${minor}`]),
        ];
      });
      expect(wrong).toEqual([]);
    },
  );

  it('of a flavor, a key pair, quotas and a service is what Nova takes, at every microversion', async () => {
    const [tenant, walk] = [await Tenant.make(cloud), await Walk.start()];
    const { api, admin } = tenant;
    const flavor = { ram: 64, vcpus: 1, disk: 0 };
    const keypair = { public_key: KEY };
    const quotas = `/os-quota-sets/${api.projectId}`;
    const service = { host: 'nowhere', binary: 'nova-compute' };
    const requests: readonly (readonly [method: string, url: string, body: (name: string) => object])[] = [
      ['POST', '/flavors', (name) => ({ flavor: { name, ...flavor, description: 'd' } })],
      ['POST', '/flavors', (name) => ({ flavor: { name, ...flavor, rxtx_factor: 1.5 } })],
      ['POST', '/flavors', (name) => ({ flavor: { name, ...flavor, bogus: 1 } })],
      ['POST', '/os-keypairs', (name) => ({ keypair: { name, ...keypair, type: 'ssh' } })],
      ['POST', '/os-keypairs', (name) => ({ keypair: { name, ...keypair, user_id: tenant.userId } })],
      ['POST', '/os-keypairs', (name) => ({ keypair: { name: `${name}@a.b`, ...keypair } })],
      ['POST', '/os-keypairs', (name) => ({ keypair: { name } })],
      ['PUT', quotas, () => ({ quota_set: { floating_ips: 1, force: true } })],
      ['PUT', quotas, () => ({ quota_set: { injected_files: 1 } })],
      ['PUT', quotas, () => ({ quota_set: { networks: 1 } })],
      ...['floating_ips', 'injected_files', 'server_groups', 'networks'].map(
        (one) => ['PUT', '/os-quota-class-sets/nobodys', () => ({ quota_class_set: { [one]: 1 } })] as const,
      ),
      ['PUT', '/os-services/enable', () => service],
      ['PUT', `/os-services/${ID}`, () => ({ status: 'enabled' })],
      ['PUT', `/os-services/${ID}`, () => ({ forced_down: 'True' })],
      ['PUT', `/os-services/${ID}`, () => ({ ...service, forced_down: true })],
    ];
    const wrong: string[] = [];
    for (const [i, [method, url, body]] of requests.entries())
      for (const minor of MINORS) {
        const sent = body(`${tenant.userName}-${i}-${minor}`);
        const { status } = await walk.ask(admin, minor, method, url, sent);
        if ((status !== 400) !== takenByNova(method, url, sent, minor))
          wrong.push(`${method} ${url} ${JSON.stringify(sent)} at 2.${minor}: ${status}`);
      }
    expect(wrong).toEqual([]);
    expect(walk.report.wrong()).toBe('');
  });
});
