import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Api } from '#apps/standalone/api';
import { until } from '#cli/bench/measure';
import { Ceilometer } from '#services/ceilometer/index';
import { openDatabase } from '#services/kernel/database';
import { eventsOf, newOperation, operationKind } from '#services/kernel/operations';
import { ServiceApi } from '../setup/service-api.js';

const FLAVOR = { name: 'small', vcpus: 2, ram: 64, disk: 3, ephemeral: 1, swap: 0, extra_specs: {} };
const STORED = `
  SELECT r.type, r.original_resource_id AS original, m.name AS metric, m.unit, m.archive_policy_name AS policy, v.value,
    r.project_id, r.attributes
  FROM gnocchi.resources r JOIN gnocchi.metrics m ON m.resource_id = r.id JOIN gnocchi.measures v ON v.metric_id = m.id
  WHERE r.original_resource_id = $1 ORDER BY m.name`;
const BOOT = operationKind({ kind: 'bootServer', resource: 'server', events: eventsOf('compute.instance.create') });
const DELETE = operationKind({ kind: 'deleteServer', resource: 'server', events: eventsOf('compute.instance.delete') });
const ENDED = 'SELECT type, ended_at FROM gnocchi.resources WHERE original_resource_id = $1';
interface Stored {
  readonly type: string;
  readonly original: string;
  readonly metric: string;
  readonly unit: string;
  readonly policy: string;
  readonly value: number;
  readonly project_id: string | null;
  readonly attributes: Record<string, unknown>;
}

describe('Ceilometer', () => {
  let api: ServiceApi;
  let projectId: string;
  let compute: Api;
  let volume: Api;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    projectId = (await api.services.db.project.findFirst({ where: { name: 'admin' } }))!.id;
    const users = ['nova-compute', 'cinder-volume'].map((binary) => ({
      name: `${binary}@machine-1`,
      password: 'a word for tests only',
      project: 'service',
      role: 'service',
    }));
    await api.services.keystone.bootstrap(users, []);
    const logIn = ({ name, password }: (typeof users)[number]) =>
      Api.login({ authUrl: `${api.config.publicUrl}/identity/v3`, username: name, password, project: 'service' });
    [compute, volume] = (await Promise.all(users.map(logIn))) as [Api, Api];
  });
  afterAll(() => api.stop());

  const makeServer = async (machine: string): Promise<string> => {
    const row = {
      id: randomUUID(),
      project_id: projectId,
      user_id: 'u',
      name: 'vm',
      hostname: 'vm',
      vm_state: 'active',
    };
    const more = { flavor_id: 'f', flavor: FLAVOR, vcpus: 2, ram: 64, reservation_id: 'r', host: machine, machine };
    return (await api.services.db.server.create({ data: { ...row, ...more } })).id;
  };
  const put = (as: Api, ...samples: object[]) => as.request<{ taken: number }>('PUT', '/internal/samples', { samples });
  const stored = async (id: string): Promise<Stored[]> => {
    const { rows } = await api.database.query<Stored>(STORED, [id]);
    return rows;
  };

  /** An operation from its beginning to its end, which the notifications tell of. */
  const finish = async (kind: typeof BOOT, id: string, state: 'done' | 'failed'): Promise<void> => {
    const asker = { projectId, userId: 'u', requestId: 'req-1' };
    const operation = newOperation(kind, id, {}, asker, { summary: '', details: '' });
    await api.services.operations.add(api.services.db, [operation]);
    await api.services.operations.finishNow({ operationId: operation.id, state, story: [] });
  };
  const heard = <T>(look: () => Promise<T | undefined>): Promise<T> =>
    until(
      async () => {
        await api.services.ceilometer.hear();
        return look();
      },
      50,
      20_000,
    );
  const endOf = async (id: string): Promise<Date | null | undefined> =>
    (await api.database.query<{ ended_at: Date | null }>(ENDED, [id])).rows[0]?.ended_at;

  it('keeps what a host measures of its servers by Ceilometer’s names, with what the records say of them', async () => {
    const id = await makeServer('machine-1');
    const at = new Date(Date.now() - 1_000).toISOString();
    const guest = { type: 'instance', id, at, metrics: { cpu: 5_000_000_000, 'power.state': 1 } };
    const disk = { type: 'instance_disk', id, part: 'vda', at, metrics: { 'disk.device.read.bytes': 512 } };
    const card = { type: 'instance_network_interface', id, part: 'tap1', at, metrics: { 'network.incoming.bytes': 7 } };
    expect((await put(compute, guest, disk, card)).body).toEqual({ taken: 6 });
    const found = await stored(id);
    expect(found.map(({ metric, unit, policy, value }) => [metric, unit, policy, value])).toEqual([
      ['cpu', 'ns', 'ceilometer-low-rate', 5_000_000_000],
      ['disk.ephemeral.size', 'GiB', 'ceilometer-low', 1],
      ['disk.root.size', 'GiB', 'ceilometer-low', 3],
      ['power.state', 'state', 'ceilometer-low', 1],
    ]);
    expect(found[0]).toMatchObject({
      type: 'instance',
      project_id: projectId,
      attributes: { display_name: 'vm', host: 'machine-1', flavor_name: 'small' },
    });
    expect(await stored(`${id}-vda`)).toMatchObject([
      { type: 'instance_disk', metric: 'disk.device.read.bytes', attributes: { name: 'vda', instance_id: id } },
    ]);
    const { number } = (await api.services.db.server.findUnique({ where: { id } }))!;
    const name = `instance-${number.toString(16).padStart(8, '0')}`;
    expect(await stored(`${name}-${id}-tap1`)).toMatchObject([{ metric: 'network.incoming.bytes', value: 7 }]);
  });

  it('keeps the same sample once, however often a host that heard no answer sends it', async () => {
    const id = await makeServer('machine-1');
    const sample = { type: 'instance', id, at: new Date().toISOString(), metrics: { vcpus: 2 } };
    for (const _ of [1, 2, 3]) expect((await put(compute, sample)).status).toBe(200);
    expect((await stored(id)).filter(({ metric }) => metric === 'vcpus')).toHaveLength(1);
  });

  it('leaves out the servers of other machines, and those that are gone', async () => {
    const other = await makeServer('machine-2');
    const gone = await makeServer('machine-1');
    await api.services.db.server.update({ where: { id: gone }, data: { deleted_at: new Date() } });
    const at = new Date().toISOString();
    const samples = [other, gone, randomUUID()].map((id) => ({ type: 'instance', id, at, metrics: { cpu: 1 } }));
    expect((await put(compute, ...samples)).body).toEqual({ taken: 0 });
    expect([...(await stored(other)), ...(await stored(gone))]).toEqual([]);
  });

  it('takes of each role what is its own to measure, and of nobody else anything', async () => {
    const at = new Date().toISOString();
    const pool = {
      type: 'volume_provider_pool',
      id: 'machine-1',
      at,
      metrics: { 'volume.provider.pool.capacity.free': 9 },
    };
    const host = { type: 'host', id: 'machine-1', at, metrics: { 'hardware.cpu.load.1min': 0.5 } };
    expect((await put(volume, pool)).body).toEqual({ taken: 1 });
    expect((await put(compute, host)).body).toEqual({ taken: 1 });
    expect((await stored('machine-1'))[0]).toMatchObject({ type: 'host', value: 0.5, project_id: null });
    expect((await put(compute, pool)).status).toBe(403);
    expect((await put(volume, host)).status).toBe(403);
    expect((await put(compute, { ...host, id: 'machine-2' })).status).toBe(403);
    expect((await put(api.admin, host)).status).toBe(403);
  });

  it('keeps how long a boot took when it ends, from the notification of that', async () => {
    const id = await makeServer('machine-1');
    const began = new Date('2026-01-01T00:00:00Z');
    const data = { created_at: began, launched_at: new Date(began.getTime() + 2_500) };
    await api.services.db.server.update({ where: { id }, data });
    await finish(BOOT, id, 'done');
    const found = await heard(async () =>
      (await stored(id)).find(({ metric }) => metric === 'compute.instance.booting.time'),
    );
    expect(found).toMatchObject({ unit: 'sec', value: 2.5, project_id: projectId, attributes: { display_name: 'vm' } });
  });

  it('meters the sizes of volumes and images once in a round, whoever of the conductors asks', async () => {
    const row = { project_id: projectId, user_id: 'u', status: 'available' };
    const many = Array.from({ length: 3 }, (_, i) => ({ ...row, id: randomUUID(), name: `v${i}`, size: i + 1 }));
    await api.services.db.volume.createMany({ data: many });
    const image = { id: randomUUID(), owner: projectId, status: 'active', visibility: 'private', size: 5n };
    await api.services.db.image.create({ data: image });
    const { ceilometer } = api.services;
    await Promise.all([ceilometer.meterRecords(300), ceilometer.meterRecords(300)]);
    await ceilometer.meterRecords(300);
    for (const { id, size } of many)
      expect(await stored(id)).toMatchObject([{ type: 'volume', metric: 'volume.size', unit: 'GiB', value: size }]);
    expect(await stored(image.id)).toMatchObject([{ metric: 'image.size', value: 5, project_id: projectId }]);
    await api.database.query(
      "UPDATE notifications.readers SET next_attempt_at = now() WHERE name = 'ceilometer.records'",
    );
    await ceilometer.meterRecords(300);
    expect(await stored(image.id)).toHaveLength(2);
  });

  it('ends a server with its disks when it is deleted, and a volume and an image, each once and at that time', async () => {
    const [id, other] = [await makeServer('machine-1'), await makeServer('machine-1')];
    const at = new Date(Date.now() - 1_000).toISOString();
    const measured = (server: string) => [
      { type: 'instance', id: server, at, metrics: { cpu: 5 } },
      { type: 'instance_disk', id: server, part: 'vda', at, metrics: { 'disk.device.read.bytes': 512 } },
    ];
    await put(compute, ...measured(id), ...measured(other));
    const volumeId = randomUUID();
    const row = { id: volumeId, project_id: projectId, user_id: 'u', status: 'available', name: 'v', size: 1 };
    await api.services.db.volume.create({ data: row });
    const image = { id: randomUUID(), owner: projectId, status: 'active', visibility: 'private', size: 5n };
    await api.services.db.image.create({ data: image });
    await api.database.query("DELETE FROM notifications.readers WHERE name = 'ceilometer.records'");
    await api.services.ceilometer.meterRecords(300);
    await finish(DELETE, other, 'failed');
    await finish(DELETE, id, 'done');
    await api.services.db.volume.delete({ where: { id: volumeId } });
    expect((await api.admin.request('DELETE', `/image/v2/images/${image.id}`)).status).toBe(204);
    const ends = await heard(async () => {
      const found = await Promise.all([id, `${id}-vda`, volumeId, image.id].map(endOf));
      return found.every((end) => end instanceof Date) ? found : undefined;
    });
    expect(ends[1]).toEqual(ends[0]);
    const { rows } = await api.database.query<{ at: Date }>(
      `SELECT at FROM notifications.notifications WHERE resource_id = $1 AND event_type = 'compute.instance.delete.end'`,
      [id],
    );
    expect(ends[0]).toEqual(rows[0]!.at);
    expect([await endOf(other), await endOf(`${other}-vda`)]).toEqual([null, null]);
    // What is heard twice changes nothing: the end stays, and its history has one entry.
    await api.database.query("UPDATE notifications.readers SET cursor = '0.0' WHERE name = 'ceilometer'");
    await heard(async () => ((await api.services.ceilometer.hear()).state === 'idle' ? true : undefined));
    expect(await endOf(id)).toEqual(ends[0]);
    const history = await api.database.query('SELECT FROM gnocchi.resource_history WHERE id = $1', [id]);
    expect(history.rowCount).toBe(1);
  });

  it('gives every metric the archive policy that the operator chose, in place of the meters’ own', async () => {
    const { gnocchi, readers } = api.services;
    const { sql, close } = openDatabase(api.config.database.connection, 1);
    const chosen = new Ceilometer(sql, gnocchi, readers, 'ceilometer-high-rate');
    const id = await makeServer('machine-1');
    const sample = { type: 'instance', id, at: new Date(), metrics: { cpu: 1, vcpus: 2 } } as const;
    await chosen.collect({ binary: 'nova-compute', machine: 'machine-1' }, [sample]);
    await close();
    expect(new Set((await stored(id)).map(({ policy }) => policy))).toEqual(new Set(['ceilometer-high-rate']));
  });

  it('refuses meters that are none, values that are no numbers, and times that cannot be', async () => {
    const good = {
      type: 'host',
      id: 'machine-1',
      at: new Date().toISOString(),
      metrics: { 'hardware.cpu.load.1min': 1 },
    };
    for (const bad of [
      { ...good, metrics: { 'hardware.cpu.load': 1 } },
      { ...good, metrics: { constructor: 1 } },
      { ...good, metrics: { 'hardware.cpu.load.1min': '1' } },
      { ...good, type: 'volume' },
      { ...good, id: 'a\0b' },
      { ...good, part: '../x' },
      { ...good, at: 'yesterday' },
      { ...good, at: '1970-01-01T00:00:00Z' },
      { ...good, at: '2199-01-01T00:00:00Z' },
      { ...good, more: 1 },
    ])
      expect([(await put(compute, bad)).status, bad]).toEqual([400, bad]);
    expect((await put(compute, ...Array.from({ length: 501 }, () => good))).status).toBe(400);
  });
});
