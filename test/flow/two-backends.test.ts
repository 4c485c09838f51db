import { readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { inject } from '../setup/faults.js';
import { Machine } from '../setup/machine.js';
import { idle } from '../setup/operations.js';
import { replayAll } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansIn } from '../setup/tenant.js';

describe('a server with volumes on two storage hosts', () => {
  let own: OwnCloud;
  let storage: Machine;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake' });
    storage = new Machine(own.at, 'storage2', ['volume']);
    await storage.start();
    const db = new pg.Client({ connectionString: own.at.databaseUrl });
    await db.connect();
    await until(
      async () => ((await db.query('SELECT 1 FROM cinder.services')).rowCount === 2 ? true : undefined),
      100,
      30_000,
    );
    await db.end();
  });
  afterAll(async () => {
    await storage.remove();
    await own.stop();
  });

  const bytesOn = async (home: string): Promise<string[]> => readdir(path.join(home, 'volumes')).catch(() => []);
  const bytes = async (): Promise<string[]> => [...(await bytesOn(own.at.home)), ...(await bytesOn(storage.disk))];

  /** Two volumes: each goes where the fewest are. */
  async function volumes(tenant: Tenant): Promise<string[]> {
    const ids = [await tenant.postVolume()];
    await tenant.volumeSettled(ids[0]!);
    ids.push(await tenant.postVolume());
    await tenant.volumeSettled(ids[1]!);
    const [here, there] = [await bytesOn(own.at.home), await bytesOn(storage.disk)];
    expect([here.length, there.length]).toEqual([1, 1]);
    return ids;
  }
  const withDisks = (tenant: Tenant, ids: readonly string[]): object => {
    const disks = ids.map((uuid) => ({
      uuid,
      source_type: 'volume',
      destination_type: 'volume',
      boot_index: null,
      delete_on_termination: true,
    }));
    const root = { uuid: tenant.image, source_type: 'image', destination_type: 'local', boot_index: 0 };
    return tenant.server({ block_device_mapping_v2: [root, ...disks] });
  };

  it('is ACTIVE with both, and its delete removes the bytes of both', async () => {
    const tenant = await Tenant.make(own.at);
    const ids = await volumes(tenant);
    const id = await tenant.post(withDisks(tenant, ids));
    const server = await tenant.settled(id);
    expect(server.fault).toBeUndefined();
    expect(server['os-extended-volumes:volumes_attached'].map((v) => v.id).toSorted()).toEqual(ids.toSorted());
    await tenant.delete(id);
    expect(await bytes()).toEqual([]);
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansIn(own.at)).toEqual([]);
    expect(await replayAll(own.at, (w) => w.serverId === id)).toBe(2);
  });

  /** The undo of what one backend refuses is asked of it, too, and must not depend on its being able to. */
  it('of which one refuses is undone on both, though its undo fails at first there, and the volumes are available', async () => {
    const tenant = await Tenant.make(own.at);
    const ids = await volumes(tenant);
    const project = tenant.api.projectId;
    await storage.faults.add({ project, step: 'connectVolume', phase: 'before', kind: 'fatal', times: 0 });
    await storage.faults.add({ project, step: 'disconnectVolume', phase: 'before', kind: 'error', times: 3 });
    const id = await tenant.post(withDisks(tenant, ids));
    const server = await tenant.settled(id);
    expect(server).toMatchObject({ status: 'ERROR' });
    expect(server.fault?.message).toContain('connectVolume');
    await idle(own.at, id);
    const undone = (await tenant.events(id)).filter((e) => e.event === 'undo connectVolume');
    expect(undone.map((e) => e.result)).toEqual(['Success', 'Success']);
    for (const volume of ids) expect((await tenant.showVolume(volume))?.status).toBe('available');
    expect((await bytes()).toSorted()).toEqual(ids.map((v) => `${v}.raw`).toSorted());
    await storage.faults.clear();
    expect(await orphansIn(own.at)).toEqual([]);
    await tenant.delete(id);
    for (const volume of ids) await tenant.deleteVolume(volume);
    expect(await bytes()).toEqual([]);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });

  it('of which one is killed while it connects is ACTIVE with both when it is back', async () => {
    const tenant = await Tenant.make(own.at);
    const ids = await volumes(tenant);
    const project = tenant.api.projectId;
    await storage.faults.add({ project, step: 'connectVolume', phase: 'after', kind: 'crash' });
    const id = await tenant.post(withDisks(tenant, ids));
    await until(() => Promise.resolve(storage.faults.hits().length > 0 ? true : undefined), 50, 60_000);
    await storage.kill();
    await storage.faults.clear();
    await storage.start();
    expect(await tenant.settled(id)).toMatchObject({ status: 'ACTIVE' });
    await tenant.delete(id);
    expect(await bytes()).toEqual([]);
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansIn(own.at)).toEqual([]);
  });

  it('whose boot fails is undone on both, and the volumes are available again', async () => {
    const tenant = await Tenant.make(own.at);
    const ids = await volumes(tenant);
    await inject(own.at, { project: tenant.api.projectId, step: 'spawnServer', phase: 'after', kind: 'fatal' });
    const id = await tenant.post(withDisks(tenant, ids));
    expect((await tenant.settled(id)).status).toBe('ERROR');
    for (const volume of ids) expect((await tenant.showVolume(volume))?.status).toBe('available');
    expect((await bytes()).toSorted()).toEqual(ids.map((v) => `${v}.raw`).toSorted());
    expect(await orphansIn(own.at)).toEqual([]);
    await tenant.delete(id);
    for (const volume of ids) await tenant.deleteVolume(volume);
    expect(await bytes()).toEqual([]);
  });
});
