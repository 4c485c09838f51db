import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { inject, struck } from '../setup/faults.js';
import { withTemporal } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';
import { workflowOf } from '../setup/operations.js';

interface Inventories {
  resource_provider_generation: number;
  inventories: Record<string, Record<string, number>>;
}

/** A boot begins when there is room for it, and one that cannot begin or find a host says so at once. */
describe('a boot', () => {
  let own: OwnCloud;
  beforeAll(async () => {
    // Its state directory has a comma in its name, which PostgreSQL's settings take for the end of one.
    own = await startCloud(
      { NOVAFLOW_HYPERVISOR: 'fake', NOVAFLOW_BOOTS_UNDER_WAY: '2', NOVAFLOW_REPORT_INTERVAL: '1' },
      'novaflow,comma-',
    );
  });
  afterAll(() => own.stop());

  async function endEmpty(tenant: Tenant, ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => tenant.api.request('DELETE', `/compute/v2.1/servers/${id}`)));
    await Promise.all(ids.map((id) => tenant.gone(id)));
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansOf(own.at, ids)).toEqual([]);
  }

  it('whose start Temporal refuses for good is in ERROR at once, with a fault that says so', async () => {
    const tenant = await Tenant.make(own.at);
    await own.cloud.suspend('temporal');
    const id = await tenant.post();
    const db = new pg.Client({ connectionString: own.at.databaseUrl });
    await db.connect();
    // No request makes such an input, which is checked; this is what one that did would come to.
    await db.query(
      `UPDATE operations.operations SET input = input || jsonb_build_object('padding', repeat('x', 3000000)) WHERE resource_id = $1`,
      [id],
    );
    await db.end();
    await own.cloud.resume('temporal');
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toMatch(/its workflow could not be started: .*size/i);
    await endEmpty(tenant, [id]);
  });

  it('begins although as many deletes as there is room for boots wait for a host that is gone', async () => {
    const tenant = await Tenant.make(own.at);
    const project = tenant.api.projectId;
    const clear = await inject(own.at, {
      project,
      step: 'spawnServer',
      phase: 'at',
      point: 'plugged',
      kind: 'delay',
      ms: 60_000,
    });
    const ids = await Promise.all([tenant.post(), tenant.post()]);
    await struck(own.at, ...ids);
    await own.cloud.suspend('compute');
    await clear();
    await Promise.all(ids.map((id) => tenant.api.call('DELETE', `/compute/v2.1/servers/${id}`)));
    const third = await tenant.post();
    const workflow = await workflowOf(own.at, 'bootServer', third);
    await withTemporal(own.at, (client) =>
      until(
        () =>
          client.workflow
            .getHandle(workflow)
            .describe()
            .catch(() => undefined),
        100,
        30_000,
      ),
    );
    await own.cloud.resume('compute');
    expect((await tenant.settled(third)).status).toBe('ACTIVE');
    await endEmpty(tenant, [...ids, third]);
  });

  it('that no host can take by the rules of its inventory fails with that, and a restart of the host changes no rule', async () => {
    const tenant = await Tenant.make(own.at);
    const { admin } = tenant;
    const { resource_providers } = await admin.call<{ resource_providers: { uuid: string }[] }>(
      'GET',
      '/placement/resource_providers',
    );
    const path = `/placement/resource_providers/${resource_providers[0]!.uuid}/inventories`;
    const read = (): Promise<Inventories> => admin.call<Inventories>('GET', path);
    const before = await read();
    const write = async (change: Record<string, number>): Promise<void> => {
      const now = await read();
      const VCPU = { ...now.inventories['VCPU'], ...change };
      await admin.call('PUT', path, { ...now, inventories: { ...now.inventories, VCPU } });
    };
    // An allocation of one is no multiple of two.
    await write({ step_size: 2, allocation_ratio: 3 });
    const id = await tenant.post();
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toMatch(/No valid host was found.*VCPU 0 of 1/);
    await endEmpty(tenant, [id]);

    await own.cloud.suspend('compute');
    await own.cloud.resume('compute');
    // The first report after a restart is the full one; a boot that is taken says that it has come.
    await write({ step_size: 1 });
    const next = await tenant.post();
    expect((await tenant.settled(next)).status).toBe('ACTIVE');
    expect((await read()).inventories['VCPU']).toMatchObject({ step_size: 1, allocation_ratio: 3 });
    await endEmpty(tenant, [next]);
    await write({ allocation_ratio: before.inventories['VCPU']!['allocation_ratio']! });
  });
});
