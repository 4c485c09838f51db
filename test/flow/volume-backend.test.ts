import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { inject } from '../setup/faults.js';
import { workflowOf } from '../setup/operations.js';
import { ofOperations, replayAll, withTemporal } from '../setup/temporal.js';
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

  const reportedIn = async (ago: string): Promise<void> => {
    const db = new pg.Client({ connectionString: own.at.databaseUrl });
    await db.connect();
    await db.query(`UPDATE cinder.services SET updated_at = now() - $1::interval`, [ago]);
    await db.end();
  };
  /** The role is away, and has been for longer than a role that is up is silent. */
  const volumeRoleLongAway = async (): Promise<void> => {
    await own.cloud.suspend('volume');
    await reportedIn('2 minutes');
  };

  const failedPlacings = (workflow: string): Promise<number> =>
    withTemporal(own.at, async (client) => {
      const { events } = await client.workflow.getHandle(workflow).fetchHistory();
      return (events ?? []).filter((e) => e.activityTaskFailedEventAttributes).length;
    });

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
    const workflow = await workflowOf(own.at, 'createVolume', id);
    await until(async () => ((await failedPlacings(workflow)) > 0 ? true : undefined), 50, 60_000);
    // What a role does first when it is up; the process itself takes its time on a busy machine.
    await reportedIn('0');
    await own.cloud.resume('volume');
    expect(await tenant.volumeSettled(id)).toBe('available');
    await tenant.deleteVolume(id);
  });

  it('and every history of these replays', async () => {
    expect(await replayAll(own.at, ofOperations)).toBe(6);
  });
});
