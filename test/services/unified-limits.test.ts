import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { kindOf, newMember, type Item, type Member } from '../setup/identity.js';
import { atOnce, LimitedCloud } from '../setup/unified-limits.js';
import { wordsOf } from '../setup/words.js';

const servers = '/compute/v2.1/servers';
const volumes = '/volume/v3/volumes';
const networks = '/network/v2.0/networks';
const images = '/image/v2/images';

let cloud: LimitedCloud;
beforeAll(async () => {
  cloud = await LimitedCloud.start(provided('databaseUrl'));
});
afterAll(() => cloud.api.stop());

const member = (): Promise<Member> => newMember(cloud.api.admin);
const refused = async ({ api }: Member, path: string, body: object): Promise<[number, string]> =>
  wordsOf(await api.request('POST', path, body));
const project = ({ project: project_id }: Member) => ({ project_id });

describe('Nova by Keystone’s limits', () => {
  const sets = ({ project: id }: Member): string => `/compute/v2.1/os-quota-sets/${id}`;
  const shown = async (path: string): Promise<Record<string, number>> =>
    (await cloud.api.admin.call<{ quota_set: Record<string, number> }>('GET', path)).quota_set;

  it('lets nobody have servers before they are registered, and needs no limit of what is not on the list', async () => {
    const user = await member();
    expect(await refused(user, servers, cloud.server())).toEqual([
      403,
      `Project ${user.project} is over a limit for [Resource class:DISK_GB is over limit of 0 due to current usage 0 and delta 1, Resource class:MEMORY_MB is over limit of 0 due to current usage 0 and delta 64, Resource class:VCPU is over limit of 0 due to current usage 0 and delta 2, Resource servers is over limit of 0 due to current usage 0 and delta 1]`,
    ]);
    await cloud.register('compute', { servers: 5 });
    expect((await user.api.request('POST', servers, cloud.server())).status).toBe(202);
  });

  it('makes exactly as many of twenty servers at once as are left', async () => {
    await cloud.register('compute', { servers: 5 });
    const [one, other] = await Promise.all([member(), member()]);
    await cloud.limit(project(other), 'compute', 'servers', 3);
    expect(await atOnce([one], servers, cloud.server())).toEqual({ 202: 5, 403: 15 });
    expect(await atOnce([other], servers, cloud.server())).toEqual({ 202: 3, 403: 17 });
    const made = await cloud.api.database.query('SELECT 1 FROM nova.servers WHERE project_id = ANY($1)', [
      [one.project, other.project],
    ]);
    expect(made.rowCount).toBe(8);
  });

  it('makes as many as fit of those that one request may have, by every resource that is registered', async () => {
    await cloud.register('compute', { servers: 5, 'class:VCPU': 7, 'class:MEMORY_MB': -1, 'class:DISK_GB': -1 });
    const user = await member();
    await user.api.call('POST', servers, cloud.server({ min_count: 1, max_count: 5 }));
    expect(await shown(`${sets(user)}/detail`)).toMatchObject({
      instances: { in_use: 3, limit: 5 },
      cores: { in_use: 6, limit: 7 },
    });
    expect(await refused(user, servers, cloud.server())).toEqual([
      403,
      `Project ${user.project} is over a limit for [Resource class:VCPU is over limit of 7 due to current usage 6 and delta 2]`,
    ]);
    await cloud.limit(project(user), 'compute', 'class:VCPU', 10);
    expect((await user.api.request('POST', servers, cloud.server())).status).toBe(202);
    await cloud.limit(project(user), 'compute', 'class:DISK_GB', 4);
    expect(await refused(user, servers, cloud.server())).toEqual([
      403,
      `Project ${user.project} is over a limit for [Resource class:DISK_GB is over limit of 4 due to current usage 4 and delta 1]`,
    ]);
  });

  it('shows them in its own API, where they are not to be changed', async () => {
    await cloud.register('compute', { server_key_pairs: 1, server_metadata_items: 2, 'class:MEMORY_MB': 1000 });
    const user = await member();
    await cloud.limit(project(user), 'compute', 'servers', 4);
    const own = { instances: 4, ram: 1000, key_pairs: 1, metadata_items: 2, server_groups: 0 };
    expect(await shown(sets(user))).toMatchObject(own);
    expect(await shown(`${sets(user)}/defaults`)).toMatchObject({ ...own, instances: 5 });
    const set = { quota_set: { instances: 50 } };
    const { status, body } = await cloud.api.admin.request('PUT', sets(user), set);
    expect([status, body]).toMatchObject([200, { quota_set: own }]);
    expect((await cloud.api.admin.request('DELETE', sets(user))).status).toBe(202);
    expect(await shown(sets(user))).toMatchObject(own);
    const { limits } = await user.api.call<{ limits: object }>('GET', '/compute/v2.1/limits');
    expect(limits).toMatchObject({ absolute: { maxTotalInstances: 4, maxTotalRAMSize: 1000 } });
  });

  it('holds what is limited by user and by request to the registered limits', async () => {
    await cloud.register('compute', { server_key_pairs: 5, server_metadata_items: 1 });
    const user = await member();
    await cloud.limit(project(user), 'compute', 'server_key_pairs', 50);
    let number = 0;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        user.api.request('POST', '/compute/v2.1/os-keypairs', {
          keypair: { name: `k${number++}`, type: 'ssh', public_key: `ssh-ed25519 ${KEY} k` },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(wordsOf(answers.find(({ status }) => status !== 201)!)).toEqual([
      403,
      'Project None is over a limit for [Resource server_key_pairs is over limit of 5 due to current usage 5 and delta 1]',
    ]);
    expect(await refused(user, servers, cloud.server({ metadata: { a: '1', b: '2' } }))).toEqual([
      403,
      'Project None is over a limit for [Resource server_metadata_items is over limit of 1 due to current usage 0 and delta 2]',
    ]);
  });
});

describe('Cinder by Keystone’s limits', () => {
  it('makes exactly as many of twenty volumes at once as are left', async () => {
    const user = await member();
    expect((await refused(user, volumes, { volume: { size: 1 } }))[0]).toBe(413);
    await cloud.register('volumev3', { volumes: 5, gigabytes: 100, per_volume_gigabytes: 20 });
    expect(await atOnce([user], volumes, { volume: { size: 1 } })).toEqual({ 202: 5, 413: 15 });
    expect(await refused(user, volumes, { volume: { size: 1 } })).toEqual([
      413,
      "VolumeLimitExceeded: Maximum number of volumes allowed (5) exceeded for quota 'volumes'.",
    ]);
    await cloud.limit(project(user), 'volumev3', 'volumes', -1);
    expect((await refused(user, volumes, { volume: { size: 21 } }))[0]).toBe(413);
    expect(await atOnce([user], volumes, { volume: { size: 19 } })).toEqual({ 202: 5, 413: 15 });
    const path = `/volume/v3/os-quota-sets/${user.project}`;
    const { quota_set } = await cloud.api.admin.call<{ quota_set: object }>('GET', `${path}?usage=true`);
    expect(quota_set).toMatchObject({ volumes: { limit: -1, in_use: 10 }, gigabytes: { limit: 100, in_use: 100 } });
    const words = 'The limits of this service are kept by Keystone: change them there.';
    for (const [method, body] of [['PUT', { quota_set: { volumes: 7 } }], ['DELETE']] as const)
      expect(wordsOf(await cloud.api.admin.request(method, path, body))).toEqual([400, words]);
  });
});

describe('Neutron by Keystone’s limits', () => {
  it('makes exactly as many of twenty networks at once as are left', async () => {
    await cloud.register('network', { network: 5, subnet: 5, port: 0 });
    const user = await member();
    expect(await atOnce([user], networks, { network: {} })).toEqual({ 201: 5, 409: 15 });
    const [network_id] = (await user.api.call<{ networks: Item[] }>('GET', networks)).networks.map(({ id }) => id);
    expect(await refused(user, '/network/v2.0/ports', { port: { network_id } })).toEqual([
      409,
      "Quota exceeded for resources: ['port'].",
    ]);
    await cloud.limit(project(user), 'network', 'network', 7);
    expect(await atOnce([user], networks, { network: {} })).toEqual({ 201: 2, 409: 18 });
    const path = `/network/v2.0/quotas/${user.project}`;
    const { quotas } = await cloud.api.admin.call<{ quotas: object[] }>('GET', '/network/v2.0/quotas');
    const { project: project_id } = user;
    const own = { project_id, tenant_id: project_id, network: 7, subnet: 5, port: 0 };
    expect(quotas).toContainEqual(expect.objectContaining(own));
    for (const [method, body] of [['PUT', { quota: { network: 9 } }], ['DELETE']] as const)
      expect((await cloud.api.admin.request(method, path, body)).status).toBe(400);
  });
});

describe('Glance by Keystone’s limits', () => {
  const image = { disk_format: 'raw', container_format: 'bare' };
  const made = async ({ api }: Member): Promise<string> => (await api.call<Item>('POST', images, image)).id;
  const upload = ({ api }: Member, id: string, mebibytes: number) =>
    api.request('PUT', `${images}/${id}/file`, new Uint8Array(mebibytes * 2 ** 20));

  it('makes exactly as many of twenty images at once as are left', async () => {
    await cloud.register('image', { image_count_total: 5 });
    const user = await member();
    expect(await atOnce([user], images, image)).toEqual({ 201: 5, 413: 15 });
    expect((await user.api.request<{ message: string }>('POST', images, image)).body.message).toContain(
      `The response body:\nProject ${user.project} is over a limit for [Resource image_count_total is over limit of 5 due to current usage 5 and delta 1]`,
    );
    const { images: all } = await user.api.call<{ images: Item[] }>('GET', images);
    const first = all.find(({ owner }) => owner === user.project);
    await user.api.call('DELETE', `${images}/${first!.id}`);
    expect(await atOnce([user], images, image)).toEqual({ 201: 1, 413: 19 });
  });

  it('takes exactly as many bytes as are left, of uploads that come at once, and puts the others back', async () => {
    await cloud.register('image', { image_count_total: -1, image_size_total: 5 });
    const user = await member();
    const ids = await Promise.all(Array.from({ length: 8 }, () => made(user)));
    const answers = await Promise.all(ids.map((id) => upload(user, id, 2)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 204, ...Array(6).fill(413)]);
    const statuses = await cloud.api.database.query<{ status: string }>(
      'SELECT status FROM glance.images WHERE owner = $1 ORDER BY status',
      [user.project],
    );
    expect(statuses.rows.map(({ status }) => status)).toEqual(['active', 'active', ...Array(6).fill('queued')]);
    const usage = await user.api.call<{ usage: object }>('GET', '/image/v2/info/usage');
    expect(usage).toMatchObject({
      usage: {
        image_count_total: { usage: 8, limit: -1 },
        image_count_uploading: { usage: 0, limit: -1 },
        image_size_total: { usage: 4, limit: 5 },
        image_stage_total: { usage: 0, limit: 0 },
      },
    });
  });

  it('takes no upload beyond those that may be under way', async () => {
    await cloud.register('image', { image_count_uploading: 0 });
    const user = await member();
    expect(await upload(user, await made(user), 1)).toMatchObject({
      status: 413,
      body: { message: expect.stringContaining('Resource image_count_uploading is over limit of 0') },
    });
    await cloud.register('image', { image_count_uploading: -1 });
  });
});

it('a limit of another region or another service is none', async () => {
  const [user, service_id] = [await member(), await cloud.service('compute')];
  const kind = kindOf(cloud.api.admin, 'registered_limit');
  for (const id of await kind.list(`service_id=${service_id}&resource_name=servers`)) {
    const own = await kindOf(cloud.api.admin, 'limit').list(`service_id=${service_id}&resource_name=servers`);
    for (const one of own) await kindOf(cloud.api.admin, 'limit').remove(one);
    await kind.remove(id);
  }
  await cloud.api.admin.call('POST', '/identity/v3/registered_limits', {
    registered_limits: [
      { service_id, resource_name: 'servers', default_limit: 5 },
      { service_id: await cloud.service('image'), region_id: 'RegionOne', resource_name: 'servers', default_limit: 5 },
    ],
  });
  expect((await refused(user, servers, cloud.server()))[0]).toBe(403);
});

/** A public key of Ed25519. */
const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIJnXw3rKSIcJfrK0mWqkRYyPTm0UyZ8mGmSxG0dSqYJq';
