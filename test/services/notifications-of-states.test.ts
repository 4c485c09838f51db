import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { openDatabase, type Database } from '#services/kernel/database';
import { eventsOf, newOperation, operationKind } from '#services/kernel/operations';
import { ServiceApi } from '../setup/service-api.js';

const FLAVOR = { name: 'small', vcpus: 2, ram: 64, disk: 3, ephemeral: 1, swap: 0, extra_specs: {} };
const STOP = operationKind({ kind: 'stopServer', resource: 'server', events: eventsOf('compute.instance.power_off') });

let api: ServiceApi;
beforeAll(async () => {
  api = await ServiceApi.start(provided('databaseUrl'), { NOVAFLOW_NOTIFY_ON_STATE_CHANGE: 'vm_and_task_state' });
});
afterAll(() => api.stop());

async function makeServer(): Promise<string> {
  const row = { project_id: api.admin.projectId, user_id: 'u', name: 'vm', hostname: 'vm', vm_state: 'active' };
  const more = { flavor_id: 'f', flavor: FLAVOR, vcpus: 2, ram: 64, reservation_id: 'r', host: 'host-1' };
  return (await api.services.db.server.create({ data: { id: randomUUID(), ...row, ...more } })).id;
}
const told = async (id: string) =>
  (
    await api.database.query<{ publisher_id: string; request_id: string | null; payload: Record<string, unknown> }>(
      `SELECT publisher_id, request_id, payload FROM notifications.notifications
       WHERE resource_id = $1 AND event_type = 'compute.instance.update' ORDER BY id`,
      [id],
    )
  ).rows;
/** What a server goes through that is stopped, and is then renamed. */
async function stop(db: Database, id: string, operation?: string): Promise<void> {
  const data = { task_state: 'powering-off', ...(operation === undefined ? {} : { operation_id: operation }) };
  await db.server.update({ where: { id }, data });
  await db.server.update({ where: { id }, data: { vm_state: 'stopped', task_state: null, operation_id: null } });
  await db.server.update({ where: { id }, data: { name: 'renamed' } });
}

describe('A change of a server’s state', () => {
  it('is told with what it was and what it is, by the request that it is of', async () => {
    const id = await makeServer();
    const who = { projectId: api.admin.projectId, userId: 'u', requestId: `req-${randomUUID()}` };
    const operation = newOperation(STOP, id, {}, who, { summary: '', details: '' });
    await api.services.operations.add(api.services.db, [operation]);
    await stop(api.services.db, id, operation.id);
    const updates = await told(id);
    expect(updates).toMatchObject([
      { payload: { old_state: 'active', state: 'active', old_task_state: null, new_task_state: 'powering-off' } },
      { payload: { old_state: 'active', state: 'stopped', old_task_state: 'powering-off', new_task_state: null } },
    ]);
    for (const one of updates)
      expect(one).toMatchObject({
        publisher_id: 'compute.host-1',
        request_id: who.requestId,
        payload: { instance_id: id, display_name: 'vm', bandwidth: {} },
      });
  });

  it('is told of what the API changes at once', async () => {
    const id = await makeServer();
    await api.admin.call('POST', `/compute/v2.1/servers/${id}/action`, { 'os-resetState': { state: 'error' } });
    expect(await told(id)).toMatchObject([{ payload: { old_state: 'active', state: 'error' } }]);
  });

  it.each([
    ['vm_state', ['stopped']],
    [undefined, []],
  ])('is told as far as the setting says: %s', async (notify_on_state_change, states) => {
    const id = await makeServer();
    const parameters = notify_on_state_change === undefined ? {} : { notify_on_state_change };
    const { db, close } = openDatabase(api.databaseUrl, 1, parameters);
    try {
      await stop(db, id);
      expect((await told(id)).map(({ payload }) => payload['state'])).toEqual(states);
    } finally {
      await close();
    }
  });
});
