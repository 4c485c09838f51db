import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzz } from '../fuzz/run.js';
import { makeWorld, type World } from '../fuzz/world.js';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { adminOf, orphansIn } from '../setup/tenant.js';

/** A quarter of what `npm run fuzz` sends: each route gets some of everything that is bad. */
const COUNT = Number(process.env['NOVAFLOW_FUZZ'] ?? 2_500);
const SEED = Number(process.env['NOVAFLOW_FUZZ_SEED'] ?? 1);

/** It asks for anything as an administrator, so the cloud is this file's own. */
describe(`${COUNT} requests over every route, drawn from the OpenAPI documents (NOVAFLOW_FUZZ=${COUNT}, NOVAFLOW_FUZZ_SEED=${SEED})`, () => {
  let own: OwnCloud;
  let world: World;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: process.env['NOVAFLOW_FUZZ_HYPERVISOR'] ?? 'fake' });
    world = await makeWorld(own.at);
  });
  afterAll(() => own.stop());

  it(
    'are each answered, in the service’s own shape and with a request id, and none with a failure of the cloud',
    async () => {
      const report = await fuzz(new URL(own.at.authUrl), world, COUNT, SEED);
      console.log(`${report.sent} requests, the slowest ${report.slowestMs} ms: ${JSON.stringify(report.byStatus)}`);
      expect(report.findings.join('\n\n')).toBe('');
      expect(await world.footing()).toBe(true);
    },
    60_000 + COUNT * 100,
  );

  it('leave nothing behind when what they made is deleted: no server in BUILD, and no orphan', async () => {
    await world.clean();
    const admin = await adminOf(own.at);
    const { servers } = await admin.call<{ servers: unknown[] }>('GET', '/compute/v2.1/servers?all_tenants=1');
    expect(servers).toEqual([]);
    expect(await orphansIn(own.at)).toEqual([]);
  });
});
