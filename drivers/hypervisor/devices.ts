import { qemuFormat } from '../image/inspect.js';
import type { CardEnd } from '../network/index.js';
import type { GuestDefinition } from './definition.js';

/** An object of QAPI: an option of QEMU's command line, or the argument of a QMP command. */
export type Qapi = Readonly<Record<string, unknown>>;

/** A device of a guest in QEMU's terms: the frontend, which the guest sees, and the backend on the host. */
export interface QemuDevice {
  /** Its name among the devices: `device_del` takes it. */
  readonly id: string;
  /** For `-device` and `device_add`. */
  readonly device: Qapi;
  /** For `-blockdev` and `blockdev-add`. */
  readonly blockdev?: Qapi;
  /** For `-netdev` and `netdev_add`. */
  readonly netdev?: Qapi;
}

/** virtio-blk's limit; libvirt cuts Nova's serial numbers to it. */
const SERIAL_CHARACTERS = 20;
/** A block node's name has at most 31 characters; this leaves 104 bits of the id. */
const nodeName = (volumeId: string): string => `disk-${volumeId.replaceAll('-', '').slice(0, 26)}`;
const address = (slot: number): Qapi => ({ bus: 'pci.0', addr: `0x${slot.toString(16)}` });

/** The volumes and ports whose devices have these names. */
export const devicesNamed = (names: readonly string[]): { volumes: string[]; ports: string[] } => ({
  volumes: idsBehind('disk-', names),
  ports: idsBehind('card-', names),
});
const idsBehind = (prefix: string, names: readonly string[]): string[] =>
  names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));

const diskId = (volumeId: string): string => `disk-${volumeId}`;
const cardId = (portId: string): string => `card-${portId}`;

/** @param file the volume, named from the guest's folder */
export function diskDevice(
  { volumeId, format, bootIndex, slot }: GuestDefinition['disks'][number],
  file: string,
): QemuDevice {
  const node = nodeName(volumeId);
  return {
    id: diskId(volumeId),
    blockdev: { 'node-name': node, ...fileNode(file, format) },
    device: {
      driver: 'virtio-blk-pci',
      id: diskId(volumeId),
      drive: node,
      serial: volumeId.slice(0, SERIAL_CHARACTERS),
      ...(bootIndex === null ? {} : { bootindex: bootIndex }),
      ...address(slot),
    },
  };
}

/** Without a host's end the card has no backend: the guest sees the card and can reach nobody. */
export function cardDevice({ id, mac, slot }: GuestDefinition['nics'][number], end: CardEnd): QemuDevice {
  const device = { driver: 'virtio-net-pci', id: cardId(id), mac, ...address(slot) };
  if (end.kind === 'none') return { id: cardId(id), device };
  const netdev = `net-${id}`;
  return {
    id: cardId(id),
    netdev: { id: netdev, ...backendOf(end) },
    device: { ...device, netdev },
  };
}

function backendOf(end: Exclude<CardEnd, { kind: 'none' }>): Qapi {
  return end.kind === 'tap'
    ? { type: 'tap', ifname: end.name, script: 'no', downscript: 'no' }
    : { type: 'user', ...end.options };
}

/** A card whose backend goes with it, if it has one. */
export const cardWithBackend = ({ id }: { readonly id: string }): Pick<QemuDevice, 'id' | 'netdev'> => ({
  id: cardId(id),
  netdev: { id: `net-${id}` },
});

/**
 * The root disk, an overlay on its image. QEMU opens no further file below the image, whatever the image's header
 * names.
 * @param disk @param image named from the guest's folder
 */
export function rootDevice(
  { format, slot }: NonNullable<GuestDefinition['root']>,
  disk: string,
  image: string,
): QemuDevice {
  const driver = qemuFormat(format);
  const backing = {
    driver,
    'read-only': true,
    file: { driver: 'file', filename: image, 'read-only': true },
    ...(driver === 'qcow2' ? { backing: null } : {}),
  };
  return {
    id: 'root',
    blockdev: { 'node-name': 'root', ...fileNode(disk, 'qcow2'), backing },
    device: { driver: 'virtio-blk-pci', id: 'root', drive: 'root', bootindex: 0, ...address(slot) },
  };
}

/** @param file an ISO, named from the guest's folder */
export function configDevice({ slot }: NonNullable<GuestDefinition['configDrive']>, file: string): QemuDevice {
  return {
    id: 'config',
    blockdev: {
      driver: 'raw',
      'node-name': 'config',
      'read-only': true,
      file: { driver: 'file', filename: file, 'read-only': true },
    },
    device: { driver: 'virtio-blk-pci', id: 'config', drive: 'config', ...address(slot) },
  };
}

/** A file as a disk. Its format is always said: QEMU would guess it from bytes that a guest may write. */
function fileNode(filename: string, format: string): Qapi {
  return { driver: qemuFormat(format), discard: 'unmap', file: { driver: 'file', filename, discard: 'unmap' } };
}
