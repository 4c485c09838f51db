import path from 'node:path';
import { qemuFormat } from '../image/inspect.js';
import type { Accelerator } from './accelerator.js';
import { SOCKET, type GuestPaths } from './guest-paths.js';
import type { GuestSpec } from './index.js';

/** In a QEMU option a comma is written twice. */
const quote = (value: string): string => value.replaceAll(',', ',,');

/**
 * What QEMU itself may still ask of the kernel: it starts no program, gains no privilege, and changes no priority. It
 * is why it does not make itself a daemon: that takes a fork, after the sandbox is closed.
 */
const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

/** The disks' block nodes, as `-blockdev` takes them. */
type Node = Readonly<Record<string, unknown>>;

/**
 * QEMU's command line. It names files only: no secret of the guest is in it. Files are named from the guest's folder,
 * since QEMU's user may enter that and not all that is above.
 * @param resolve finds where a file is, without links
 */
export async function qemuArguments(
  spec: GuestSpec,
  at: GuestPaths,
  accelerator: Accelerator,
  resolve: (file: string) => Promise<string>,
): Promise<string[]> {
  const folder = await resolve(at.directory);
  const from = async (file: string): Promise<string> => path.relative(folder, await resolve(file));
  const root = spec.root && { node: rootNode(await from(spec.root.image), spec.root.format, at), bootIndex: 0 };
  const others = spec.disks.map(async (d) => ({
    node: fileNode(await from(d.path), d.format),
    bootIndex: d.bootIndex,
  }));
  const disks = [...(root ? [root] : []), ...(await Promise.all(others))];
  const inside = (file: string): string => path.relative(at.directory, file);
  return [
    ['-name', quote(spec.name)],
    ['-uuid', spec.serverId],
    ['-nodefaults', '-no-user-config', '-display', 'none'],
    ['-sandbox', SANDBOX],
    ['-machine', 'pc'],
    // 32 MiB hold the translations of a small guest; the default takes a share of the host's memory.
    ['-accel', accelerator === 'kvm' ? 'kvm' : 'tcg,tb-size=32'],
    ['-cpu', accelerator === 'kvm' ? 'host' : 'max'],
    ['-m', `${spec.ram}M`],
    ['-smp', String(spec.vcpus)],
    ['-chardev', `file,id=console,path=${inside(at.consoleLog)},append=on`, '-serial', 'chardev:console'],
    ['-qmp', `unix:${inside(at.run)}/${SOCKET},server=on,wait=off`],
    ...disks.map(({ node, bootIndex }, i) => [
      ...blockdev({ ...node, 'node-name': `disk${i}` }),
      '-device',
      `virtio-blk-pci,drive=disk${i}${bootIndex === null ? '' : `,bootindex=${bootIndex}`}`,
    ]),
    ...(spec.configDrive
      ? [
          [
            ...blockdev({
              driver: 'raw',
              'node-name': 'config',
              'read-only': true,
              file: { driver: 'vvfat', dir: inside(at.configDrive), label: 'config-2', rw: false, 'read-only': true },
            }),
            '-device',
            'virtio-blk-pci,drive=config',
          ],
        ]
      : []),
    ...spec.nics.map((nic, i) =>
      nic.tap === undefined
        ? ['-device', `virtio-net-pci,mac=${nic.mac},id=net${i}`]
        : [
            '-netdev',
            `tap,id=tap${i},ifname=${nic.tap},script=no,downscript=no`,
            '-device',
            `virtio-net-pci,netdev=tap${i},mac=${nic.mac}`,
          ],
    ),
  ].flat();
}

const blockdev = (node: Node): string[] => ['-blockdev', JSON.stringify(node)];

/** A file as a disk. Its format is always said: QEMU would guess it from bytes that a guest may write. */
function fileNode(filename: string, format: string): Node {
  return { driver: qemuFormat(format), discard: 'unmap', file: { driver: 'file', filename, discard: 'unmap' } };
}

/** The root disk over its image. Of the image nothing further is opened, whatever its header names. */
function rootNode(image: string, format: string, at: GuestPaths): Node {
  const driver = qemuFormat(format);
  return {
    ...fileNode(path.relative(at.directory, at.disk), 'qcow2'),
    backing: {
      driver,
      'read-only': true,
      file: { driver: 'file', filename: image, 'read-only': true },
      ...(driver === 'qcow2' ? { backing: null } : {}),
    },
  };
}
