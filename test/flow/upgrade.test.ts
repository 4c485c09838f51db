import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { applyMigrations } from '#services/kernel/migrations/apply';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { inject, struck } from '../setup/faults.js';
import { makeOlder } from '../setup/older-database.js';
import { workflowOf } from '../setup/operations.js';
import { withTemporal } from '../setup/temporal.js';
import { Tenant } from '../setup/tenant.js';

/** The queue that conductors up to 0.4.0 polled. */
const OLDER_QUEUE = 'nova-conductor';

describe('a database of 0.4.0', () => {
  const name = `upgrade_${randomUUID().slice(0, 8)}`;
  const { databaseUrl } = provided('fake');
  let admin: pg.Client;
  let db: pg.Client;
  let url: string;
  beforeAll(async () => {
    admin = new pg.Client({ connectionString: databaseUrl });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name}`);
    const own = new URL(databaseUrl);
    own.pathname = `/${name}`;
    url = own.href;
    db = new pg.Client({ connectionString: url });
    await db.connect();
  });
  afterAll(async () => {
    await db.end();
    await admin.query(`DROP DATABASE ${name}`);
    await admin.end();
  });

  it('keeps its instance actions with their events, and begins again what had not ended, above its old fence', async () => {
    await makeOlder(db, '0.4.0');
    const [done, building, deleting, volume] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const server = (id: string, vm_state: string, task_state: string | null, round: number): Promise<unknown> =>
      db.query(
        `INSERT INTO nova.servers (id, project_id, user_id, name, hostname, vm_state, task_state, flavor_id, flavor, vcpus, ram, reservation_id, boot_round)
         VALUES ($1, 'p', 'u', 'n', 'n', $2, $3, '42', '{}', 1, 64, 'r', $4)`,
        [id, vm_state, task_state, round],
      );
    const action = (serverId: string, what: string, ended: boolean): Promise<{ rows: { id: string }[] }> =>
      db.query(
        `INSERT INTO nova.instance_actions (id, server_id, action, request_id, user_id, project_id, workflow_id, finish_time)
         VALUES ($1, $2, $3, 'req-' || $3, 'u', 'p', 'w', ${ended ? 'now()' : 'NULL'}) RETURNING id`,
        [randomUUID(), serverId, what],
      );
    await server(done, 'active', null, 1);
    await server(building, 'building', 'spawning', 3);
    await server(deleting, 'building', 'deleting', 1);
    const { rows } = await action(done, 'create', true);
    await db.query(
      `INSERT INTO nova.instance_action_events (action_id, position, event, start_time, finish_time, result)
       VALUES ($1, 0, 'scheduleServer', now(), now(), 'Error'), ($1, 1, 'undo scheduleServer', now(), now(), 'Success')`,
      [rows[0]!.id],
    );
    await action(building, 'create', false);
    await action(deleting, 'create', false);
    await action(deleting, 'delete', false);
    await db.query(
      `INSERT INTO nova.request_specs (server_id, spec) VALUES ($1, '{"serverId": "x", "schedulerHints": {}}')`,
      [building],
    );
    await db.query(
      `INSERT INTO cinder.volumes (id, project_id, user_id, size, status) VALUES ($1, 'p', 'u', 2, 'creating')`,
      [volume],
    );

    await applyMigrations(url);
    const operations = async (id: string): Promise<object[]> =>
      (
        await db.query<object>(
          `SELECT kind, action, state, input, steps, replaces, finished_at IS NULL AS open FROM operations.operations
           WHERE resource_id = $1 ORDER BY kind`,
          [id],
        )
      ).rows;
    expect(await operations(done)).toMatchObject([
      {
        kind: 'bootServer',
        action: 'create',
        state: 'done',
        open: false,
        steps: [
          { step: 'scheduleServer', status: 'failed' },
          { step: 'scheduleServer', status: 'undone' },
        ],
      },
    ]);
    expect(await operations(building)).toMatchObject([
      {
        state: 'requested',
        open: true,
        input: { serverId: 'x', generation: 4 },
        replaces: [`delete-server/${building}`, `boot-server/${building}`],
      },
    ]);
    expect(await operations(deleting)).toMatchObject([
      { kind: 'bootServer', state: 'undone', open: false },
      { kind: 'deleteServer', state: 'requested', open: true, input: { serverId: deleting } },
    ]);
    expect(await operations(volume)).toMatchObject([
      { kind: 'createVolume', state: 'requested', input: { volumeId: volume, sizeGb: 2 } },
    ]);
    const { rows: worked } = await db.query('SELECT id FROM nova.servers WHERE operation_id IS NOT NULL ORDER BY id');
    expect(worked.map((r: { id: string }) => r.id)).toEqual([building, deleting].toSorted());
  });
});

describe('a boot that an older version began', () => {
  let own: OwnCloud;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake' });
  });
  afterAll(() => own.stop());

  it('is begun again under its operation, after the older workflow was ended, waits for its host, and ends ACTIVE', async () => {
    const cloud = own.at;
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    const db = new pg.Client({ connectionString: cloud.databaseUrl });
    await db.connect();
    // Its workflow comes as far as a host, and is gone; the older one is open, and no conductor takes it up.
    const clear = await inject(cloud, { project, step: 'spawnServer', phase: 'before', kind: 'delay', ms: 60_000 });
    const id = await tenant.post(tenant.volumeServer());
    await struck(cloud, id);
    const [older, again] = [`boot-server/${id}`, randomUUID()];
    await withTemporal(cloud, async (client) => {
      await client.workflow.start('bootServer', { workflowId: older, taskQueue: OLDER_QUEUE, args: [{}] });
      await client.workflow.getHandle(await workflowOf(cloud, 'bootServer', id)).terminate('upgraded');
    });
    // All was stopped for the upgrade, and the conductor is up first.
    await own.cloud.suspend('compute');
    await db.query(`UPDATE nova.services SET updated_at = now() - interval '5 minutes'`);
    await db.query(
      `WITH begun AS (
         UPDATE operations.operations SET id = $2, state = 'requested', started_at = NULL, replaces = ARRAY[$3],
           input = input || '{"generation": 2}', next_attempt_at = now() WHERE resource_id = $1 RETURNING id)
       UPDATE nova.servers SET operation_id = begun.id FROM begun WHERE nova.servers.id = $1`,
      [id, again, older],
    );
    await clear();
    await withTemporal(cloud, async (client) => {
      const refused = async (): Promise<true | undefined> => {
        const { events } = await client.workflow.getHandle(again).fetchHistory();
        return (events ?? []).some((e) => e.activityTaskFailedEventAttributes) ? true : undefined;
      };
      await until(() => refused().catch(() => undefined), 50, 60_000);
    });
    await own.cloud.resume('compute');
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await withTemporal(cloud, async (client) => {
      expect((await client.workflow.getHandle(older).describe()).status.name).toBe('TERMINATED');
      const ended = async (): Promise<true | undefined> =>
        (await client.workflow.getHandle(again).describe()).status.name === 'COMPLETED' ? true : undefined;
      await until(ended, 50, 60_000);
    });
    const { rows } = await db.query<{ generation: number }>('SELECT generation FROM nova.servers WHERE id = $1', [id]);
    expect(rows).toEqual([{ generation: 3 }]);
    await tenant.delete(id);
    await db.end();
  });
});
