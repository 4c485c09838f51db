import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import pg from 'pg';
import { describe, expect, inject as provided, it } from 'vitest';
import { activityInterceptors } from '#apps/worker/interceptors';
import { DriverError } from '#drivers/errors';
import { makeLogger } from '#services/kernel/log';
import { CONDUCTOR_QUEUE, volumeQueue } from '#workflows/engine/queues';
import { beQuiet, closed, withTemporal } from '../setup/temporal.js';
import { Tenant } from '../setup/tenant.js';

/** How often the undo fails. NOVAFLOW_UNDO_FAILURES=10000 is the long run. */
const FAILURES = Number(process.env['NOVAFLOW_UNDO_FAILURES'] ?? 300);
const MOST_EVENTS = 100;
/** Each failure is a write of Temporal's; the long run takes minutes. */
const LIMIT_MS = 60_000 + FAILURES * 200;

/** The volume role of a storage host whose driver refuses: the creation for good, its undo as often as is asked. */
async function refusingRole(address: string, host: string, failures: number) {
  beQuiet();
  const connection = await NativeConnection.connect({ address });
  const refused = (): DriverError => new DriverError('input', 'Refused', 'the disk refuses');
  let undone = 0;
  const worker = await Worker.create({
    connection,
    taskQueue: volumeQueue(host),
    interceptors: {
      activity: [
        await activityInterceptors({ cloud: { mode: 'production' }, home: '' }, makeLogger('refusing', 'silent'), {
          rest: '1ms',
        }),
      ],
    },
    activities: {
      connectVolume: () => Promise.reject(refused()),
      disconnectVolume: () => (++undone <= failures ? Promise.reject(refused()) : Promise.resolve()),
    },
  });
  return { connection, worker, attempts: () => undone };
}

describe('an undo that says again and again that it cannot', () => {
  it(
    `is tried again by Temporal's server until it can, and the history of its workflow stays under ${MOST_EVENTS} events`,
    async () => {
      const cloud = provided('fake');
      const tenant = await Tenant.make(cloud);
      const [id, host] = [randomUUID(), `refuses-${randomUUID()}`];
      const db = new pg.Client({ connectionString: cloud.databaseUrl });
      await db.connect();
      // Its backend is chosen already: the storage host that refuses, and that nobody else is given.
      await db.query(
        `INSERT INTO cinder.volumes (id, project_id, user_id, size, status, host) VALUES ($1, $2, 'test', 1, 'creating', $3)`,
        [id, tenant.api.projectId, host],
      );
      const role = await refusingRole(cloud.temporalAddress, host, FAILURES);
      const workflowId = `never-gives-up/${id}`;
      await role.worker.runUntil(
        withTemporal(cloud, async (client) => {
          await client.workflow.start('createVolume', {
            workflowId,
            taskQueue: CONDUCTOR_QUEUE,
            args: [{ volumeId: id, sizeGb: 1, requestId: 'req-test' }],
          });
          await closed(client, workflowId, LIMIT_MS);
          const { historyLength } = await client.workflow.getHandle(workflowId).describe();
          expect(role.attempts()).toBe(FAILURES + 1);
          expect(historyLength).toBeLessThan(MOST_EVENTS);
        }),
      );
      const { rows } = await db.query<{ status: string }>('SELECT status FROM cinder.volumes WHERE id = $1', [id]);
      expect(rows).toEqual([{ status: 'error' }]);
      await db.query('DELETE FROM cinder.volumes WHERE id = $1', [id]);
      await db.end();
      await role.connection.close();
    },
    LIMIT_MS + 30_000,
  );
});
