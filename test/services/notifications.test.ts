import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { eventsOf, newOperation, operationKind } from '#services/kernel/operations';
import { until } from '#cli/bench/measure';
import { ServiceApi } from '../setup/service-api.js';

interface Told {
  readonly event_type: string;
  readonly publisher_id: string;
  readonly priority: string;
  readonly project_id: string | null;
  readonly user_id: string | null;
  readonly request_id: string | null;
  readonly resource_id: string;
  readonly payload: Record<string, unknown>;
}
interface Made {
  readonly id: string;
}
interface Page {
  readonly notifications: readonly Told[];
  readonly next: string;
}

const FLAVOR = { name: 'small', vcpus: 2, ram: 64, disk: 3, ephemeral: 1, swap: 0, extra_specs: {} };
const STORY = { summary: '', details: '' };
const REBOOT = operationKind({ kind: 'rebootServer', resource: 'server', events: eventsOf('compute.instance.reboot') });

describe('Notifications', () => {
  let api: ServiceApi;
  let projectId: string;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    projectId = (await api.services.db.project.findFirst({ where: { name: 'admin' } }))!.id;
  });
  afterAll(() => api.stop());

  /** Until no transaction is open that is older than what is told: other tests have theirs on the same server. */
  const settled = () =>
    until(
      async () => {
        const { rows } = await api.database.query(
          'SELECT 1 FROM notifications.notifications WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint',
        );
        return rows.length === 0 || undefined;
      },
      50,
      20_000,
    );
  const list = async (query: string): Promise<Page> => {
    await settled();
    return api.admin.call<Page>('GET', `/internal/notifications?${query}`);
  };
  const of = async (resource: string): Promise<readonly Told[]> => (await list(`resource=${resource}`)).notifications;
  const types = async (resource: string): Promise<string[]> => (await of(resource)).map((n) => n.event_type);
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await api.admin.request<Made & Record<string, Made>>(method, path, body);
    return { body: answer.body, requestId: answer.headers.get('x-openstack-request-id')! };
  };
  const makeServer = async (): Promise<string> => {
    const row = {
      id: randomUUID(),
      project_id: projectId,
      user_id: 'u',
      name: 'vm',
      hostname: 'vm',
      vm_state: 'active',
    };
    const more = {
      flavor_id: 'f',
      flavor: FLAVOR,
      vcpus: 2,
      ram: 64,
      reservation_id: 'r',
      host: 'host-1',
      user_data: 'c2VjcmV0',
    };
    return (await api.services.db.server.create({ data: { ...row, ...more } })).id;
  };
  const asker = () => ({ projectId, userId: 'u', requestId: `req-${randomUUID()}` });

  it('tell the start and the end of each change of a network, with who asked and by which request', async () => {
    const made = await ask('POST', '/network/v2.0/networks', { network: { name: 'a' } });
    const { id } = made.body['network']!;
    await ask('PUT', `/network/v2.0/networks/${id}`, { network: { name: 'b' } });
    await ask('DELETE', `/network/v2.0/networks/${id}`);
    const told = await of(id);
    expect(told.map((n) => n.event_type)).toEqual(
      ['create', 'update', 'delete'].flatMap((deed) => [`network.${deed}.start`, `network.${deed}.end`]),
    );
    expect(told[0]).toMatchObject({ request_id: made.requestId, project_id: projectId, priority: 'INFO' });
    expect(told[0]!.payload).toEqual({ network_id: id, network: { name: 'a' } });
    expect(told[1]!.payload).toMatchObject({ network: { id, name: 'a', project_id: projectId } });
    expect(told[3]!.payload).toMatchObject({ network: { id, name: 'b' } });
    expect(told[5]!.publisher_id).toMatch(/^network\./);
  });

  it('name what Keystone changed by its id alone, so that no password is in them', async () => {
    const { body } = await ask('POST', '/identity/v3/users', {
      user: { name: `told-${randomUUID()}`, password: 'a very secret word' },
    });
    const told = await of(body['user']!.id);
    expect(told.map((n) => [n.event_type, n.payload])).toEqual([
      ['identity.user.created', { resource_info: body['user']!.id }],
    ]);
    const { rows } = await api.database.query(
      "SELECT 1 FROM notifications.notifications WHERE payload::text LIKE '%secret%'",
    );
    expect(rows).toEqual([]);
  });

  it('tell an upload, and that an image was deactivated, as Glance does', async () => {
    const { body } = await ask('POST', '/image/v2/images', {
      name: 'i',
      disk_format: 'raw',
      container_format: 'bare',
    });
    await ask('PUT', `/image/v2/images/${body.id}/file`, Buffer.from('bytes'));
    await ask('POST', `/image/v2/images/${body.id}/actions/deactivate`);
    await ask('DELETE', `/image/v2/images/${body.id}`);
    const told = await of(body.id);
    expect(told.map((n) => n.event_type)).toEqual(
      ['create', 'upload', 'activate', 'deactivate', 'delete'].map((deed) => `image.${deed}`),
    );
    expect(told[2]!.payload).toMatchObject({ id: body.id, status: 'active', size: 5 });
  });

  it('tell an operation’s start and end with the server as the transaction left it, and nothing that is nobody’s business', async () => {
    const id = await makeServer();
    const who = asker();
    const operation = newOperation(REBOOT, id, {}, who, STORY);
    await api.services.operations.add(api.services.db, [operation]);
    await api.services.db.$transaction(async (tx) => {
      await api.services.operations.finish(tx, { operationId: operation.id, state: 'done', story: [] });
      await tx.server.update({ where: { id }, data: { vm_state: 'stopped' } });
    });
    const [start, end, ...more] = await of(id);
    expect(more).toEqual([]);
    expect(start).toMatchObject({
      event_type: 'compute.instance.reboot.start',
      publisher_id: 'compute.host-1',
      user_id: 'u',
      request_id: who.requestId,
    });
    expect(end!.event_type).toBe('compute.instance.reboot.end');
    expect(end!.payload).toMatchObject({ state: 'stopped', instance_type: 'small', disk_gb: 4, display_name: 'vm' });
    expect(JSON.stringify(end!.payload)).not.toContain('c2VjcmV0');
  });

  it('tell that an operation failed, with the fault that its owner reads', async () => {
    const id = await makeServer();
    const operation = newOperation(REBOOT, id, {}, asker(), STORY);
    await api.services.operations.add(api.services.db, [operation]);
    await api.services.db.server.update({
      where: { id },
      data: { fault: { code: 500, message: 'no room', details: 'a chain of causes' } },
    });
    await api.services.operations.finishNow({ operationId: operation.id, state: 'failed', story: [] });
    const [, error] = await of(id);
    expect(error).toMatchObject({ event_type: 'compute.instance.reboot.error', priority: 'ERROR' });
    expect(error!.payload).toMatchObject({ message: 'no room', code: 500 });
    expect(JSON.stringify(error!.payload)).not.toContain('chain of causes');
  });

  it('are as if never written where the transaction is rolled back', async () => {
    const id = await makeServer();
    const operation = newOperation(REBOOT, id, {}, asker(), STORY);
    const failing = api.services.db.$transaction(async (tx) => {
      await api.services.operations.add(tx, [operation]);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await types(id)).toEqual([]);
  });

  it('tell a port that a boot makes and its server’s delete removes, by the request of the server', async () => {
    const [serverId, port] = [await makeServer(), randomUUID()];
    const who = asker();
    const operation = newOperation(REBOOT, serverId, {}, who, STORY);
    await api.services.operations.add(api.services.db, [operation]);
    await api.services.db.server.update({ where: { id: serverId }, data: { operation_id: operation.id } });
    const network = (await ask('POST', '/network/v2.0/networks', { network: {} })).body['network']!;
    await api.services.db.port.create({
      data: {
        id: port,
        project_id: projectId,
        network_id: network.id,
        mac_address: 'm',
        device_id: serverId,
        created_by_nova: true,
      },
    });
    await api.services.neutron.serverPorts.unbind(api.services.db, serverId);
    const told = await of(port);
    expect(told.map((n) => n.event_type)).toEqual([
      'port.create.start',
      'port.create.end',
      'port.delete.start',
      'port.delete.end',
    ]);
    for (const one of told) expect(one).toMatchObject({ request_id: who.requestId, project_id: projectId });
    expect(told[3]!.payload).toMatchObject({ port_id: port, port: { network_id: network.id } });
  });

  it('tell the removal of such a port once where a request for the port itself removes it', async () => {
    const port = randomUUID();
    const network = (await ask('POST', '/network/v2.0/networks', { network: {} })).body['network']!;
    await api.services.db.port.create({
      data: { id: port, project_id: projectId, network_id: network.id, mac_address: 'm', created_by_nova: true },
    });
    await ask('DELETE', `/network/v2.0/ports/${port}`);
    expect((await types(port)).slice(2)).toEqual(['port.delete.start', 'port.delete.end']);
  });

  it('tell the end of a volume’s delete though its record is gone by then', async () => {
    const { body } = await ask('POST', `/volume/v3/${projectId}/volumes`, {
      volume: { size: 1, name: 'v' },
    });
    const { id } = body['volume']!;
    await api.services.cinder.endCreation(id, 'available');
    await ask('DELETE', `/volume/v3/${projectId}/volumes/${id}`);
    const { operation_id } = (await api.services.db.volume.findUnique({ where: { id } }))!;
    await api.services.cinder.removeVolume(id, { operationId: operation_id!, story: [] });
    const told = await of(id);
    expect(told.map((n) => n.event_type)).toEqual(['volume.create.start', 'volume.delete.start', 'volume.delete.end']);
    expect(told[2]!.payload).toMatchObject({ volume_id: id, display_name: 'v', status: 'deleted' });
  });

  it('come in an order in which a reader misses none, though the one that was written first is committed last', async () => {
    const begin = async (): Promise<pg.Client> => {
      const client = new pg.Client({ connectionString: api.databaseUrl });
      await client.connect();
      await client.query('BEGIN');
      return client;
    };
    const write = (client: pg.Client, id: string) =>
      client.query(
        `INSERT INTO notifications.notifications (event_type, publisher_id, resource_type, resource_id, payload)
         VALUES ('test', 'test', 'test', $1, '{}')`,
        [id],
      );
    const { notifications } = api.services;
    const seen: string[] = [];
    await settled();
    let cursor = await notifications.now();
    const read = async (): Promise<void> => {
      const page = await notifications.after(cursor, 1, { eventType: 'test' });
      seen.push(...page.rows.map((n) => n.resource_id));
      cursor = page.cursor;
      if (page.rows.length > 0) await read();
    };
    const [slow, fast] = [await begin(), await begin()];
    try {
      await write(slow, 'slow');
      await write(fast, 'fast');
      await fast.query('COMMIT');
      await read();
      // A reader by ids would have seen `fast` here, and never `slow`, whose id is the lower one.
      expect(seen).toEqual([]);
      await slow.query('COMMIT');
      await settled();
      await read();
      expect(seen).toEqual(['slow', 'fast']);
      await read();
      expect(seen).toHaveLength(2);
    } finally {
      await Promise.all([slow.end(), fast.end()]);
    }
  });

  it('are read in pages, each behind the marker of the one before, and not by who is no operator', async () => {
    const id = await makeServer();
    for (const _ of [1, 2, 3])
      await api.services.operations.add(api.services.db, [newOperation(REBOOT, id, {}, asker(), STORY)]);
    const first = await list(`resource=${id}&limit=2`);
    const second = await list(`resource=${id}&limit=2&marker=${first.next}`);
    expect([first.notifications.length, second.notifications.length]).toEqual([2, 1]);
    expect((await list(`resource=${id}&marker=${second.next}`)).next).toBe(second.next);
    for (const marker of ['1', '1.', '-1.1', '9'.repeat(40)])
      expect((await api.admin.request('GET', `/internal/notifications?marker=${marker}`)).status).toBe(400);
  });

  it('are removed when they are older than they are kept, and only then', async () => {
    const [old, young] = [randomUUID(), randomUUID()];
    await api.database.query(
      `INSERT INTO notifications.notifications (xid, at, event_type, publisher_id, resource_type, resource_id, payload)
       VALUES (1, now() - interval '8 days', 't', 't', 't', $1, '{}'), (2, now() - interval '6 days', 't', 't', 't', $2, '{}')`,
      [old, young],
    );
    expect(await api.services.notifications.purge()).toEqual({ more: false });
    expect([await types(old), await types(young)]).toEqual([[], ['t']]);
  });
});
