import { beforeEach, describe, expect, inject as provided, it } from 'vitest';
import { NOTHING, Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
let tenant: Tenant;
beforeEach(async () => {
  tenant = await Tenant.make(cloud);
});
interface Refusal {
  readonly overLimit?: { message: string };
  readonly badRequest?: { message: string };
  readonly forbidden?: { message: string };
  readonly NeutronError?: { type: string; message: string };
}
const cinder = (method: string, path: string, body?: object, by = tenant.admin) =>
  by.request<Refusal & { quota_set?: Record<string, unknown> }>(method, `/volume/v3/os-quota-sets/${path}`, body);
const neutron = (method: string, path: string, body?: object, by = tenant.admin) =>
  by.request<Refusal & { quota?: Record<string, number>; quotas?: object[] }>(
    method,
    `/network/v2.0/quotas${path}`,
    body,
  );

describe('quotas of volumes', () => {
  it("are OpenStack's until an administrator sets them, and again when they are reset", async () => {
    const id = tenant.api.projectId;
    const defaults = {
      backup_gigabytes: 1000,
      backups: 10,
      gigabytes: 1000,
      groups: 10,
      per_volume_gigabytes: -1,
      snapshots: 10,
      volumes: 10,
    };
    expect((await cinder('GET', id, undefined, tenant.api)).body.quota_set).toEqual({ ...defaults, id });
    const set = await cinder('PUT', id, { quota_set: { volumes: 3, gigabytes: '7' } });
    expect([set.status, set.body.quota_set]).toEqual([200, { ...defaults, volumes: 3, gigabytes: 7 }]);
    expect((await cinder('GET', `${id}/defaults`)).body.quota_set).toEqual({ ...defaults, id });
    const { limits } = await tenant.api.call<{ limits: { absolute: object } }>('GET', '/volume/v3/limits');
    expect(limits.absolute).toMatchObject({ maxTotalVolumes: 3, maxTotalVolumeGigabytes: 7, totalVolumesUsed: 0 });
    expect((await cinder('DELETE', id)).status).toBe(200);
    expect((await cinder('GET', id)).body.quota_set).toEqual({ ...defaults, id });
  });

  it('show what is used of them', async () => {
    const volume = await tenant.postVolume({ size: 2 });
    const { body } = await cinder('GET', `${tenant.api.projectId}?usage=True`, undefined, tenant.api);
    expect(body.quota_set).toMatchObject({
      volumes: { limit: 10, in_use: 1, reserved: 0 },
      gigabytes: { limit: 1000, in_use: 2, reserved: 0 },
    });
    await tenant.volumeSettled(volume);
    await tenant.deleteVolume(volume);
  });

  it('are for administrators to change, and for nobody else to see', async () => {
    const other = await Tenant.make(cloud);
    expect((await cinder('PUT', tenant.api.projectId, { quota_set: { volumes: 99 } }, tenant.api)).status).toBe(403);
    expect((await cinder('DELETE', tenant.api.projectId, undefined, tenant.api)).status).toBe(403);
    const { status, body } = await cinder('GET', other.api.projectId, undefined, tenant.api);
    expect([status, body.forbidden?.message]).toEqual([
      403,
      "Policy doesn't allow volume_extension:quotas:show to be performed.",
    ]);
  });

  it.each([
    [{ volumes: -2 }, 'volumes must be >= -1'],
    [{ volumes: 2147483648 }, 'volumes must be <= 2147483647'],
    [{ volumes: 1.5 }, 'volumes must be an integer'],
    [{ volumes: 'many' }, 'volumes must be an integer'],
    [{ colour: 1 }, 'Invalid input received: Bad key(s) in quota set: colour'],
  ])('cannot be %j', async (quota_set, message) => {
    const { status, body } = await cinder('PUT', tenant.api.projectId, { quota_set });
    expect([status, body.badRequest?.message]).toEqual([400, expect.stringContaining(message)]);
  });

  it('cannot be less than what is used', async () => {
    await tenant.postVolume({ size: 5 });
    const { status, body } = await cinder('PUT', tenant.api.projectId, { quota_set: { gigabytes: 4 } });
    expect([status, body.badRequest?.message]).toEqual([
      400,
      'Quota gigabytes limit must be equal or greater than existing resources. Current usage is 5 and the requested limit is 4.',
    ]);
  });

  it("refuse what goes beyond them, in Cinder's words", async () => {
    const post = async (size: number) => {
      const { status, body } = await tenant.api.request<Refusal>('POST', '/volume/v3/volumes', { volume: { size } });
      return [status, body.overLimit?.message];
    };
    expect(await post(1001)).toEqual([
      413,
      'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 1001G, quota is 1000G and 0G has been consumed.',
    ]);
    await cinder('PUT', tenant.api.projectId, { quota_set: { per_volume_gigabytes: 5 } });
    expect(await post(6)).toEqual([
      413,
      'VolumeSizeExceedsLimit: Requested volume size 6G is larger than maximum allowed limit 5G.',
    ]);
    await cinder('PUT', tenant.api.projectId, { quota_set: { volumes: 0 } });
    expect(await post(1)).toEqual([
      413,
      "VolumeLimitExceeded: Maximum number of volumes allowed (0) exceeded for quota 'volumes'.",
    ]);
  });

  it('count the volumes that servers ask for, before the server is accepted', async () => {
    const post = async (body: object) => {
      const answer = await tenant.api.request<Refusal>('POST', '/compute/v2.1/servers', body);
      return [answer.status, answer.body.forbidden?.message];
    };
    const blank = (size: number) => ({
      boot_index: -1,
      source_type: 'blank',
      destination_type: 'volume',
      volume_size: size,
    });
    expect(await post(tenant.server({ block_device_mapping_v2: [blank(600), blank(401)] }))).toEqual([
      403,
      'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 1001G, quota is 1000G and 0G has been consumed.',
    ]);
    await cinder('PUT', tenant.api.projectId, { quota_set: { volumes: 1, per_volume_gigabytes: 5 } });
    expect(await post(tenant.server({ block_device_mapping_v2: [blank(1), blank(1)] }))).toEqual([
      403,
      "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes'.",
    ]);
    expect(await post(tenant.server({ block_device_mapping_v2: [blank(6)] }))).toEqual([
      403,
      'VolumeSizeExceedsLimit: Requested volume size 6G is larger than maximum allowed limit 5G.',
    ]);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });
});

describe('quotas of networks', () => {
  it("are Neutron's until an administrator sets them, and again when they are reset", async () => {
    const path = `/${tenant.api.projectId}`;
    const defaults = {
      network: 100,
      subnet: 100,
      subnetpool: -1,
      port: 500,
      security_group: 10,
      security_group_rule: 100,
      router: 10,
      floatingip: 50,
      trunk: -1,
      rbac_policy: 10,
    };
    expect((await neutron('GET', path, undefined, tenant.api)).body.quota).toEqual(defaults);
    const set = await neutron('PUT', path, { quota: { port: 7, network: '8' } });
    expect([set.status, set.body.quota]).toEqual([200, { ...defaults, port: 7, network: 8 }]);
    expect((await neutron('GET', `${path}/default`)).body.quota).toEqual(defaults);
    expect((await neutron('GET', '')).body.quotas).toContainEqual({
      ...defaults,
      port: 7,
      network: 8,
      project_id: tenant.api.projectId,
      tenant_id: tenant.api.projectId,
    });
    expect((await neutron('DELETE', path)).status).toBe(204);
    expect((await neutron('GET', path)).body.quota).toEqual(defaults);
  });

  it('are for administrators to change, and for nobody else to see', async () => {
    const other = await Tenant.make(cloud);
    expect((await neutron('PUT', `/${tenant.api.projectId}`, { quota: { port: 1 } }, tenant.api)).status).toBe(403);
    expect((await neutron('DELETE', `/${tenant.api.projectId}`, undefined, tenant.api)).status).toBe(403);
    for (const path of ['', `/${other.api.projectId}`]) {
      const { status, body } = await neutron('GET', path, undefined, tenant.api);
      expect([status, body.NeutronError?.message]).toEqual([403, 'rule:get_quota is disallowed by policy']);
    }
  });

  it.each([
    [{ port: -2 }, "Invalid input for port. Reason: '-2' is too small - must be at least '-1'."],
    [
      { port: 2147483648 },
      "Invalid input for port. Reason: '2147483648' is too large - must be no larger than '2147483647'.",
    ],
    [{ port: 'many' }, "Invalid input for operation: 'many' is not an integer."],
    [{ ikepolicy: 1 }, "Unrecognized attribute(s) 'ikepolicy'"],
  ])('cannot be %j', async (quota, message) => {
    const { status, body } = await neutron('PUT', `/${tenant.api.projectId}`, { quota });
    expect([status, body.NeutronError?.message]).toEqual([400, message]);
  });

  it('are not set below what is used, unless that is forced', async () => {
    await tenant.api.call('POST', '/network/v2.0/networks', { network: {} });
    const path = `/${tenant.api.projectId}`;
    const { status, body } = await neutron('PUT', path, { quota: { network: 0 } });
    expect([status, body.NeutronError?.message]).toEqual([
      400,
      'Quota limit 0 for network must be greater than or equal to already used 1',
    ]);
    expect((await neutron('PUT', path, { quota: { network: 0, force: true } })).body.quota?.['network']).toBe(0);
  });

  it("refuse what goes beyond them, in Neutron's words, and a bulk request as a whole", async () => {
    const { network } = await tenant.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: {},
    });
    await neutron('PUT', `/${tenant.api.projectId}`, { quota: { network: 2, subnet: 0, port: 0 } });
    for (const [path, resource, body] of [
      ['networks', 'network', { networks: [{}, {}] }],
      ['subnets', 'subnet', { subnet: { network_id: network.id, ip_version: 4, cidr: '10.0.0.0/24' } }],
      ['ports', 'port', { port: { network_id: network.id } }],
    ] as const) {
      const answer = await tenant.api.request<Refusal>('POST', `/network/v2.0/${path}`, body);
      expect([answer.status, answer.body.NeutronError]).toEqual([
        409,
        { type: 'OverQuota', message: `Quota exceeded for resources: ['${resource}'].`, detail: '' },
      ]);
    }
    const { networks } = await tenant.api.call<{ networks: { project_id: string }[] }>(
      'GET',
      `/network/v2.0/networks?project_id=${tenant.api.projectId}`,
    );
    expect(networks).toHaveLength(1);
  });

  it('refuse a server with more cards than ports are left, before it is accepted', async () => {
    await neutron('PUT', `/${tenant.api.projectId}`, { quota: { port: 2 } });
    const cards = (count: number): object[] => Array.from({ length: count }, () => ({ uuid: tenant.network }));
    const { status, body } = await tenant.api.request<Refusal>(
      'POST',
      '/compute/v2.1/servers',
      tenant.server({ networks: cards(3) }),
    );
    expect([status, body.forbidden?.message]).toEqual([403, 'Maximum number of ports exceeded']);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });

  it('let as many of several servers be made as there are ports for', async () => {
    await neutron('PUT', `/${tenant.api.projectId}`, { quota: { port: 2 } });
    await tenant.post(tenant.server({ min_count: 1, max_count: 5 }));
    const { servers } = await tenant.api.call<{ servers: { id: string }[] }>('GET', '/compute/v2.1/servers');
    expect(servers).toHaveLength(2);
    for (const { id } of servers) expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await Promise.all(servers.map(({ id }) => tenant.delete(id)));
  });
});
