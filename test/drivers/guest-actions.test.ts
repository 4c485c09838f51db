import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GUEST_UP, guestImage } from '#apps/standalone/guest-image';
import { until } from '#cli/bench/measure';
import { POWER_STATE, type GuestSpec } from '#drivers/hypervisor/index';
import type { QemuHypervisor } from '#drivers/hypervisor/qemu';
import { Qmp } from '#drivers/hypervisor/qmp';
import { processOf } from '../setup/processes.js';
import { HOST, QemuGuests } from '../setup/qemu-guests.js';

const { NOSTATE, RUNNING, PAUSED, SHUTDOWN, SUSPENDED } = POWER_STATE;
const DOWN = 'going down';
const GRACE = 20;
const card = (last: number) => ({ id: randomUUID(), mac: `fa:16:3e:00:00:0${last}` });
const refused = (type: string) => ({ name: 'DriverError', blame: 'guest', type });

describe('a guest on QEMU', () => {
  let guests: QemuGuests;
  let qemu: QemuHypervisor;
  beforeEach(async () => {
    guests = await QemuGuests.open();
    qemu = guests.driver();
  });
  afterEach(() => guests.end());

  const ticksOn = async (guest: GuestSpec): Promise<void> => {
    const now = await guests.tick(guest);
    await until(async () => ((await guests.tick(guest)) > now ? true : undefined), 50, 60_000);
  };
  const boots = async (guest: GuestSpec): Promise<number> => (await qemu.console(guest)).split(GUEST_UP).length - 1;
  /** What QEMU has of a disk by its volume's id. */
  const serialOf = async (guest: GuestSpec, volumeId: string): Promise<unknown> => {
    using qmp = await Qmp.open(path.join(guests.folderOf(guest), 'run'), 'qmp.sock');
    return await qmp.execute('qom-get', {
      path: `/machine/peripheral/disk-${volumeId}/virtio-backend`,
      property: 'serial',
    });
  };

  it('is stopped, started, rebooted, paused and suspended ten times in a row, each time twice', async () => {
    const guest = await guests.spawned();
    const pids = new Set<number | undefined>();
    for (let round = 1; round <= 10; round++) {
      await guests.says(guest, GUEST_UP, 3 * round - 2);
      for (const [action, state] of [
        [() => qemu.pause(guest), PAUSED],
        [() => qemu.unpause(guest), RUNNING],
        [() => qemu.suspend(guest), SUSPENDED],
        [() => qemu.resume(guest), RUNNING],
        [() => qemu.powerOff(guest, 0), SHUTDOWN],
        [() => qemu.powerOn(guest), RUNNING],
      ] as const) {
        await action();
        await action();
        expect(await guests.driver().powerState(guest)).toBe(state);
      }
      await guests.says(guest, GUEST_UP, 3 * round - 1);
      pids.add(await processOf(guest.serverId));
      await qemu.reboot(guest, round % 2 === 0 ? 'SOFT' : 'HARD', GRACE);
      await guests.says(guest, GUEST_UP, 3 * round);
      pids.add(await processOf(guest.serverId));
      if (round < 10) await qemu.reboot(guest, 'HARD', 0);
    }
    expect(pids.size).toBe(20);
    expect(await boots(guest)).toBe(30);
    // Only a soft reboot has pressed the button.
    expect((await qemu.console(guest)).split(DOWN)).toHaveLength(6);
    expect(await readdir(guests.folderOf(guest))).not.toContain('memory');
  }, 180_000);

  it('is measured: its processors’ time grows, its disks are counted, and without a process nothing is made up', async () => {
    const disk = await guests.disk();
    const guest = await guests.spawned({ disks: [disk] });
    await guests.says(guest, GUEST_UP, 1);
    const only = async () => (await qemu.samples()).find(({ serverId }) => serverId === guest.serverId)!;
    const first = await only();
    expect(first).toMatchObject({ host: HOST, vcpus: guest.vcpus, ram: guest.ram, powerState: RUNNING });
    expect(first.process!.residentBytes).toBeGreaterThan(2 ** 20);
    expect(first.disks.map(({ device }) => device)).toEqual(['vda', 'vdb']);
    // It has read its boot sector at least.
    expect(first.disks[0]!.readBytes).toBeGreaterThanOrEqual(512);
    expect(first.disks[0]!.readRequests).toBeGreaterThanOrEqual(1);
    expect(first.disks[1]).toMatchObject({ writeBytes: 0, capacityBytes: 2 ** 30 });
    const later = await until(
      async () => {
        const now = await only();
        return now.process!.cpuNs > first.process!.cpuNs ? now : undefined;
      },
      50,
      60_000,
    );
    expect(later.cards).toEqual([]);
    await qemu.powerOff(guest, 0);
    expect(await only()).toMatchObject({ powerState: SHUTDOWN, disks: [], cards: [] });
    expect((await only()).process).toBeUndefined();
  });

  it('takes an NMI when it runs or is paused, and goes on', async () => {
    const guest = await guests.spawned();
    await ticksOn(guest);
    await qemu.injectNmi(guest);
    await ticksOn(guest);
    await qemu.pause(guest);
    await qemu.injectNmi(guest);
    expect(await qemu.powerState(guest)).toBe(PAUSED);
    await qemu.unpause(guest);
    await ticksOn(guest);
    expect(await boots(guest)).toBe(1);
    await qemu.suspend(guest);
    await expect(qemu.injectNmi(guest)).rejects.toMatchObject(refused('InstanceNotRunning'));
    await qemu.powerOff(guest, 0);
    await expect(qemu.injectNmi(guest)).rejects.toMatchObject(refused('InstanceNotRunning'));
  });

  it('goes down by its power button, and is not started with the machine until it is switched on', async () => {
    const guest = await guests.spawned();
    await guests.says(guest, GUEST_UP);
    await qemu.powerOff(guest, GRACE);
    await guests.says(guest, DOWN);
    expect(await processOf(guest.serverId)).toBeUndefined();
    await qemu.stopWithMachine();
    expect(await guests.driver().startWithMachine()).toEqual([]);
    expect(await qemu.powerState(guest)).toBe(SHUTDOWN);
    await qemu.powerOn(guest);
    await guests.says(guest, GUEST_UP, 2);
  });

  it('is switched off after the grace when it ignores the button, and so is a soft reboot a hard one', async () => {
    const image = await guests.imageOf(guestImage({ deaf: true }));
    const guest = await guests.spawned({ root: { image, format: 'raw', size: 2 ** 20 } });
    await guests.says(guest, 'server ');
    const began = Date.now();
    await qemu.reboot(guest, 'SOFT', 1);
    await guests.says(guest, GUEST_UP, 2);
    await qemu.powerOff(guest, 1);
    expect(Date.now() - began).toBeGreaterThan(2_000);
    expect(await qemu.powerState(guest)).toBe(SHUTDOWN);
    expect(await qemu.console(guest)).not.toContain(DOWN);
  });

  it('that switches itself off is seen to be off', async () => {
    const guest = await guests.spawned();
    await guests.says(guest, 'server ');
    using qmp = await Qmp.open(path.join(guests.folderOf(guest), 'run'), 'qmp.sock');
    // Nobody asked the driver for this, as when its user types poweroff.
    await qmp.execute('system_powerdown');
    await until(async () => ((await qemu.powerState(guest)) === SHUTDOWN ? true : undefined), 50, 30_000);
    expect(await guests.driver().startWithMachine()).toEqual([]);
    expect(await qemu.powerState(guest)).toBe(SHUTDOWN);
    await qemu.powerOn(guest);
    expect(await qemu.powerState(guest)).toBe(RUNNING);
  });

  it('goes on with its memory after it was suspended, also by another role and with a disk plugged before', async () => {
    const guest = await guests.spawned({ nics: [card(1)], configDrive: { 'openstack/latest/meta_data.json': '{}' } });
    await ticksOn(guest);
    const disk = await guests.disk();
    await qemu.attachDisk(guest, disk);
    await until(async () => ((await guests.devices(guest)).length === 4 ? true : undefined), 50, 30_000);
    for (let round = 1; round <= 3; round++) {
      await ticksOn(guest);
      const before = await guests.tick(guest);
      await guests.driver().suspend(guest);
      expect(await processOf(guest.serverId)).toBeUndefined();
      const memory = await stat(path.join(guests.folderOf(guest), 'memory'));
      expect([memory.uid, memory.mode & 0o777]).toEqual([process.getuid!(), 0o600]);
      await guests.driver().stopWithMachine();
      expect(await guests.driver().startWithMachine()).toEqual([]);
      await guests.driver().resume(guest);
      await ticksOn(guest);
      const after = await guests.tick(guest);
      expect(after).toBeGreaterThan(before);
      expect(after).toBeLessThan(before + 0x200);
    }
    expect(await boots(guest)).toBe(1);
    // What was plugged before can still be taken away.
    await qemu.detachDisk(guest, disk.volumeId);
    await until(async () => ((await guests.devices(guest)).length === 3 ? true : undefined), 50, 30_000);
  }, 120_000);

  it('loses its saved memory when it is switched off or rebooted, and never loads it over newer disks', async () => {
    const guest = await guests.spawned();
    const memory = async () => (await readdir(guests.folderOf(guest))).includes('memory');
    await qemu.suspend(guest);
    await qemu.powerOff(guest, GRACE);
    expect([await memory(), await qemu.powerState(guest)]).toEqual([false, SHUTDOWN]);
    await qemu.powerOn(guest);
    await qemu.suspend(guest);
    await qemu.reboot(guest, 'HARD', 0);
    expect([await memory(), await qemu.powerState(guest)]).toEqual([false, RUNNING]);
    await qemu.suspend(guest);
    await writeFile(path.join(guests.folderOf(guest), 'memory'), 'not what QEMU wrote');
    await expect(qemu.resume(guest)).rejects.toThrow(/migration|stream/i);
    expect([await memory(), await qemu.powerState(guest)]).toEqual([true, SUSPENDED]);
    expect(await processOf(guest.serverId)).toBeUndefined();
  });

  it('runs on when its memory cannot be written, and can be suspended later', async () => {
    const guest = await guests.spawned();
    await ticksOn(guest);
    // A folder that is not empty stands where the file is to be.
    const place = path.join(guests.folderOf(guest), 'memory');
    await mkdir(path.join(place, 'full'), { recursive: true });
    await expect(qemu.suspend(guest)).rejects.toMatchObject({ blame: 'host', type: 'InstanceSuspendFailure' });
    expect(await qemu.powerState(guest)).toBe(RUNNING);
    await ticksOn(guest);
    await rm(place, { recursive: true });
    await qemu.suspend(guest);
    expect(await qemu.powerState(guest)).toBe(SUSPENDED);
    await qemu.resume(guest);
    await ticksOn(guest);
    expect(await boots(guest)).toBe(1);
  });

  it('is given disks and cards and lets go of them while it runs, ten times in a row, each time twice', async () => {
    const guest = await guests.spawned();
    const [disk, nic] = [await guests.disk(), card(2)];
    await guests.says(guest, 'server ');
    const { serverId, host } = guest;
    for (let round = 1; round <= 10; round++) {
      expect(await qemu.devices()).toEqual([{ serverId, host, volumes: [], ports: [] }]);
      for (const _ of [1, 2]) await qemu.attachDisk(guest, disk);
      for (const _ of [1, 2]) await qemu.attachCard(guest, nic);
      expect(await qemu.devices()).toEqual([{ serverId, host, volumes: [disk.volumeId], ports: [nic.id] }]);
      await until(async () => ((await guests.devices(guest)).length === 3 ? true : undefined), 50, 30_000);
      expect(await guests.devices(guest)).toEqual(['disk 02 00000800', 'disk 03 00200000', 'card 04 fa163e000002']);
      for (const _ of [1, 2]) await qemu.detachDisk(guest, disk.volumeId);
      for (const _ of [1, 2]) await qemu.detachCard(guest, nic.id);
      await until(async () => ((await guests.devices(guest)).length === 1 ? true : undefined), 50, 30_000);
    }
    // The volume is the storage role's again.
    expect((await stat(disk.path)).uid).toBe(process.getuid!());
    expect(await boots(guest)).toBe(1);
  }, 120_000);

  it('has a disk with the first 20 characters of its volume’s id as its serial number, plugged or from the start', async () => {
    const [first, plugged] = [await guests.disk(), await guests.disk()];
    const guest = await guests.spawned({ disks: [first] });
    await qemu.attachDisk(guest, plugged);
    for (const { volumeId } of [first, plugged]) expect(await serialOf(guest, volumeId)).toBe(volumeId.slice(0, 20));
  });

  it('has what it was given after it starts anew, in the same place, and what is changed while it is off', async () => {
    const guest = await guests.spawned();
    const [disk, other, nic] = [await guests.disk(), await guests.disk(), card(3)];
    await guests.says(guest, 'server ');
    await qemu.attachDisk(guest, other);
    await qemu.attachDisk(guest, disk);
    await qemu.attachCard(guest, nic);
    await qemu.detachDisk(guest, other.volumeId);
    const expected = ['disk 02 00000800', 'disk 04 00200000', 'card 05 fa163e000003'];
    await until(async () => ((await guests.devices(guest)).length === 3 ? true : undefined), 50, 30_000);
    expect(await guests.devices(guest)).toEqual(expected);
    await qemu.reboot(guest, 'HARD', 0);
    await guests.says(guest, 'card 05', 3);
    await until(async () => ((await guests.devices(guest)).length === 3 ? true : undefined), 50, 30_000);
    expect(await guests.devices(guest)).toEqual(expected);
    await qemu.powerOff(guest, 0);
    await qemu.detachCard(guest, nic.id);
    await qemu.attachDisk(guest, other);
    // What it gets at its next start.
    const { serverId, host } = guest;
    expect(await qemu.devices()).toEqual([{ serverId, host, volumes: [disk.volumeId, other.volumeId], ports: [] }]);
    await guests.driver().powerOn(guest);
    await guests.says(guest, GUEST_UP, 3);
    await until(async () => ((await guests.devices(guest)).length === 3 ? true : undefined), 50, 30_000);
    expect((await guests.devices(guest)).toSorted()).toEqual([
      'disk 02 00000800',
      'disk 03 00200000',
      'disk 04 00200000',
    ]);
  });

  it('keeps a device that it does not let go of, and can be asked again', async () => {
    const image = await guests.imageOf(guestImage({ deaf: true }));
    const [disk, nic] = [await guests.disk(), card(4)];
    const guest = await guests.spawned({ root: { image, format: 'raw', size: 2 ** 20 }, disks: [disk], nics: [nic] });
    await guests.says(guest, 'card 04');
    await expect(qemu.detachDisk(guest, disk.volumeId)).rejects.toMatchObject(refused('DeviceDetachFailed'));
    await expect(qemu.detachCard(guest, nic.id)).rejects.toMatchObject(refused('InterfaceDetachFailed'));
    await expect(qemu.detachDisk(guest, disk.volumeId)).rejects.toThrow('It stays attached.');
    await qemu.powerOff(guest, 0);
    await qemu.powerOn(guest);
    await guests.says(guest, 'card 04', 2);
    await qemu.pause(guest);
    await expect(qemu.detachDisk(guest, disk.volumeId)).rejects.toThrow('the guest is paused');
    await qemu.powerOff(guest, 0);
    await qemu.detachDisk(guest, disk.volumeId);
    await qemu.detachCard(guest, nic.id);
    await qemu.powerOn(guest);
    await guests.says(guest, GUEST_UP, 3);
    await guests.says(guest, 'disk 02', 3);
    expect(await guests.devices(guest)).toEqual(['disk 02 00000800']);
  }, 90_000);

  it('takes thirty devices, and a disk that QEMU cannot open leaves nothing behind', async () => {
    const guest = await guests.spawned();
    await guests.says(guest, 'server ');
    const disk = await guests.disk();
    await expect(qemu.attachDisk(guest, { ...disk, format: 'qcow2' })).rejects.toMatchObject({
      ...refused('VolumeAttachFailed'),
      message: expect.stringContaining('not in qcow2 format') as string,
    });
    expect((await stat(disk.path)).uid).toBe(process.getuid!());
    const lost = { ...disk, volumeId: randomUUID(), path: path.join(guests.home, 'lost') };
    await expect(qemu.attachDisk(guest, lost)).rejects.toThrow('its file is lost');
    for (let i = 0; i < 28; i++) await qemu.attachCard(guest, { id: randomUUID(), mac: `fa:16:3e:00:01:${i + 10}` });
    await qemu.attachDisk(guest, disk);
    await expect(qemu.attachDisk(guest, await guests.disk())).rejects.toMatchObject(refused('TooManyDiskDevices'));
    await expect(qemu.attachCard(guest, card(1))).rejects.toMatchObject(refused('InterfaceAttachFailed'));
    await qemu.reboot(guest, 'HARD', 0);
    await guests.says(guest, GUEST_UP, 2);
    await until(
      async () => ((await guests.devices(guest)).at(-1)?.startsWith('disk 1f') ? true : undefined),
      50,
      60_000,
    );
    expect(await guests.devices(guest)).toHaveLength(30);
  }, 90_000);

  it('says in Nova’s names what a guest is in no state for, and what is not there is gone', async () => {
    const nobody = { serverId: randomUUID(), host: HOST };
    expect(await qemu.powerState(nobody)).toBe(NOSTATE);
    await qemu.powerOff(nobody, GRACE);
    await qemu.detachDisk(nobody, randomUUID());
    await qemu.detachCard(nobody, randomUUID());
    for (const action of [qemu.powerOn(nobody), qemu.reboot(nobody, 'SOFT', 1), qemu.attachCard(nobody, card(1))])
      await expect(action).rejects.toMatchObject(refused('InstanceNotFound'));
    const guest = await guests.spawned();
    await qemu.suspend(guest);
    await expect(qemu.attachDisk(guest, await guests.disk())).rejects.toMatchObject(refused('InstanceSuspended'));
    await expect(qemu.pause(guest)).rejects.toMatchObject(refused('InstanceNotRunning'));
    await qemu.powerOff(guest, 0);
    for (const action of [qemu.pause(guest), qemu.unpause(guest), qemu.suspend(guest), qemu.resume(guest)])
      await expect(action).rejects.toMatchObject(refused('InstanceNotRunning'));
  });

  it('stays paused when the machine goes down and comes back', async () => {
    const guest = await guests.spawned();
    await guests.says(guest, GUEST_UP);
    await qemu.pause(guest);
    await qemu.stopWithMachine();
    expect(await guests.driver().startWithMachine()).toEqual([]);
    expect(await qemu.powerState(guest)).toBe(PAUSED);
    await qemu.unpause(guest);
    await guests.says(guest, GUEST_UP, 2);
  });

  it('of version 0.4.0 runs on, and is given devices once it was rebooted', async () => {
    const disk = await guests.disk();
    const guest = await guests.spawned({ disks: [disk], nics: [card(5)] });
    await guests.says(guest, 'card 04');
    const { path: file, format, bootIndex } = disk;
    const spec = { ...guest, disks: [{ path: file, format, bootIndex }] };
    const { bootId } = JSON.parse(await readFile(path.join(guests.folderOf(guest), 'domain.json'), 'utf8')) as {
      bootId: string;
    };
    await writeFile(path.join(guests.folderOf(guest), 'domain.json'), JSON.stringify({ spec, bootId, resume: false }));
    await expect(qemu.detachDisk(guest, disk.volumeId)).rejects.toThrow('Reboot it hard first');
    // Its devices have no names, and are those that were written down of it.
    expect((await qemu.devices())[0]).toMatchObject({ ports: [expect.any(String)] });
    await qemu.reboot(guest, 'HARD', 0);
    await guests.says(guest, 'card 04', 2);
    expect(await guests.devices(guest)).toEqual(['disk 02 00000800', 'disk 03 00200000', 'card 04 fa163e000005']);
    await qemu.detachDisk(guest, disk.volumeId);
  });
});
