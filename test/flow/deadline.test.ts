import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { inject } from '../setup/faults.js';
import { ofOperations, replayAll } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';

/** A boot has a deadline; OpenStack's default is never. Here it is three seconds. */
describe('a boot that is not done by its deadline', () => {
  let own: OwnCloud;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake', NOVAFLOW_SIMULATED_HOSTS: '2', NOVAFLOW_BUILD_TIMEOUT: '3' });
  });
  afterAll(() => own.stop());

  const late = /aborted: it was not ACTIVE after 3 seconds \(compute\.build_timeout\); (\w+) was not done\./;

  it.each([
    { what: 'fails again and again on the conductor', step: 'allocateNetwork', kind: 'error', times: 0 },
    { what: 'takes too long on a host', step: 'spawnServer', kind: 'delay', times: 1, ms: 5_000 },
    { what: 'hangs on a host', step: 'connectVolume', kind: 'hang', times: 1 },
    { what: 'fails again and again at its end', step: 'activateServer', kind: 'error', times: 0 },
  ] as const)('because a step $what: ERROR with that step, and nothing is left', async ({ what: _what, ...fault }) => {
    const tenant = await Tenant.make(own.at);
    const clear = await inject(own.at, { ...fault, project: tenant.api.projectId, phase: 'before' });
    const id = await tenant.post(tenant.volumeServer());
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(late.exec(server.fault?.message ?? '')?.[1]).toBe(fault.step);
    const { claims, ports, volumes } = await tenant.holdings();
    expect({ claims, ports, volumes }).toEqual({ claims: {}, ports: 0, volumes: 0 });
    await tenant.delete(id);
    await clear();
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansOf(own.at, [id])).toEqual([]);
  });

  it('but is ACTIVE, when its last step took effect and could not say so until then', async () => {
    const tenant = await Tenant.make(own.at);
    const project = tenant.api.projectId;
    const clear = await inject(own.at, { project, step: 'activateServer', phase: 'after', kind: 'error', times: 0 });
    const id = await tenant.post();
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await tenant.delete(id);
    await clear();
    expect(await orphansOf(own.at, [id])).toEqual([]);
  });

  it('and every history of these replays', async () => {
    expect(await replayAll(own.at, ofOperations)).toBe(10);
  });
});
