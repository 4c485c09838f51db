import { expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { Tenant } from '../setup/tenant.js';

interface Event {
  action: string;
  outcome: string;
  initiator: { project_id?: string };
  target: { id: string; typeURI: string };
  reason: { reasonCode: string };
}

/** Who booted a server is found by the request id that the server's story has. */
it('a boot and a delete of a server are in the audit trail, found by the request ids of the server’s actions', async () => {
  const tenant = await Tenant.make(provided('fake'));
  const id = await tenant.post();
  await tenant.settled(id);
  const { instanceActions: actions } = await tenant.api.call<{ instanceActions: { request_id: string }[] }>(
    'GET',
    `/compute/v2.1/servers/${id}/os-instance-actions`,
  );
  const [boot] = actions;
  const event = await until(
    async () =>
      (await tenant.admin.call<{ events: Event[] }>('GET', `/internal/audit-trail?request_id=${boot!.request_id}`))
        .events[0],
    50,
    10_000,
  );
  expect(event).toMatchObject({
    action: 'create',
    outcome: 'success',
    initiator: { project_id: tenant.api.projectId },
    target: { id, typeURI: 'service/compute/server' },
    reason: { reasonCode: '202' },
  });
  await tenant.delete(id);
  const gone = await until(
    async () =>
      (await tenant.admin.call<{ events: Event[] }>('GET', `/internal/audit-trail?target=${id}&action=delete`))
        .events[0],
    50,
    10_000,
  );
  expect(gone).toMatchObject({ outcome: 'success', reason: { reasonCode: '204' } });
  expect((await tenant.api.request('GET', '/internal/audit-trail')).status).toBe(403);
});
