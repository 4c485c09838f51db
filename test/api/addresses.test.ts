import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');

describe('under a rush', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });

  it('no address is handed out twice, and each that there is, is', async () => {
    const { network } = await tenant.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: {},
    });
    await tenant.api.call('POST', '/network/v2.0/subnets', {
      subnet: { network_id: network.id, ip_version: 4, cidr: '10.0.0.0/28' },
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        tenant.api.request<{ port?: { fixed_ips: { ip_address: string }[] } }>('POST', '/network/v2.0/ports', {
          port: { network_id: network.id },
        }),
      ),
    );
    const given = answers.flatMap((a) => a.body.port?.fixed_ips.map((f) => f.ip_address) ?? []);
    expect(new Set(given).size).toBe(13);
    expect(given).toHaveLength(13);
    expect(answers.filter((a) => a.status === 409)).toHaveLength(7);
  });

  it('the last unit of a quota goes to exactly one', async () => {
    await tenant.admin.call('PUT', `/compute/v2.1/os-quota-sets/${tenant.api.projectId}`, {
      quota_set: { instances: 1 },
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        tenant.api.request<{ server?: { id: string } }>(
          'POST',
          '/compute/v2.1/servers',
          tenant.server({ networks: 'none' }),
        ),
      ),
    );
    expect(answers.map((a) => a.status).toSorted((a, b) => a - b)).toEqual([
      202,
      ...Array.from({ length: 19 }, () => 403),
    ]);
    const id = answers.find((a) => a.status === 202)!.body.server!.id;
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await tenant.delete(id);
  });
});
