import { describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { liftQuotas } from '#apps/standalone/tiny-server';
import { heldAt, inject, struck } from '../setup/faults.js';
import { replaysAtEnd } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';

/** Two want the same thing at once, or one takes away what the other is using. */
const cloud = provided('fake');
replaysAtEnd(cloud);

const AT_ONCE = 50;
type Answer = { status: number; body: { server?: { id: string }; forbidden?: { message: string } } };
const postAtOnce = (tenant: Tenant, count: number, body: object): Promise<Answer[]> =>
  Promise.all(
    Array.from({ length: count }, () => tenant.api.request<Answer['body']>('POST', '/compute/v2.1/servers', body)),
  );
const idsOf = (answers: readonly Answer[]): string[] => answers.flatMap((a) => a.body.server?.id ?? []);

async function endEmpty(tenant: Tenant, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => tenant.api.call('DELETE', `/compute/v2.1/servers/${id}`)));
  // One list for all: fifty tests that each look after their server would be the cloud's main work.
  await until(
    async () => {
      const { servers } = await tenant.api.call<{ servers: unknown[] }>('GET', '/compute/v2.1/servers');
      return servers.length === 0 ? true : undefined;
    },
    100,
    120_000,
  );
  expect(await tenant.holdings()).toMatchObject({ instances: 0, cores: 0, ram: 0, claims: {} });
  expect(await orphansOf(cloud, ids)).toEqual([]);
}
describe('one of two boots gets', () => {
  it.concurrent('the same port; the other is in ERROR and leaves the port alone', async () => {
    const tenant = await Tenant.make(cloud);
    const { port } = await tenant.api.call<{ port: { id: string } }>('POST', '/network/v2.0/ports', {
      port: { network_id: tenant.network },
    });
    const answers = await postAtOnce(tenant, 2, tenant.server({ networks: [{ port: port.id }] }));
    const ids = idsOf(answers);
    const servers = await Promise.all(ids.map((id) => tenant.settled(id)));
    const winner = servers.find((s) => s.status === 'ACTIVE');
    // The later request may already see the port in use.
    const losers = servers.filter((s) => s.status === 'ERROR');
    expect(losers.length + answers.filter((a) => a.status === 409).length).toBe(1);
    for (const loser of losers) expect(loser.fault?.message).toContain(`Port ${port.id} is still in use`);
    const shown = await tenant.api.call<{ port: { device_id: string } }>('GET', `/network/v2.0/ports/${port.id}`);
    expect(shown.port.device_id).toBe(winner?.id);
    await endEmpty(tenant, ids);
    expect((await tenant.api.request('GET', `/network/v2.0/ports/${port.id}`)).status).toBe(200);
  });

  it.concurrent('the same volume; the other is in ERROR and leaves the volume alone', async () => {
    const tenant = await Tenant.make(cloud);
    const volume = await tenant.postVolume();
    expect(await tenant.volumeSettled(volume)).toBe('available');
    const disk = { uuid: volume, source_type: 'volume', destination_type: 'volume', boot_index: -1 };
    const answers = await postAtOnce(tenant, 2, tenant.server({ block_device_mapping_v2: [disk] }));
    const ids = idsOf(answers);
    const servers = await Promise.all(ids.map((id) => tenant.settled(id)));
    const winner = servers.find((s) => s.status === 'ACTIVE');
    const losers = servers.filter((s) => s.status === 'ERROR');
    expect(losers.length + answers.filter((a) => a.status === 400).length).toBe(1);
    for (const loser of losers) expect(loser.fault?.message).toContain('requestVolume');
    expect(await tenant.showVolume(volume)).toMatchObject({
      status: 'in-use',
      attachments: [{ server_id: winner?.id }],
    });
    await endEmpty(tenant, ids);
    expect(await tenant.showVolume(volume)).toMatchObject({ status: 'available' });
  });

  it.concurrent('the same fixed address; the other is in ERROR', async () => {
    const tenant = await Tenant.make(cloud);
    const network = { uuid: await tenant.ownNetwork('own', '198.51.100.0/24'), fixed_ip: '198.51.100.77' };
    const ids = idsOf(await postAtOnce(tenant, 2, tenant.server({ networks: [network] })));
    const servers = await Promise.all(ids.map((id) => tenant.settled(id)));
    expect(servers.map((s) => s.status).toSorted()).toEqual(['ACTIVE', 'ERROR']);
    expect(servers.find((s) => s.status === 'ERROR')?.fault?.message).toContain(network.fixed_ip);
    await endEmpty(tenant, ids);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });
});

describe(`of ${AT_ONCE} boots at once exactly one gets`, () => {
  it.concurrent('the last unit of quota; the others are refused at once', async () => {
    const tenant = await Tenant.make(cloud);
    await tenant.admin.call('PUT', `/compute/v2.1/os-quota-sets/${tenant.api.projectId}`, {
      quota_set: { instances: 1 },
    });
    const answers = await postAtOnce(tenant, AT_ONCE, tenant.server());
    const ids = idsOf(answers);
    expect(ids).toHaveLength(1);
    expect(answers.filter((a) => a.status === 403)).toHaveLength(AT_ONCE - 1);
    expect((await tenant.settled(ids[0]!)).status).toBe('ACTIVE');
    await endEmpty(tenant, ids);
  });

  it.concurrent('the last memory of the hosts; the others are in ERROR with what each filter let through', async () => {
    // An administrator may name the host.
    const tenant = await Tenant.make(cloud, 'admin');
    const { api, admin } = tenant;
    await liftQuotas(tenant.admin, tenant.api.projectId);
    // Each host has 800,000 MiB. One server of more than half of that fits on a host, and one host is enough.
    const { flavor } = await admin.call<{ flavor: { id: string } }>('POST', '/compute/v2.1/flavors', {
      flavor: { name: `half-${api.projectId.slice(0, 8)}`, vcpus: 1, ram: 410_000, disk: 0 },
    });
    const { services } = await admin.call<{ services: { host: string; binary: string }[] }>(
      'GET',
      '/compute/v2.1/os-services?binary=nova-compute',
    );
    const host = services
      .map((s) => s.host)
      .toSorted()
      .at(-1)!;
    const body = tenant.server({ flavorRef: flavor.id, availability_zone: `nova:${host}` });
    const ids = idsOf(await postAtOnce(tenant, AT_ONCE, body));
    expect(ids).toHaveLength(AT_ONCE);
    await until(
      async () => {
        const building = '/compute/v2.1/servers?status=BUILD';
        return (await api.call<{ servers: unknown[] }>('GET', building)).servers.length === 0 ? true : undefined;
      },
      100,
      120_000,
    );
    const servers = await Promise.all(ids.map((id) => tenant.show(id)));
    expect(servers.filter((s) => s.status === 'ACTIVE')).toHaveLength(1);
    for (const { fault } of servers.filter((s) => s.status === 'ERROR'))
      expect(fault?.message).toMatch(/^No valid host was found\..* MEMORY_MB 0 of 1/);
    await endEmpty(tenant, ids);
    await admin.call('DELETE', `/compute/v2.1/flavors/${flavor.id}`);
  });
});

describe('during a boot', () => {
  it.concurrent('two deletes are one', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await heldAt(cloud, tenant, 'spawnServer');
    const answers = await Promise.all([1, 2].map(() => tenant.api.request('DELETE', `/compute/v2.1/servers/${id}`)));
    expect(answers.map((a) => a.status)).toEqual([204, 204]);
    await tenant.gone(id);
    const { instanceActions } = await tenant.api.call<{ instanceActions: { action: string }[] }>(
      'GET',
      `/compute/v2.1/servers/${id}/os-instance-actions`,
    );
    expect(instanceActions.map((a) => a.action)).toEqual(['delete', 'create']);
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });

  it.concurrent(
    'more deletes at once than a conductor takes steps: none waits for a boot that waits for it',
    async () => {
      const tenant = await Tenant.make(cloud);
      await liftQuotas(tenant.admin, tenant.api.projectId);
      const project = tenant.api.projectId;
      await inject(cloud, { project, step: 'spawnServer', phase: 'before', kind: 'delay', ms: 3_000 });
      const ids = idsOf(await postAtOnce(tenant, AT_ONCE, tenant.server()));
      await struck(cloud, ...ids);
      await endEmpty(tenant, ids);
      expect(await tenant.holdings()).toEqual(NOTHING);
    },
  );

  it.concurrent('a reboot is refused with 409, and the boot goes on', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await heldAt(cloud, tenant, 'spawnServer');
    const { status, body } = await tenant.api.request<object>('POST', `/compute/v2.1/servers/${id}/action`, {
      reboot: { type: 'HARD' },
    });
    expect(status).toBe(409);
    expect(body).toEqual({
      conflictingRequest: {
        code: 409,
        message: `Cannot 'reboot' instance ${id} while it is in vm_state building`,
      },
    });
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await endEmpty(tenant, [id]);
  });

  it.concurrent(
    'its image is deleted before a host has it: ERROR that names the image, and nothing is left',
    async () => {
      const tenant = await Tenant.make(cloud);
      const { id: imageId } = await tenant.api.call<{ id: string }>('POST', '/image/v2/images', {
        name: 'short-lived',
        disk_format: 'raw',
        container_format: 'bare',
      });
      await tenant.api.call('PUT', `/image/v2/images/${imageId}/file`, new Uint8Array(512));
      const id = await heldAt(cloud, tenant, 'fetchImage', { body: tenant.server({ imageRef: imageId }) });
      await tenant.api.call('DELETE', `/image/v2/images/${imageId}`);
      const server = await tenant.settled(id);
      expect(server.status).toBe('ERROR');
      expect(server.fault?.message).toContain(`fetchImage (attempt 1): Image ${imageId} could not be found.`);
      await endEmpty(tenant, [id]);
    },
  );

  it.concurrent('its user is disabled before the token is checked: ERROR that says so', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    const clear = await inject(cloud, { project, step: 'validateToken', phase: 'before', kind: 'error', times: 0 });
    const id = await tenant.post();
    await struck(cloud, id);
    await tenant.admin.call('PATCH', `/identity/v3/users/${tenant.userId}`, { user: { enabled: false } });
    await clear();
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain('The request is no longer authorized: the user is disabled or gone.');
    await tenant.admin.call('DELETE', `/compute/v2.1/servers/${id}`);
    await tenant.gone(id);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });

  it.concurrent('its user is disabled after the token was checked: what was accepted goes on', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await heldAt(cloud, tenant, 'spawnServer');
    await tenant.admin.call('PATCH', `/identity/v3/users/${tenant.userId}`, { user: { enabled: false } });
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await tenant.admin.call('DELETE', `/compute/v2.1/servers/${id}`);
    await tenant.gone(id);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });
});
