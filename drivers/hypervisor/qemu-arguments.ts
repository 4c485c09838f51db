import path from 'node:path';
import type { CardEnd } from '../network/index.js';
import type { Accelerator } from './accelerator.js';
import type { GuestDefinition } from './definition.js';
import { cardDevice, configDevice, diskDevice, rootDevice, type Qapi, type QemuDevice } from './devices.js';
import { DISPLAY_SOCKET, SOCKET, STATUS_SOCKET, type GuestPaths } from './guest-paths.js';
import type { DirectBoot } from './index.js';

/**
 * A function of the slot that `pc` has its bridge to ISA in, of which that uses the first four: so it takes no slot from disks and
 * network cards. QEMU's card on the ISA bus itself (`isa-vga`) is no choice: QEMU 7.2 ends by SIGSEGV when somebody looks at the
 * display of a guest that was resumed with it.
 */
const GRAPHICS_CARD = 'VGA,addr=1.4';

/** In a QEMU option a comma is written twice. */
const quote = (value: string): string => value.replaceAll(',', ',,');

/**
 * QEMU's sandbox: it can start no program, gain no privilege and change no priority. This is also why it does not turn
 * itself into a daemon: it would have to fork after the sandbox is closed.
 */
const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

/** How a guest begins, before `cont` lets it run: from its disks, or from memory that the process's third descriptor gives. */
export type Beginning = 'from disks' | 'from memory';
const MEMORY_DESCRIPTOR = 3;

/**
 * QEMU's command line. It names files only: no secret of the guest is in it. Files are named from the guest's folder,
 * since QEMU's user may enter that and not all that is above.
 * @param ends the host's ends of its cards, in their order
 * @param resolve finds where a file is, without links
 */
export async function qemuArguments(
  guest: GuestDefinition,
  ends: readonly CardEnd[],
  at: GuestPaths,
  beginning: Beginning,
  accelerator: Accelerator,
  resolve: (file: string) => Promise<string>,
): Promise<string[]> {
  const inside = (file: string): string => path.relative(at.directory, file);
  const folder = await resolve(at.directory);
  const from = async (file: string): Promise<string> => path.relative(folder, await resolve(file));
  const devices = await devicesOf(guest, ends, at, from);
  return [
    ['-name', quote(guest.name)],
    ['-uuid', guest.serverId],
    ['-nodefaults', '-no-user-config', '-display', 'none'],
    ['-sandbox', SANDBOX],
    // On `pc` each free slot takes a device while the guest runs. On q35 each would need a root port beforehand: with
    // 28 of them a guest boots with twice the CPU time and 4 MB more (measured on QEMU 7.2).
    ['-machine', guest.machine],
    // 32 MiB hold the translations of a small guest; the default takes a share of the host's memory.
    ['-accel', accelerator === 'kvm' ? 'kvm' : 'tcg,tb-size=32'],
    ['-cpu', accelerator === 'kvm' ? 'host' : 'max'],
    ['-m', `${guest.ram}M`],
    ['-smp', String(guest.vcpus)],
    ['-chardev', `file,id=console,path=${inside(at.consoleLog)},append=on`, '-serial', 'chardev:console'],
    // A socket serves one client at a time. With two, a query of the guest's state does not wait for the order of
    // another call.
    ...[SOCKET, STATUS_SOCKET].map((name) => ['-qmp', `unix:${inside(at.run)}/${name},server=on,wait=off`]),
    // The display is for whoever can open the socket: the guest's host alone, whose API asks for a token.
    ...(guest.display ? [['-device', GRAPHICS_CARD, '-vnc', `unix:${inside(at.run)}/${DISPLAY_SOCKET}`]] : []),
    ...devices.map(({ device, blockdev, netdev }) => [
      ...(blockdev ? ['-blockdev', JSON.stringify(blockdev)] : []),
      ...(netdev ? ['-netdev', option(netdev, 'type')] : []),
      '-device',
      option(device, 'driver'),
    ]),
    ...(guest.direct ? await directBoot(guest.direct, from) : []),
    ['-S'],
    ...(beginning === 'from memory' ? [['-incoming', `fd:${MEMORY_DESCRIPTOR}`]] : []),
  ].flat();
}

async function devicesOf(
  { root, direct, disks, configDrive, nics }: GuestDefinition,
  ends: readonly CardEnd[],
  at: GuestPaths,
  from: (file: string) => Promise<string>,
): Promise<QemuDevice[]> {
  const bootable = [
    ...(root ? [rootDevice(root, path.relative(at.directory, at.disk), await from(root.image))] : []),
    ...(await Promise.all(disks.map(async (disk) => diskDevice(disk, await from(disk.path))))),
  ];
  return [
    // QEMU's loader of kernels is the first to boot, and refuses another first one.
    ...(direct ? bootable.map(withoutBootIndex) : bootable),
    ...(configDrive ? [configDevice(configDrive, path.relative(at.directory, at.configDrive))] : []),
    ...nics.map((nic, index) => cardDevice(nic, ends[index] ?? { kind: 'none' })),
  ];
}

function withoutBootIndex({ device: { bootindex: _first, ...device }, ...backend }: QemuDevice): QemuDevice {
  return { ...backend, device };
}

/** Names without a comma or a blank: where a kernel is of the multiboot kind, QEMU takes a ramdisk's name for a list. */
async function directBoot(
  { kernel, ramdisk, commandLine }: DirectBoot,
  from: (file: string) => Promise<string>,
): Promise<string[][]> {
  return [
    ['-kernel', await from(kernel), '-append', commandLine],
    ...(ramdisk === undefined ? [] : [['-initrd', await from(ramdisk)]]),
  ];
}

/** An object as QEMU's options have it: its kind, and then key=value. */
function option(object: Qapi, kind: string): string {
  const { [kind]: first, ...rest } = object;
  return [String(first), ...Object.entries(rest).map(([key, value]) => `${key}=${quote(String(value))}`)].join(',');
}
