import { afterAll, beforeAll, expect, inject as provided, it } from 'vitest';
import { newMember } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';

let cloud: ServiceApi;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
});
afterAll(() => cloud.stop());

it('Changes of one project’s quotas at once, in whatever order they name them, are all made', async () => {
  const { project } = await newMember(cloud.admin);
  const path = `/compute/v2.1/os-quota-sets/${project}`;
  const limits = Object.entries({ cores: 1, instances: 2, key_pairs: 3, metadata_items: 4, ram: 5, server_groups: 6 });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      cloud.admin.request('PUT', path, {
        quota_set: Object.fromEntries(n % 2 === 0 ? limits : limits.toReversed()),
      }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});
