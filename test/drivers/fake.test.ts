import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeHypervisor } from '#drivers/hypervisor/fake';
import { POWER_STATE, type GuestSpec } from '#drivers/hypervisor/index';

const { NOSTATE, RUNNING, PAUSED, SHUTDOWN, SUSPENDED } = POWER_STATE;

describe('the fake hypervisor', () => {
  let directory: string;
  let fake: FakeHypervisor;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'novaflow-fake-'));
    fake = new FakeHypervisor(directory, 0);
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function spawned(): Promise<GuestSpec> {
    const serverId = randomUUID();
    const spec = { serverId, host: 'host', name: 'instance-00000001', vcpus: 1, ram: 64, disks: [], nics: [] };
    await fake.spawn(spec, () => undefined, new AbortController().signal);
    return spec;
  }
  const disk = () => ({ volumeId: randomUUID(), path: '/volume', format: 'raw', device: '/dev/vdb' });
  const card = () => ({ id: randomUUID(), mac: 'fa:16:3e:00:00:01' });

  it('does each action twice as once, ten times in a row, and another process sees what it did', async () => {
    const guest = await spawned();
    for (let round = 0; round < 10; round++) {
      const steps: [() => Promise<void>, number][] = [
        [() => fake.pause(guest), PAUSED],
        [() => fake.unpause(guest), RUNNING],
        [() => fake.suspend(guest), SUSPENDED],
        [() => fake.resume(guest), RUNNING],
        [() => fake.powerOff(guest), SHUTDOWN],
        [() => fake.powerOn(guest), RUNNING],
        [() => fake.reboot(guest), RUNNING],
      ];
      for (const [action, state] of steps) {
        await action();
        await action();
        expect(await new FakeHypervisor(directory, 0).powerState(guest)).toBe(state);
      }
    }
  });

  it('says in Nova’s names what a guest is in no state for', async () => {
    const guest = await spawned();
    const refused = (type: string) => ({ name: 'DriverError', blame: 'guest', type });
    await fake.suspend(guest);
    await expect(fake.pause(guest)).rejects.toMatchObject(refused('InstanceNotRunning'));
    await expect(fake.injectNmi(guest)).rejects.toMatchObject(refused('InstanceNotRunning'));
    await expect(fake.attachDisk(guest, disk())).rejects.toMatchObject(refused('InstanceSuspended'));
    await fake.powerOff(guest);
    for (const action of [
      fake.pause(guest),
      fake.unpause(guest),
      fake.suspend(guest),
      fake.resume(guest),
      fake.injectNmi(guest),
    ])
      await expect(action).rejects.toMatchObject(refused('InstanceNotRunning'));
    const nobody = { serverId: randomUUID(), host: 'host' };
    expect(await fake.powerState(nobody)).toBe(NOSTATE);
    for (const action of [fake.powerOff(nobody), fake.detachDisk(nobody, 'x'), fake.detachCard(nobody, 'x')])
      await action;
    for (const action of [
      fake.powerOn(nobody),
      fake.reboot(nobody),
      fake.injectNmi(nobody),
      fake.attachCard(nobody, card()),
    ])
      await expect(action).rejects.toMatchObject(refused('InstanceNotFound'));
  });

  it('attaches up to 30 devices, each once, and a paused guest keeps what it has', async () => {
    const guest = await spawned();
    const cards = Array.from({ length: 15 }, card);
    const disks = Array.from({ length: 15 }, disk);
    for (const c of [...cards, ...cards]) await fake.attachCard(guest, c);
    for (const d of [...disks, ...disks]) await fake.attachDisk(guest, d);
    await expect(fake.attachDisk(guest, disk())).rejects.toMatchObject({ type: 'TooManyDiskDevices' });
    await expect(fake.attachCard(guest, card())).rejects.toMatchObject({ type: 'InterfaceAttachFailed' });
    const { serverId, host } = guest;
    expect(await fake.devices()).toEqual([
      { serverId, host, volumes: disks.map((d) => d.volumeId), ports: cards.map((c) => c.id) },
    ]);
    await fake.pause(guest);
    await expect(fake.detachDisk(guest, disks[0]!.volumeId)).rejects.toMatchObject({ type: 'DeviceDetachFailed' });
    await fake.unpause(guest);
    for (const d of [...disks, ...disks]) await fake.detachDisk(guest, d.volumeId);
    for (const c of [...cards, ...cards]) await fake.detachCard(guest, c.id);
    await fake.attachDisk(guest, disk());
    expect((await fake.devices())[0]).toMatchObject({ volumes: [expect.any(String)], ports: [] });
  });

  it('works with a simulated guest of version 0.4.0', async () => {
    const guest = await spawned();
    const file = path.join(directory, 'host', `${guest.serverId}.json`);
    await writeFile(file, JSON.stringify({ name: 'instance-00000001', console: 'novaflow: guest up\n' }));
    expect(await fake.powerState(guest)).toBe(RUNNING);
    // It is not known what such a guest has.
    expect(await fake.devices()).toEqual([]);
    await fake.powerOff(guest);
    expect(await fake.powerState(guest)).toBe(SHUTDOWN);
    expect(await fake.console(guest)).toBe('novaflow: guest up\npower off\n');
  });
});
