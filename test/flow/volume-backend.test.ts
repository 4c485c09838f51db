import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { inject } from '../setup/faults.js';
import { ofOperations, replayAll } from '../setup/temporal.js';
import { Tenant } from '../setup/tenant.js';

/** The volume role is taken away here, so the cloud is this file's own. */
describe('a volume', () => {
  let own: OwnCloud;
  let tenant: Tenant;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake' });
    tenant = await Tenant.make(own.at);
  });
  afterAll(() => own.stop());

  /** The role is away, and has been for longer than a role that is up is silent. */
  const volumeRoleLongAway = async (): Promise<void> => {
    await own.cloud.suspend('volume');
    const db = new pg.Client({ connectionString: own.at.databaseUrl });
    await db.connect();
    await db.query(`UPDATE cinder.services SET updated_at = now() - interval '2 minutes'`);
    await db.end();
  };

  it('waits for a conductor or a database that comes back, however often its first step fails meanwhile', async () => {
    const project = tenant.api.projectId;
    const clear = await inject(own.at, { project, step: 'placeVolume', phase: 'before', kind: 'error', times: 8 });
    const id = await tenant.postVolume();
    expect(await tenant.volumeSettled(id)).toBe('available');
    await clear();
    await tenant.deleteVolume(id);
  });

  it('is in error, and can be deleted, when no backend reports in', async () => {
    await volumeRoleLongAway();
    const id = await tenant.postVolume();
    expect(await tenant.volumeSettled(id)).toBe('error');
    await tenant.deleteVolume(id);
    await own.cloud.resume('volume');
  });

  it('is made by a backend that reports in a moment later', async () => {
    await volumeRoleLongAway();
    const id = await tenant.postVolume();
    await own.cloud.resume('volume');
    expect(await tenant.volumeSettled(id)).toBe('available');
    await tenant.deleteVolume(id);
  });

  it('and every history of these replays', async () => {
    expect(await replayAll(own.at, ofOperations)).toBe(6);
  });
});
