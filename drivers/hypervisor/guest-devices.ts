import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { DriverError } from '../errors.js';
import type { CardEnds } from '../network/index.js';
import { UndoList } from '../undo-list.js';
import { devicesOf, withCard, withDisk, withoutCard, withoutDisk, type GuestDefinition } from './definition.js';
import type { Definitions, Kept } from './definitions.js';
import { cardDevice, cardWithBackend, devicesNamed, diskDevice, type QemuDevice } from './devices.js';
import { cardKept, cardNotAttached, diskKept, notAttached, suspended } from './guest-errors.js';
import type { GuestFiles } from './guest-files.js';
import type { GuestPaths } from './guest-paths.js';
import type { GuestDisk, GuestNic, PluggedDevices } from './index.js';
import { plug, unplug } from './plug.js';
import type { AtGuestPoint } from './points.js';
import { QmpError } from './qmp.js';
import type { RunningGuests } from './running-guests.js';

const OLD_GUEST = 'an earlier version of Novaflow started the guest. Reboot it hard first.';

/** A change of a guest's devices. */
interface Change {
  readonly definition: GuestDefinition;
  readonly device: Omit<QemuDevice, 'device'>;
  /** Gives the backend's file to QEMU's user, or takes it back. */
  readonly give?: () => Promise<void>;
  readonly takeBack?: () => Promise<void>;
  /** The error when a running guest refuses. */
  readonly failed: (reason: string) => DriverError;
}
interface Attachment extends Change {
  /** Makes the device of a guest that runs, and what stands behind it. */
  readonly make: () => Promise<QemuDevice>;
  /** Brings what stands behind it to work, once the device is plugged. */
  readonly plugged?: () => Promise<void>;
}

/**
 * Attaches disks and cards to guests, and detaches them. A device is in the guest's definition from before it is
 * plugged until after it is unplugged. So if the role is killed, the next call knows of the device; and a guest that is
 * started in between has it.
 */
export class GuestDevices {
  /** @param unplugMs how long a guest has for letting go of a device */
  constructor(
    private readonly guests: RunningGuests,
    private readonly definitions: Definitions,
    private readonly files: GuestFiles,
    private readonly cards: CardEnds,
    private readonly unplugMs: number,
    private readonly reach: AtGuestPoint,
  ) {}

  /** What guests have, without those that are not there or do not say it. */
  async ofAll(guests: readonly GuestPaths[]): Promise<PluggedDevices[]> {
    const found = await Promise.all(guests.map((at) => this.of(at).catch(() => undefined)));
    return found.filter((one) => one !== undefined);
  }

  private async of(at: GuestPaths): Promise<PluggedDevices | undefined> {
    const kept = await this.definitions.read(at);
    if (!kept) return undefined;
    const runs = (await this.guests.find(at)) !== undefined;
    if (!runs || kept.unnamedDevices) return devicesOf(kept.definition);
    const { serverId, host } = kept.definition;
    return { serverId, host, ...devicesNamed(await this.guests.deviceNames(at)) };
  }

  async attachDisk(at: GuestPaths, disk: GuestDisk): Promise<void> {
    const kept = await this.definitions.get(at);
    const definition = withDisk(kept.definition, disk);
    const placed = definition.disks.find((d) => d.volumeId === disk.volumeId)!;
    const file = await fromFolder(at, placed.path).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? notAttached(disk.volumeId, 'its file is lost.')
        : error;
    });
    const device = diskDevice(placed, file);
    await this.attach(at, kept, {
      definition,
      device,
      make: () => Promise.resolve(device),
      give: () => this.files.give(placed.path),
      takeBack: () => this.files.takeBack(placed.path),
      failed: (reason) => notAttached(disk.volumeId, reason),
    });
  }

  async attachCard(at: GuestPaths, card: GuestNic): Promise<void> {
    const kept = await this.definitions.get(at);
    const definition = withCard(kept.definition, card);
    const placed = definition.nics.find((n) => n.id === card.id)!;
    const end = { portId: card.id, host: at.host };
    await this.attach(at, kept, {
      definition,
      device: cardWithBackend(card),
      make: async () => cardDevice(placed, await this.cards.open(end)),
      plugged: () => this.cards.connect(end),
      failed: (reason) => cardNotAttached(at, reason),
    });
  }

  async detachDisk(at: GuestPaths, volumeId: string): Promise<void> {
    const kept = await this.definitions.read(at);
    const disk = kept?.definition.disks.find((d) => d.volumeId === volumeId);
    if (!kept || !disk) return;
    await this.detach(at, kept, {
      definition: withoutDisk(kept.definition, volumeId),
      device: diskDevice(disk, disk.path),
      takeBack: () => this.files.takeBack(disk.path),
      failed: (reason) => diskKept(volumeId, reason),
    });
  }

  async detachCard(at: GuestPaths, portId: string): Promise<void> {
    const kept = await this.definitions.read(at);
    const card = kept?.definition.nics.find((n) => n.id === portId);
    if (!kept || !card) return;
    await this.detach(at, kept, {
      definition: withoutCard(kept.definition, portId),
      device: cardWithBackend(card),
      failed: (reason) => cardKept(at, portId, reason),
    });
  }

  private async attach(at: GuestPaths, kept: Kept, attachment: Attachment): Promise<void> {
    const { definition, give, takeBack, failed } = attachment;
    const runs = await this.mayChange(at, kept, failed);
    await using undos = new UndoList();
    if (definition !== kept.definition) {
      undos.add(() => this.definitions.keep(at, kept));
      await this.definitions.change(at, kept, definition);
    }
    await this.reach('attach:recorded');
    if (runs) {
      if (give && definition !== kept.definition) undos.add(async () => takeBack?.());
      await give?.();
      await this.plug(at, attachment, undos);
    }
    undos.keep();
  }

  private async plug(at: GuestPaths, { device, make, plugged, failed }: Attachment, undos: UndoList): Promise<void> {
    try {
      using qmp = await this.guests.open(at);
      await plug(qmp, device.id, make, this.reach);
      await plugged?.();
    } catch (error) {
      if (error instanceof QmpError) throw failed(error.message);
      // Whether it is plugged is not known. It stays in the definition, and the next call finds out.
      undos.keep();
      throw error;
    }
    await this.reach('attach:plugged');
  }

  private async detach(at: GuestPaths, kept: Kept, { definition, device, takeBack, failed }: Change): Promise<void> {
    if (await this.mayChange(at, kept, failed)) {
      using qmp = await this.guests.open(at);
      const { running } = (await qmp.execute('query-status')) as { running: boolean };
      if (!running) throw failed('the guest is paused.');
      const end = await unplug(qmp, device, this.unplugMs, this.reach);
      if (end === 'refused') throw failed('the guest refuses.');
      if (end === 'no answer') throw failed(`the guest has not let go of it within ${this.unplugMs / 1000} s.`);
      await this.reach('detach:removed');
    }
    await takeBack?.();
    await this.definitions.change(at, kept, definition);
  }

  /** @returns whether the guest runs, so that the device must be plugged or unplugged as well */
  private async mayChange(at: GuestPaths, kept: Kept, failed: Change['failed']): Promise<boolean> {
    if (kept.definition.power === 'suspended') throw suspended(at);
    const runs = (await this.guests.find(at)) !== undefined;
    if (runs && kept.unnamedDevices) throw failed(OLD_GUEST);
    return runs;
  }
}

/** Relative to the guest's folder, because QEMU's user may not enter all folders above it. */
const fromFolder = async (at: GuestPaths, file: string): Promise<string> =>
  path.relative(await realpath(at.directory), await realpath(file));
