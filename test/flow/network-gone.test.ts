import { describe, expect, inject as provided, it } from 'vitest';
import { heldAt } from '../setup/faults.js';
import { replaysAtEnd } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';

/** What a boot is to be connected to goes away before it is. */
const cloud = provided('fake');
replaysAtEnd(cloud);

/** Far less than the build timeout, which is what ends a boot that waits for what will not come. */
const SOON_MS = 30_000;

async function makeNetwork(tenant: Tenant, name: string): Promise<{ network: string; subnet: string }> {
  const { network } = await tenant.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
    network: { name },
  });
  const { subnet } = await tenant.api.call<{ subnet: { id: string } }>('POST', '/network/v2.0/subnets', {
    subnet: { network_id: network.id, ip_version: 4, cidr: '10.77.0.0/24' },
  });
  return { network: network.id, subnet: subnet.id };
}

async function endEmpty(tenant: Tenant, id: string): Promise<void> {
  await tenant.delete(id);
  expect(await tenant.holdings()).toEqual(NOTHING);
  expect(await orphansOf(cloud, [id])).toEqual([]);
}

describe('before a boot has its addresses', () => {
  it.concurrent('its network is deleted: ERROR at once that names the network, and nothing is left', async () => {
    const tenant = await Tenant.make(cloud);
    const { network } = await makeNetwork(tenant, 'short-lived');
    const body = tenant.server({ networks: [{ uuid: network }] });
    const id = await heldAt(cloud, tenant, 'allocateNetwork', { body });
    await tenant.api.call('DELETE', `/network/v2.0/networks/${network}`);
    const server = await tenant.settled(id, SOON_MS);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain(`Network ${network} could not be found.`);
    expect(server.fault?.details).toContain('NetworkNotFound');
    await endEmpty(tenant, id);
  });

  it.concurrent('its only subnet is deleted: ERROR that says so, and no server without an address', async () => {
    const tenant = await Tenant.make(cloud);
    const { network, subnet } = await makeNetwork(tenant, 'soon without a subnet');
    const body = tenant.server({ networks: [{ uuid: network }] });
    const id = await heldAt(cloud, tenant, 'allocateNetwork', { body });
    await tenant.api.call('DELETE', `/network/v2.0/subnets/${subnet}`);
    const server = await tenant.settled(id, SOON_MS);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain(`Network ${network} requires a subnet in order to boot instances on.`);
    await endEmpty(tenant, id);
  });
});

describe('a boot on a network', () => {
  it.concurrent.each(['constructor', '__proto__', 'toString'])(
    'that is called %s, like what a JavaScript object has already, is ACTIVE with its address',
    async (name) => {
      const tenant = await Tenant.make(cloud);
      const { network } = await makeNetwork(tenant, name);
      const id = await tenant.post(tenant.server({ networks: [{ uuid: network }] }));
      const server = await tenant.settled(id, SOON_MS);
      expect(server.status).toBe('ACTIVE');
      expect(Object.entries(server.addresses).map(([key, cards]) => [key, cards.length])).toEqual([[name, 1]]);
      await endEmpty(tenant, id);
    },
  );
});
