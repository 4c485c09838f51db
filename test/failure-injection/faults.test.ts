import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { FaultStore } from '#apps/faults/store';
import { ROOT } from '#config';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { Tenant, adminOf } from '../setup/tenant.js';

const run = promisify(execFile);

/** Injection as a product feature: by command, by endpoint, loud, and not there at all in production. */
describe('npm run faults', () => {
  const cloud = provided('fake');
  const faults = async (...args: string[]): Promise<string> => {
    const command = path.join(ROOT, 'dist/cli/faults.js');
    const env = { ...process.env, NOVAFLOW_HOME: cloud.home };
    return (await run(process.execPath, [command, ...args], { env })).stdout;
  };

  it('adds a fault that strikes as often as it says, lists it with its strikes, and clears it', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    const options = ['--phase', 'after', '--kind', 'error', '--times', '2', '--project', project];
    const added = await faults('add', 'spawnServer', ...options);
    expect(added).toMatch(/^\w{8} {2}error after spawnServer, 2 times in a workflow, in project/);
    const id = await tenant.post();
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    const fault = added.slice(0, 8);
    expect(await faults('list')).toContain(`${added.trim()}; struck 2`);
    const log = await readFile(path.join(cloud.home, 'logs/host.log'), 'utf8');
    expect(log).toContain('FAILURE INJECTION IS ON');
    expect(log).toContain('INJECTED FAULT');
    expect(await faults('clear', fault)).toBe('1 cleared.\n');
    expect(await faults('list')).not.toContain(fault);
    await tenant.delete(id);
  });

  it('says what is wrong with a fault, and sets none', async () => {
    const before = new FaultStore(cloud.home).list().length;
    const wrong = async (...args: string[]): Promise<string> =>
      faults(...args).then(
        () => 'no error',
        (error: unknown) => (error as { stderr: string }).stderr,
      );
    expect(await wrong('add', 'makeTea')).toContain('Allowed choices are validateToken, scheduleServer');
    expect(await wrong('add', 'spawnServer', '--kind', 'sulk')).toContain('Allowed choices are error, fatal, delay');
    expect(await wrong('add', 'spawnServer', '--times', '-1')).toContain('a whole number of at least 0');
    expect(await wrong('add', 'activateServer', '--kind', 'disconnect')).toContain('goes with the phase after');
    expect(await wrong('clear', 'nothing')).toContain('There is no fault nothing.');
    expect(new FaultStore(cloud.home).list().length).toBe(before);
  });
});

describe('/internal/faults', () => {
  const cloud = provided('fake');

  it('does the same for administrators, and refuses everyone else', async () => {
    const tenant = await Tenant.make(cloud);
    const admin = await adminOf(cloud);
    const body = { step: 'spawnServer', phase: 'before', kind: 'delay', ms: 5, project: tenant.api.projectId };
    expect((await tenant.api.request('POST', '/internal/faults', body)).status).toBe(403);
    const { fault } = await admin.call<{ fault: { id: string } }>('POST', '/internal/faults', body);
    const id = await tenant.post();
    await tenant.settled(id);
    const { faults } = await admin.call<{ faults: { id: string; hits: number }[] }>('GET', '/internal/faults');
    expect(faults.find((f) => f.id === fault.id)).toMatchObject({ ...body, times: 1, hits: 1 });
    expect((await admin.request('DELETE', `/internal/faults/${fault.id}`)).status).toBe(204);
    expect((await admin.request('DELETE', `/internal/faults/${fault.id}`)).status).toBe(404);
    await tenant.delete(id);
  });

  it('says what is wrong with a fault', async () => {
    const admin = await adminOf(cloud);
    const answer = await admin.request('POST', '/internal/faults', { step: 'makeTea', phase: 'before', kind: 'error' });
    expect(answer).toMatchObject({ status: 400, body: { badRequest: { code: 400 } } });
    expect(JSON.stringify(answer.body)).toContain('There is no step makeTea. Steps: validateToken');
    expect((await admin.request('POST', '/internal/faults', { step: 'spawnServer', kind: 'error' })).status).toBe(400);
  });
});

describe('in production', () => {
  let own: OwnCloud;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake', NOVAFLOW_MODE: 'production' });
  });
  afterAll(() => own.stop());

  it('no fault strikes, and there is no endpoint for them', async () => {
    const store = new FaultStore(own.at.home);
    await store.add({ step: 'spawnServer', phase: 'before', kind: 'fatal', times: 0 });
    await store.add({ step: 'activateServer', phase: 'after', kind: 'disconnect', times: 0 });
    const tenant = await Tenant.make(own.at);
    const id = await tenant.post();
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    expect(store.hits()).toEqual([]);
    expect((await tenant.admin.request('GET', '/internal/faults')).status).toBe(404);
    await tenant.delete(id);
  });
});
