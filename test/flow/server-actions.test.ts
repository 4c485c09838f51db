import { describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { idle } from '../setup/operations.js';
import { replaysAtEnd } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';

const ROUNDS = 10;

describe.each(['fake', 'real'] as const)('on %s guests a server', (hypervisor) => {
  const cloud = provided(hypervisor);
  replaysAtEnd(cloud);

  const act = (tenant: Tenant, id: string, body: object): Promise<{ status: number; body: unknown }> =>
    tenant.api.request('POST', `/compute/v2.1/servers/${id}/action`, body);
  const becomes = (tenant: Tenant, id: string, status: string): Promise<true> =>
    until(
      async () => {
        const server = await tenant.show(id);
        if (server.status === 'ERROR' && status !== 'ERROR') throw new Error(server.fault?.message ?? 'ERROR');
        return server.status === status ? true : undefined;
      },
      50,
      60_000,
    );
  async function acts(tenant: Tenant, id: string, body: object, status: string): Promise<void> {
    expect(await act(tenant, id, body)).toMatchObject({ status: 202 });
    await idle(cloud, id);
    await becomes(tenant, id, status);
  }
  async function running(tenant: Tenant): Promise<string> {
    const id = await tenant.post();
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    return id;
  }

  // A guest that does not react to its power button would take Nova's minute each time.
  const stops = hypervisor === 'fake' ? ROUNDS : 1;
  it(`is stopped and started, ${stops} times in a row, each with an instance action of its own`, async () => {
    const tenant = await Tenant.make(cloud);
    const id = await running(tenant);
    for (let round = 0; round < stops; round++) {
      await acts(tenant, id, { 'os-stop': null }, 'SHUTOFF');
      if (round === 0) expect(await orphansOf(cloud, [id])).toEqual([]);
      await acts(tenant, id, { 'os-start': null }, 'ACTIVE');
    }
    const { instanceActions } = await tenant.api.call<{ instanceActions: { action: string }[] }>(
      'GET',
      `/compute/v2.1/servers/${id}/os-instance-actions`,
    );
    expect(instanceActions.filter((a) => a.action === 'stop')).toHaveLength(stops);
    expect((await tenant.events(id, 'stop')).map((e) => [e.event, e.result])).toEqual([
      ['powerOff', 'Success'],
      ['finishAction', 'Success'],
    ]);
    await tenant.delete(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });

  it(`is paused, unpaused, suspended, resumed and rebooted ${ROUNDS} times in a row`, async () => {
    const tenant = await Tenant.make(cloud);
    const id = await running(tenant);
    for (let round = 0; round < ROUNDS; round++) {
      await acts(tenant, id, { pause: null }, 'PAUSED');
      await acts(tenant, id, { unpause: null }, 'ACTIVE');
      await acts(tenant, id, { suspend: null }, 'SUSPENDED');
      if (round === 0) expect(await orphansOf(cloud, [id])).toEqual([]);
      await acts(tenant, id, { resume: null }, 'ACTIVE');
      await acts(tenant, id, { reboot: { type: 'HARD' } }, 'ACTIVE');
    }
    expect(await orphansOf(cloud, [id])).toEqual([]);
    await tenant.delete(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });

  it('is sent an NMI for a crash dump since 2.17, and stays as it is', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await running(tenant);
    const ask = (minor: number, value: unknown) =>
      tenant.api.request(
        'POST',
        `/compute/v2.1/servers/${id}/action`,
        { trigger_crash_dump: value },
        { 'openstack-api-version': `compute 2.${minor}` },
      );
    expect(await ask(16, null)).toMatchObject({
      status: 404,
      body: { itemNotFound: { message: 'API version 2.16 is not supported on this method.' } },
    });
    expect(await ask(17, {})).toMatchObject({ status: 400 });
    expect(await ask(17, null)).toMatchObject({ status: 202 });
    // Nova shows no task_state, so others begin beside it.
    expect((await tenant.show(id))['OS-EXT-STS:task_state']).toBeNull();
    await idle(cloud, id);
    expect((await tenant.events(id, 'trigger_crash_dump')).map((e) => [e.event, e.result])).toEqual([
      ['injectNmi', 'Success'],
      ['endAction', 'Success'],
    ]);
    await acts(tenant, id, { pause: null }, 'PAUSED');
    await acts(tenant, id, { trigger_crash_dump: null }, 'PAUSED');
    await acts(tenant, id, { unpause: null }, 'ACTIVE');
    await acts(tenant, id, { suspend: null }, 'SUSPENDED');
    expect(await act(tenant, id, { trigger_crash_dump: null })).toMatchObject({
      status: 409,
      body: {
        conflictingRequest: {
          message: `Cannot 'trigger_crash_dump' instance ${id} while it is in vm_state suspended`,
        },
      },
    });
    expect(await orphansOf(cloud, [id])).toEqual([]);
    await tenant.delete(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });

  it('refuses in the words of Nova what its state does not allow, and when it is locked, what its owner asks', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await running(tenant);
    expect(await act(tenant, id, { 'os-start': null })).toMatchObject({
      status: 409,
      body: { conflictingRequest: { message: `Cannot 'start' instance ${id} while it is in vm_state active` } },
    });
    expect(await act(tenant, id, { lock: null })).toMatchObject({ status: 202 });
    const locked = { status: 409, body: { conflictingRequest: { message: `Instance ${id} is locked` } } };
    expect(await act(tenant, id, { 'os-stop': null })).toMatchObject(locked);
    expect(await act(tenant, id, { unlock: null })).toMatchObject({ status: 202 });
    expect(await act(tenant, id, { 'os-resetState': { state: 'error' } })).toMatchObject({ status: 403 });
    await tenant.admin.call('POST', `/compute/v2.1/servers/${id}/action`, { 'os-resetState': { state: 'error' } });
    await becomes(tenant, id, 'ERROR');
    await acts(tenant, id, { reboot: { type: 'HARD' } }, 'ACTIVE');
    await tenant.delete(id);
  });
});
