import { afterAll, beforeAll, expect, inject as provided, it } from 'vitest';
import { ServiceApi } from '../setup/service-api.js';

let api: ServiceApi;
beforeAll(async () => {
  api = await ServiceApi.start(provided('databaseUrl'));
});
afterAll(() => api.stop());

it('a list of Neutron’s that is filtered by a time takes a time, and refuses what is none', async () => {
  const status = async (value: string): Promise<number> =>
    (await api.admin.request('GET', `/network/v2.0/networks?created_at=${value}`)).status;
  expect(await status('2026-01-02T03:04:05Z')).toBe(200);
  for (const value of ['', 'yesterday', '2026-02-30']) expect(await status(value)).toBe(400);
});
