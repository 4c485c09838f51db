import { cardNotAttached, tooManyDisks } from './guest-errors.js';
import type { BootDisk, DirectBoot, GuestDisk, GuestId, GuestNic, GuestSpec, PluggedDevices } from './index.js';

/**
 * The state that a guest was last ordered into, whether or not it is in it: running, paused or off. `suspended`: its
 * memory is in a file, and none of its processors has run since.
 */
type Power = 'on' | 'paused' | 'off' | 'suspended';

/** A device with its slot on the guest's PCI bus. It never moves: the guest expects its devices where they were. */
type Placed<T> = T & { readonly slot: number };

/** What is kept of a guest: all that is needed to run it again just as it was. It holds no secret. */
export interface GuestDefinition extends GuestId {
  readonly name: string;
  readonly vcpus: number;
  /** MiB */
  readonly ram: number;
  /**
   * The machine type with its version. Saved memory fits no other one, and a guest's hardware must not change by
   * itself.
   */
  readonly machine: string;
  readonly root?: Placed<NonNullable<GuestSpec['root']>>;
  readonly direct?: DirectBoot;
  readonly disks: readonly Placed<BootDisk>[];
  readonly configDrive?: Placed<object>;
  readonly nics: readonly Placed<GuestNic>[];
  readonly power: Power;
  /** Whether it has a graphics card: those that 0.4.0 made have none, and saved memory fits no other hardware. */
  readonly display?: true;
}

/** QEMU's `pc` has one PCI bus of 32 slots, of which its bridges hold the first two. */
const FIRST_SLOT = 2;
const LAST_SLOT = 31;
const SLOTS = LAST_SLOT - FIRST_SLOT + 1;

/** A new guest: its devices take the slots one after the other. */
export function defineGuest(spec: GuestSpec, machine: string): GuestDefinition {
  const { serverId, host, name, vcpus, ram, root, direct, disks, configDrive, nics } = spec;
  let next = FIRST_SLOT;
  const place = <T extends object>(device: T): Placed<T> => ({ ...device, slot: next++ });
  return {
    serverId,
    host,
    name,
    vcpus,
    ram,
    machine,
    ...(root ? { root: place(root) } : {}),
    ...(direct ? { direct } : {}),
    disks: disks.map(place),
    ...(configDrive ? { configDrive: place({}) } : {}),
    nics: nics.map(place),
    power: 'on',
    display: true,
  };
}

/** The guest with a disk more, or itself when it has it. @throws DriverError (guest) when no slot is free */
export function withDisk(guest: GuestDefinition, disk: GuestDisk): GuestDefinition {
  if (guest.disks.some((d) => d.volumeId === disk.volumeId)) return guest;
  const slot = freeSlot(guest);
  if (slot === undefined) throw tooManyDisks(SLOTS);
  const { volumeId, path, format, device } = disk;
  return { ...guest, disks: [...guest.disks, { volumeId, path, format, device, bootIndex: null, slot }] };
}

export const withoutDisk = (guest: GuestDefinition, volumeId: string): GuestDefinition => ({
  ...guest,
  disks: guest.disks.filter((d) => d.volumeId !== volumeId),
});

/** The guest with a card more, or itself when it has it. @throws DriverError (guest) when no slot is free */
export function withCard(guest: GuestDefinition, card: GuestNic): GuestDefinition {
  if (guest.nics.some((n) => n.id === card.id)) return guest;
  const slot = freeSlot(guest);
  if (slot === undefined) throw cardNotAttached(guest, `its machine takes ${SLOTS} devices.`);
  const { id, mac } = card;
  return { ...guest, nics: [...guest.nics, { id, mac, slot }] };
}

export const withoutCard = (guest: GuestDefinition, portId: string): GuestDefinition => ({
  ...guest,
  nics: guest.nics.filter((n) => n.id !== portId),
});

/** The files that a guest's kernel is started from; none where a disk's boot loader is run. */
export const bootFiles = ({ direct }: GuestDefinition): string[] =>
  direct ? [direct.kernel, ...(direct.ramdisk === undefined ? [] : [direct.ramdisk])] : [];

/** The volumes and ports that the guest has devices of. */
export const devicesOf = ({ serverId, host, disks, nics }: GuestDefinition): PluggedDevices => ({
  serverId,
  host,
  volumes: disks.map((d) => d.volumeId),
  ports: nics.map((n) => n.id),
});

function freeSlot({ root, disks, configDrive, nics }: GuestDefinition): number | undefined {
  const taken = new Set([root, configDrive, ...disks, ...nics].map((device) => device?.slot));
  for (let slot = FIRST_SLOT; slot <= LAST_SLOT; slot++) if (!taken.has(slot)) return slot;
  return undefined;
}
