import { describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';

const cloud = provided('fake');
const AT_ONCE = 50;
const QUOTA = 10;

/** Sends the same request many times at once. @returns how often each status came */
async function atOnce(api: Api, path: string, body: object): Promise<Record<number, number>> {
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => api.request('POST', path, body)));
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe(`of ${AT_ONCE} requests at once at a quota of ${QUOTA}`, () => {
  it.concurrent(`exactly ${QUOTA} volumes are made`, async () => {
    const tenant = await Tenant.make(cloud);
    expect(await atOnce(tenant.api, '/volume/v3/volumes', { volume: { size: 1 } })).toEqual({ 202: 10, 413: 40 });
    const { volumes } = await tenant.api.call<{ volumes: { id: string }[] }>('GET', '/volume/v3/volumes');
    expect(volumes).toHaveLength(QUOTA);
    await Promise.all(
      volumes.map(async ({ id }) => {
        await tenant.volumeSettled(id);
        await tenant.deleteVolume(id);
      }),
    );
  });

  it.concurrent(`exactly ${QUOTA} GiB are given`, async () => {
    const tenant = await Tenant.make(cloud);
    await tenant.admin.call('PUT', `/volume/v3/os-quota-sets/${tenant.api.projectId}`, {
      quota_set: { volumes: -1, gigabytes: 2 * QUOTA },
    });
    expect(await atOnce(tenant.api, '/volume/v3/volumes', { volume: { size: 2 } })).toEqual({ 202: 10, 413: 40 });
  });

  it.concurrent(`exactly ${QUOTA} networks are made`, async () => {
    const tenant = await Tenant.make(cloud);
    await tenant.admin.call('PUT', `/network/v2.0/quotas/${tenant.api.projectId}`, { quota: { network: QUOTA } });
    expect(await atOnce(tenant.api, '/network/v2.0/networks', { network: {} })).toEqual({ 201: 10, 409: 40 });
  });

  it.concurrent(`exactly ${QUOTA} ports are made`, async () => {
    const tenant = await Tenant.make(cloud);
    await tenant.admin.call('PUT', `/network/v2.0/quotas/${tenant.api.projectId}`, { quota: { port: QUOTA } });
    const port = { network_id: tenant.network };
    expect(await atOnce(tenant.api, '/network/v2.0/ports', { port })).toEqual({ 201: 10, 409: 40 });
    const { ports } = await tenant.api.call<{ ports: { id: string; fixed_ips: { ip_address: string }[] }[] }>(
      'GET',
      '/network/v2.0/ports',
    );
    expect(new Set(ports.flatMap((p) => p.fixed_ips.map((f) => f.ip_address))).size).toBe(QUOTA);
    await Promise.all(ports.map(({ id }) => tenant.api.call('DELETE', `/network/v2.0/ports/${id}`)));
  });
});

describe('of servers that boot at once', () => {
  /** Eight at once where the quota has room for three: three are ACTIVE, and of the others none has left anything. */
  async function eightForThree(tenant: Tenant, body: object): Promise<{ refused: string[]; faults: string[] }> {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        tenant.api.request<{ server?: { id: string }; forbidden?: { message: string } }>(
          'POST',
          '/compute/v2.1/servers',
          body,
        ),
      ),
    );
    const ids = answers.flatMap((a) => a.body.server?.id ?? []);
    const refused = answers.flatMap((a) => a.body.forbidden?.message ?? []);
    const servers = await Promise.all(ids.map((id) => tenant.settled(id)));
    const failed = servers.filter((s) => s.status === 'ERROR');
    expect(servers.filter((s) => s.status === 'ACTIVE')).toHaveLength(3);
    expect(failed.length + refused.length).toBe(5);
    await Promise.all(ids.map((id) => tenant.delete(id)));
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansOf(cloud, ids)).toEqual([]);
    return { refused, faults: failed.map((s) => s.fault?.message ?? 'NO FAULT') };
  }

  it.concurrent('as many are ACTIVE as the quota has ports for; the others say so and leave nothing', async () => {
    const tenant = await Tenant.make(cloud);
    await tenant.admin.call('PUT', `/network/v2.0/quotas/${tenant.api.projectId}`, { quota: { port: 3 } });
    const { refused, faults } = await eightForThree(tenant, tenant.server());
    for (const message of refused) expect(message).toBe('Maximum number of ports exceeded');
    for (const message of faults) expect(message).toContain("Quota exceeded for resources: ['port'].");
  });

  it.concurrent('as many are ACTIVE as the quota has volumes for; the others say so and leave nothing', async () => {
    const tenant = await Tenant.make(cloud);
    await tenant.admin.call('PUT', `/volume/v3/os-quota-sets/${tenant.api.projectId}`, { quota_set: { volumes: 3 } });
    const { refused, faults } = await eightForThree(tenant, tenant.volumeServer());
    const words = "Maximum number of volumes allowed (3) exceeded for quota 'volumes'.";
    for (const message of [...refused, ...faults]) expect(message).toContain(words);
  });
});
