import { expect, inject as provided, it } from 'vitest';
import { orphansOf, Tenant } from '../setup/tenant.js';

const cloud = provided('real');

it('a real guest with as many devices as the API accepts is ACTIVE, and leaves nothing', async () => {
  const tenant = await Tenant.make(cloud);
  const networks = Array.from({ length: 28 }, () => ({ uuid: tenant.network }));
  // The root disk, the config drive and 28 cards are 30 devices.
  const id = await tenant.post(tenant.server({ networks, config_drive: true }));
  expect(await tenant.settled(id)).toMatchObject({ status: 'ACTIVE' });
  await tenant.delete(id);
  expect(await orphansOf(cloud, [id])).toEqual([]);
});
