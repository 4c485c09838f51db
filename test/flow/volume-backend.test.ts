import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cloud } from '#cli/up/cloud';
import { until } from '#cli/bench/measure';
import { startCloud, type TestCloud } from '../setup/clouds.js';
import { inject } from '../setup/faults.js';
import { replayAll } from '../setup/temporal.js';
import { Tenant } from '../setup/tenant.js';

const LIMIT_MS = 60_000;

/** The volume role is taken away here, so the cloud is this file's own. */
describe('a volume', () => {
  let own: { cloud: Cloud; at: TestCloud; stop(): Promise<void> };
  let tenant: Tenant;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake' });
    tenant = await Tenant.make(own.at);
  });
  afterAll(() => own.stop());

  const create = async (): Promise<string> =>
    (await tenant.api.call<{ volume: { id: string } }>('POST', '/volume/v3/volumes', { volume: { size: 1 } })).volume
      .id;
  const settled = (id: string): Promise<string> =>
    until(
      async () => {
        const { volume } = await tenant.api.call<{ volume: { status: string } }>('GET', `/volume/v3/volumes/${id}`);
        return volume.status === 'creating' ? undefined : volume.status;
      },
      50,
      LIMIT_MS,
    );
  const deleted = async (id: string): Promise<void> => {
    await tenant.api.call('DELETE', `/volume/v3/volumes/${id}`);
    await until(
      async () => ((await tenant.api.request('GET', `/volume/v3/volumes/${id}`)).status === 404 ? true : undefined),
      50,
      LIMIT_MS,
    );
  };
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
    const id = await create();
    expect(await settled(id)).toBe('available');
    await clear();
    await deleted(id);
  });

  it('is in error, and can be deleted, when no backend reports in', async () => {
    await volumeRoleLongAway();
    const id = await create();
    expect(await settled(id)).toBe('error');
    await deleted(id);
    await own.cloud.resume('volume');
  });

  it('is made by a backend that reports in a moment later', async () => {
    await volumeRoleLongAway();
    const id = await create();
    await own.cloud.resume('volume');
    expect(await settled(id)).toBe('available');
    await deleted(id);
  });

  it('and every history of these replays', async () => {
    expect(await replayAll(own.at, (id) => /^(create|delete)-volume/.test(id))).toBe(6);
  });
});
