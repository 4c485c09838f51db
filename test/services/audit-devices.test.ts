import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject as provided, it } from 'vitest';
import { deviceOrphans, devicesForHost } from '#services/audit/devices';
import { ServiceApi } from '../setup/service-api.js';

describe('What an audit says of the devices of guests', () => {
  let api: ServiceApi;
  let id: string;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());

  const owner = { project_id: 'p', user_id: 'u' };
  beforeEach(async () => {
    id = randomUUID();
    await api.services.db.server.create({
      data: {
        id,
        ...owner,
        name: 'vm',
        hostname: 'vm',
        flavor: {},
        flavor_id: '1',
        vcpus: 1,
        ram: 64,
        host: 'host',
        machine: 'machine',
        vm_state: 'active',
        reservation_id: 'r-1',
        updated_at: long,
      },
    });
  });
  const long = new Date(Date.now() - 3_600_000);
  async function attached(more: object = {}): Promise<string> {
    const volume = randomUUID();
    await api.services.db.volume.create({
      data: { id: volume, size: 1, status: 'in-use', ...owner, updated_at: long, ...more },
    });
    await api.services.db.volumeAttachment.create({
      data: { id: randomUUID(), volume_id: volume, server_id: id, mountpoint: '/dev/vdb' },
    });
    return volume;
  }
  const found = (volumes: string[], ports: string[] = [], age = 60, host = 'host') =>
    deviceOrphans(
      api.services.db,
      [{ machine: 'machine', role: 'compute', items: [], devices: [{ owner: id, host, volumes, ports }] }],
      age,
    );

  it('is nothing where each is what the records name', async () => {
    expect(await found([await attached(), await attached()])).toEqual([]);
  });

  it('is that a device is nobody’s, with where it is, and that one is missing', async () => {
    const [volume, stray, card] = [await attached(), randomUUID(), randomUUID()];
    const where = { owner: id, host: 'host', machine: 'machine' };
    expect(await found([stray], [card])).toEqual([
      { kind: 'guest volume', id: stray, ...where, why: 'the guest has it, and no attachment says so' },
      {
        kind: 'guest volume',
        id: volume,
        owner: id,
        why: 'the server is ACTIVE, and its guest has no such disk',
        missing: true,
      },
      { kind: 'guest card', id: card, ...where, why: 'the guest has it, and no port says so' },
    ]);
  });

  it('is nothing of what an operation holds, either way, nor of what has changed a moment ago', async () => {
    const held = await attached({ operation_id: 'operation', status: 'detaching' });
    expect(await found([])).toEqual([]);
    expect(await found([held])).toEqual([]);
    await attached({ updated_at: new Date() });
    expect(await found([])).toEqual([]);
    expect(await found([], [], 0)).toHaveLength(1);
  });

  it('is nothing of a server that is worked on, is deleted, has no guest, or is on another host', async () => {
    const stray = randomUUID();
    expect(await found([stray], [], 60, 'other')).toEqual([]);
    for (const change of [
      `task_state = 'rebooting'`,
      `task_state = NULL, vm_state = 'building'`,
      `vm_state = 'error'`,
      `vm_state = 'active', deleted_at = now()`,
    ]) {
      await api.database.query(`UPDATE nova.servers SET ${change} WHERE id = $1`, [id]);
      expect([change, await found([stray])]).toEqual([change, []]);
    }
  });

  it('is checked once more by the host, to which alone the records are told', async () => {
    const volume = await attached();
    const ask = (binary: string, machine: string) =>
      devicesForHost(api.services.db, { binary, machine } as Parameters<typeof devicesForHost>[1], id);
    expect(await ask('nova-compute', 'machine')).toEqual({ volumes: [volume], ports: [] });
    await expect(ask('nova-compute', 'other')).rejects.toMatchObject({ status: 404 });
    await expect(ask('cinder-volume', 'machine')).rejects.toMatchObject({ status: 404 });
    const stray = {
      kind: 'guest volume',
      id: randomUUID(),
      owner: id,
      host: 'host',
      machine: 'machine',
      why: '',
    } as const;
    expect(await api.services.audit.clearForRepair(stray)).toBe(true);
    expect(await api.services.audit.clearForRepair({ ...stray, id: volume })).toBe(false);
  });
});
