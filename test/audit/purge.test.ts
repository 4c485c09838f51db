import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { CONDUCTOR_QUEUE } from '#workflows/engine/queues';
import { withTemporal } from '../setup/temporal.js';
import { Tenant } from '../setup/tenant.js';

/** What was deleted is kept for a while, and then removed by a schedule. */
describe('a purge', () => {
  const cloud = provided('fake');
  let db: pg.Client;
  beforeAll(async () => {
    db = new pg.Client({ connectionString: cloud.databaseUrl });
    await db.connect();
  });
  afterAll(() => db.end());

  it('is scheduled daily, removes what was deleted long ago with its story, and keeps the rest', async () => {
    const tenant = await Tenant.make(cloud);
    const [old, recent, alive] = [await tenant.post(), await tenant.post(), await tenant.post()];
    for (const id of [old, recent, alive]) await tenant.settled(id);
    await tenant.delete(old);
    await tenant.delete(recent);
    await db.query(`UPDATE nova.servers SET deleted_at = deleted_at - interval '31 days' WHERE id = $1`, [old]);
    await withTemporal(cloud, async (client) => {
      const { spec } = await client.schedule.getHandle('purge').describe();
      expect(spec.intervals).toMatchObject([{ every: 86_400_000 }]);
      await client.workflow.execute('purge', { workflowId: `purge/${old}`, taskQueue: CONDUCTOR_QUEUE });
    });
    const actions = (id: string): Promise<{ status: number }> =>
      tenant.api.request('GET', `/compute/v2.1/servers/${id}/os-instance-actions`);
    expect((await actions(old)).status).toBe(404);
    expect((await actions(recent)).status).toBe(200);
    const { rows } = await db.query('SELECT 1 FROM operations.operations WHERE resource_id = $1', [old]);
    expect(rows).toEqual([]);
    await tenant.delete(alive);
  });
});
