import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { adminOf, Tenant } from '../setup/tenant.js';
import { wordsOf } from '../setup/words.js';
import type { Api } from '#apps/standalone/api';

const cloud = provided('fake');
type Set = Record<string, number | string | { in_use: number; limit: number; reserved: number }>;

const ALWAYS = ['cores', 'instances', 'key_pairs', 'metadata_items', 'ram', 'server_group_members', 'server_groups'];
const UNTIL_56 = ['injected_file_content_bytes', 'injected_file_path_bytes', 'injected_files'];
const UNTIL_35 = ['fixed_ips', 'floating_ips', 'security_group_rules', 'security_groups'];

describe('quota sets', () => {
  let tenant: Tenant;
  let admin: Api;
  let path: string;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    ({ admin } = tenant);
    path = `/compute/v2.1/os-quota-sets/${tenant.api.projectId}`;
  });
  const at = (version: string): Record<string, string> => ({ 'openstack-api-version': `compute ${version}` });
  const get = async (suffix = '', version = '2.96'): Promise<Set> =>
    (await admin.call<{ quota_set: Set }>('GET', path + suffix, undefined, at(version))).quota_set;
  const put = (quota_set: object, version = '2.96') =>
    admin.request<{ quota_set: Set }>('PUT', path, { quota_set }, at(version));
  const refused = async (quota_set: object, version?: string): Promise<[number, string]> => {
    return wordsOf(await put(quota_set, version));
  };

  it.each([
    ['2.1', [...ALWAYS, ...UNTIL_56, ...UNTIL_35]],
    ['2.35', [...ALWAYS, ...UNTIL_56, ...UNTIL_35]],
    ['2.36', [...ALWAYS, ...UNTIL_56]],
    ['2.56', [...ALWAYS, ...UNTIL_56]],
    ['2.57', ALWAYS],
  ])('%s: have the fields that Nova shows', async (version, fields) => {
    for (const suffix of ['', '/detail', '/defaults'])
      expect(Object.keys(await get(suffix, version)).toSorted()).toEqual([...fields, 'id'].toSorted());
  });

  it('say what is in use', async () => {
    const id = await tenant.post();
    const detail = await get('/detail');
    expect(detail['instances']).toEqual({ in_use: 1, limit: 10, reserved: 0 });
    expect(detail['cores']).toEqual({ in_use: 1, limit: 20, reserved: 0 });
    expect(await refused({ instances: 0 })).toEqual([
      400,
      'Quota limit 0 for instances must be greater than or equal to already used and reserved 1.',
    ]);
    expect((await put({ instances: 0, force: 'True' })).status).toBe(200);
    expect((await get())['instances']).toBe(0);
    await admin.call('DELETE', path);
    await tenant.delete(id);
  });

  it('are set field by field, and reset to the defaults', async () => {
    const { status, body } = await put({ cores: '7', server_groups: 3, metadata_items: -1 });
    expect([status, body.quota_set]).toMatchObject([200, { cores: 7, server_groups: 3, metadata_items: -1 }]);
    expect(body.quota_set).not.toHaveProperty('id');
    expect(await get()).toMatchObject({ cores: 7, server_groups: 3, metadata_items: -1, instances: 10 });
    expect(await get('/defaults')).toMatchObject({ cores: 20 });
    await admin.call('DELETE', path);
    expect(await get()).toMatchObject({ cores: 20, server_groups: 10, metadata_items: 128 });
  });

  it('that are set hold: metadata items of a server, files and key pairs are counted against them', async () => {
    await put({ metadata_items: 1, injected_files: 0 }, '2.1');
    const post = async (fields: object): Promise<[number, string]> => {
      return wordsOf(await tenant.api.request('POST', '/compute/v2.1/servers', tenant.server(fields), at('2.1')));
    };
    expect(await post({ metadata: { a: '1', b: '2' } })).toEqual([403, 'Maximum number of metadata items exceeds 1']);
    expect(await post({ personality: [{ path: '/a', contents: 'QUJD' }] })).toEqual([
      403,
      'Personality file limit exceeded',
    ]);
    await admin.call('DELETE', path);
  });

  it.each([
    ['below unlimited', { cores: -2 }, /-2 is less than the minimum of -1/],
    ['below unlimited as text', { cores: '-5' }, /'-5' is less than the minimum of -1/],
    ['over what a record holds', { cores: 2 ** 31 }, /greater than the maximum of 2147483647/],
    ['over what a record holds as text', { cores: '9'.repeat(30) }, /greater than the maximum of 2147483647/],
    ['of a fraction', { cores: 1.5 }, /not of type/],
    ['of a field that is none', { wheels: 4 }, /Additional properties are not allowed \('wheels'/],
    ['of a field that this version has no more', { fixed_ips: 4 }, /'fixed_ips' was unexpected/],
  ])('%s are refused', async (_name, set, words) => {
    expect(await refused(set)).toEqual([400, expect.stringMatching(words)]);
  });

  it('of a project that is not there are refused', async () => {
    const missing = '/compute/v2.1/os-quota-sets/nosuchproject';
    for (const [method, where, body] of [
      ['GET', missing, undefined],
      ['GET', `${missing}/detail`, undefined],
      ['PUT', missing, { quota_set: { cores: 1 } }],
    ] as const)
      expect((await admin.request(method, where, body)).status).toBe(400);
  });
});

describe('services', () => {
  interface Service {
    id: string;
    binary: string;
    host: string;
    state: string;
    zone: string;
    status: string;
  }
  it('are the hosts, and the conductor with its scheduler, which no hypervisor is made of', async () => {
    const admin = await adminOf(cloud);
    const { services } = await admin.call<{ services: Service[] }>('GET', '/compute/v2.1/os-services');
    const of = (binary: string): Service[] => services.filter((s) => s.binary === binary);
    expect(of('nova-compute').length).toBeGreaterThan(0);
    for (const binary of ['nova-conductor', 'nova-scheduler'])
      expect(of(binary)).toMatchObject([{ state: 'up', status: 'enabled', zone: 'internal' }]);
    expect(new Set(services.map((s) => s.id)).size).toBe(services.length);
    const { services: only } = await admin.call<{ services: Service[] }>(
      'GET',
      '/compute/v2.1/os-services?binary=nova-conductor',
    );
    expect(only.map((s) => s.binary)).toEqual(['nova-conductor']);
    const { hypervisors } = await admin.call<{ hypervisors: unknown[] }>('GET', '/compute/v2.1/os-hypervisors');
    expect(hypervisors).toHaveLength(of('nova-compute').length);
    const { status } = await admin.request('PUT', `/compute/v2.1/os-services/${of('nova-conductor')[0]!.id}`, {
      status: 'disabled',
    });
    expect(status).toBe(400);
  });
});

describe('versions of compute', () => {
  it('are v2.0 first, then v2.1', async () => {
    const response = await fetch(cloud.authUrl.replace('/identity/v3', '/compute'));
    const { versions } = (await response.json()) as { versions: { id: string; links: { href: string }[] }[] };
    expect(versions.map((v) => v.id)).toEqual(['v2.0', 'v2.1']);
    for (const version of versions) expect((await fetch(version.links[0]!.href)).status).toBe(200);
  });
});
