import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StuckOperation } from '#apps/temporal/index';
import { until } from '#cli/bench/measure';
import type { AuditReport } from '#services/audit/index';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { heldAt } from '../setup/faults.js';
import { Machine } from '../setup/machine.js';
import { replayAll, withTemporal } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansIn } from '../setup/tenant.js';
import { idle, workflowOf } from '../setup/operations.js';

/** A machine is lost for good. The wait for it is made short here; in production it outlasts a Temporal outage. */
describe('a host that goes away between claim and spawn', () => {
  let own: OwnCloud;
  let machine: Machine;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake', NOVAFLOW_HOST_PATIENCE: '5' });
    machine = new Machine(own.at, 'elsewhere');
    await machine.start();
  });
  afterAll(async () => {
    await machine.remove();
    await own.stop();
  });

  /** A boot that is on the machine, and waits there to have its network; a host that can take it is left. */
  async function bootOnMachine(tenant: Tenant): Promise<{ id: string; other: string }> {
    const { admin } = tenant;
    const services = async (): Promise<{ id: string; host: string }[]> =>
      (
        await admin.call<{ services: { id: string; host: string }[] }>(
          'GET',
          '/compute/v2.1/os-services?binary=nova-compute',
        )
      ).services;
    const hosts = async (): Promise<string[]> => (await services()).map((s) => s.host);
    await until(async () => ((await hosts()).includes(machine.name) ? true : undefined), 100, 30_000);
    const { id: service, host: other } = (await services()).find((s) => s.host !== machine.name)!;
    const set = (status: 'enabled' | 'disabled'): Promise<unknown> =>
      admin.call('PUT', `/compute/v2.1/os-services/${service}`, { status });
    await set('disabled');
    const id = await heldAt(own.at, tenant, 'allocateNetwork');
    await set('enabled');
    return { id, other };
  }
  async function isGoneWithoutTrace(tenant: Tenant, id: string): Promise<void> {
    // A machine that is back takes steps a moment before its roles have reported in, and an audit asks those that have.
    expect(await until(() => orphansIn(own.at).catch(() => undefined), 500, 60_000)).toEqual([]);
    await tenant.delete(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansIn(own.at)).toEqual([]);
    expect(await replayAll(own.at, (w) => w.serverId === id)).toBe(2);
  }

  it('is given up: ACTIVE on another, with nothing to undo where nothing had begun', async () => {
    const tenant = await Tenant.make(own.at);
    const { id, other } = await bootOnMachine(tenant);
    await machine.kill();

    const server = await tenant.settled(id);
    expect(server.status).toBe('ACTIVE');
    expect(((await tenant.show(id)) as unknown as Record<string, unknown>)['OS-EXT-SRV-ATTR:host']).toBe(other);
    await idle(own.at, id);
    await machine.start();
    await isGoneWithoutTrace(tenant, id);
  });

  it('and takes a guest along: ERROR, STUCK until it is back, and then undone', async () => {
    const tenant = await Tenant.make(own.at);
    const { admin } = tenant;
    await machine.faults.add({ project: tenant.api.projectId, step: 'spawnServer', phase: 'after', kind: 'crash' });
    const { id } = await bootOnMachine(tenant);

    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain('spawnServer');
    const stuck = await until(
      async () => {
        const { operations } = await admin.call<{ operations: StuckOperation[] }>('GET', '/internal/operations/stuck');
        return operations.length > 0 ? operations : undefined;
      },
      200,
      60_000,
    );
    expect(stuck).toMatchObject([{ type: 'bootServer', server_id: id, pending: [{ step: 'destroyGuest' }] }]);
    const report = await admin.call<{ unreachable: string[] }>('POST', '/internal/audit', {});
    expect(report.unreachable.toSorted()).toEqual(['neutron-agent.elsewhere', 'nova-compute.elsewhere']);

    await machine.start();
    await idle(own.at, id);
    await isGoneWithoutTrace(tenant, id);
  });

  it('and that an operator gives up (forced down): its servers can be deleted, and it is cleaned when it is back', async () => {
    const tenant = await Tenant.make(own.at, 'admin');
    const { admin } = tenant;
    const id = await tenant.post(tenant.server({ availability_zone: `nova:${machine.name}` }));
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await machine.kill();
    await tenant.api.call('DELETE', `/compute/v2.1/servers/${id}`);
    const [stuck] = await until(
      async () => {
        const { operations } = await admin.call<{ operations: StuckOperation[] }>('GET', '/internal/operations/stuck');
        return operations.length > 0 ? operations : undefined;
      },
      200,
      60_000,
    );
    expect(stuck).toMatchObject({ type: 'deleteServer', server_id: id, pending: [{ step: 'destroyGuest' }] });

    const { services } = await admin.call<{ services: { id: string; host: string }[] }>(
      'GET',
      '/compute/v2.1/os-services',
    );
    const service = services.find((s) => s.host === machine.name)!;
    const force = (forced_down: boolean): Promise<unknown> =>
      admin.call('PUT', `/compute/v2.1/os-services/${service.id}`, { forced_down });
    await force(true);
    const workflow = await workflowOf(own.at, 'deleteServer', id);
    await withTemporal(own.at, (client) => client.workflow.getHandle(workflow).terminate('host is gone'));
    const { healed, unreachable } = await admin.call<AuditReport>('POST', '/internal/audit', {
      heal: true,
      min_age: 0,
    });
    expect(healed).toMatchObject([{ kind: 'server', id, done: 'its delete was started again' }]);
    expect(unreachable).toEqual([]);
    await tenant.gone(id);
    expect(await tenant.holdings()).toEqual(NOTHING);

    await machine.start();
    await force(false);
    const found = await admin.call<AuditReport>('POST', '/internal/audit', { heal: true, min_age: 0 });
    expect(found.healed.map((o) => o.kind).toSorted()).toEqual(['guest', 'vif']);
    expect(found.orphans).toEqual([]);
  });
});
