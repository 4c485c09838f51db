import { randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { POWER_STATE, type GuestSpec } from '#drivers/hypervisor/index';
import type { GuestPoint } from '#drivers/hypervisor/points';
import type { QemuHypervisor } from '#drivers/hypervisor/qemu';
import { Qmp } from '#drivers/hypervisor/qmp';
import { processOf } from '../setup/processes.js';
import { QemuGuests } from '../setup/qemu-guests.js';

const { RUNNING, PAUSED, SHUTDOWN, SUSPENDED } = POWER_STATE;
const GRACE = 20;

describe('a guest on QEMU whose role is killed in the middle of a change', () => {
  let guests: QemuGuests;
  let qemu: QemuHypervisor;
  interface Kill {
    readonly point: GuestPoint;
    /** The change that is killed: its method and what it is given after the guest. */
    readonly change: [string, ...unknown[]];
    readonly before: () => Promise<void>;
    readonly undo: () => Promise<void>;
    /** What the guest does and how many devices it has: when the change is made, and when it is taken back. */
    readonly made: [number, number];
    readonly undone: [number, number];
  }
  let guest: GuestSpec;
  let rows: Kill[];
  const count = async (): Promise<number> => {
    const definition = await readFile(path.join(guests.folderOf(guest), 'domain.json'), 'utf8');
    if ((await processOf(guest.serverId)) === undefined) return (definition.match(/"slot"/g) ?? []).length;
    using qmp = await Qmp.open(path.join(guests.folderOf(guest), 'run'), 'qmp.sock');
    const devices = (await qmp.execute('qom-list', { path: '/machine/peripheral' })) as { type: string }[];
    return devices.filter(({ type }) => type.startsWith('child<')).length;
  };
  afterEach(() => guests.end());
  beforeEach(async () => {
    guests = await QemuGuests.open();
    qemu = guests.driver();
    guest = await guests.spawned();
    await guests.says(guest, 'server ');
    const [disk, nic] = [await guests.disk(), { id: randomUUID(), mac: 'fa:16:3e:00:00:06' }];
    const runs = async (): Promise<void> => {
      await qemu.powerOn(guest);
      await qemu.unpause(guest);
      await qemu.detachDisk(guest, disk.volumeId);
      await qemu.detachCard(guest, nic.id);
    };
    const then = (more: () => Promise<void>) => async (): Promise<void> => {
      await runs();
      await more();
    };
    const [paused, saved] = [then(() => qemu.pause(guest)), then(() => qemu.suspend(guest))];
    const attached = then(async () => {
      await qemu.attachDisk(guest, disk);
      await qemu.attachCard(guest, nic);
    });
    const power = (
      point: GuestPoint,
      change: Kill['change'],
      before: Kill['before'],
      made: number,
      undo: () => Promise<void>,
      undone: number,
    ): Kill => ({ point, change, before, undo, made: [made, 1], undone: [undone, 1] });
    const [resume, suspend] = [() => qemu.resume(guest), () => qemu.suspend(guest)];
    rows = [
      power('powerOff:recorded', ['powerOff', GRACE], runs, SHUTDOWN, () => qemu.powerOn(guest), RUNNING),
      power('reboot:off', ['reboot', 'HARD', 0], runs, RUNNING, () => qemu.powerOn(guest), RUNNING),
      power('pause:recorded', ['pause'], runs, PAUSED, () => qemu.unpause(guest), RUNNING),
      power('unpause:recorded', ['unpause'], paused, RUNNING, () => qemu.pause(guest), PAUSED),
      ...(['suspend:paused', 'suspend:saved', 'suspend:recorded'] as const).map((point) =>
        power(point, ['suspend'], runs, SUSPENDED, resume, RUNNING),
      ),
      ...(['resume:loaded', 'resume:recorded', 'resume:running'] as const).map((point) =>
        power(point, ['resume'], saved, RUNNING, suspend, SUSPENDED),
      ),
      ...(['attach:recorded', 'attach:backend', 'attach:plugged'] as const).flatMap((point): Kill[] => {
        const [made, undone] = [[RUNNING, 2] as [number, number], [RUNNING, 1] as [number, number]];
        return [
          {
            point,
            change: ['attachDisk', disk],
            before: runs,
            made,
            undone,
            undo: () => qemu.detachDisk(guest, disk.volumeId),
          },
          {
            point,
            change: ['attachCard', nic],
            before: runs,
            made,
            undone,
            undo: () => qemu.detachCard(guest, nic.id),
          },
        ];
      }),
      ...(['detach:unplugged', 'detach:removed'] as const).flatMap((point): Kill[] => {
        const [made, undone] = [[RUNNING, 2] as [number, number], [RUNNING, 3] as [number, number]];
        return [
          {
            point,
            change: ['detachDisk', disk.volumeId],
            before: attached,
            made,
            undone,
            undo: () => qemu.attachDisk(guest, disk),
          },
          {
            point,
            change: ['detachCard', nic.id],
            before: attached,
            made,
            undone,
            undo: () => qemu.attachCard(guest, nic),
          },
        ];
      }),
    ];
  });

  async function each(after: (row: Kill) => Promise<void>, expected: (row: Kill) => [number, number]): Promise<void> {
    for (const row of rows) {
      const [method, ...args] = row.change;
      await row.before();
      const name = `${method} at ${row.point}`;
      expect([name, await guests.killedAt(row.point, method, guest, ...args)]).toEqual([name, true]);
      qemu = guests.driver();
      await qemu.powerState(guest);
      await after(row);
      expect([name, await qemu.powerState(guest), await count()]).toEqual([name, ...expected(row)]);
      expect((await readdir(guests.folderOf(guest))).filter((f) => /partial|new$/.test(f))).toEqual([]);
    }
  }

  it('is brought to the end of the change by the same call', async () => {
    // A change is kept by its name, since the process that is killed is given the name, too.
    const again = ({ change: [method, ...args] }: Kill): Promise<void> =>
      (qemu as unknown as Record<string, (...all: unknown[]) => Promise<void>>)[method]!(guest, ...args);
    await each(again, ({ made }) => made);
  }, 240_000);

  it('is brought back by the call that takes the change back', async () => {
    await each(
      ({ undo }) => undo(),
      ({ undone }) => undone,
    );
  }, 240_000);
});
