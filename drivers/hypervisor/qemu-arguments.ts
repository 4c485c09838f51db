import type { Accelerator } from './accelerator.js';
import type { GuestSpec } from './index.js';

/** Where the parts of a guest are. */
export interface GuestPaths {
  readonly serverId: string;
  readonly directory: string;
  readonly disk: string;
  readonly configDrive: string;
  readonly consoleLog: string;
  readonly pidFile: string;
  readonly domain: string;
  readonly socket: string;
}

/** In a QEMU option a comma is written twice. */
const quote = (value: string): string => value.replaceAll(',', ',,');

/** QEMU's command line. It names files only: no secret of the guest is in it. */
export function qemuArguments(spec: GuestSpec, at: GuestPaths, accelerator: Accelerator): string[] {
  const disks = [...(spec.root ? [{ path: at.disk, format: 'qcow2', bootIndex: 0 }] : []), ...spec.disks];
  return [
    ['-name', quote(spec.name)],
    ['-uuid', spec.serverId],
    ['-nodefaults', '-no-user-config', '-display', 'none'],
    ['-machine', 'pc'],
    // 32 MiB hold the translations of a small guest; the default takes a share of the host's memory.
    ['-accel', accelerator === 'kvm' ? 'kvm' : 'tcg,tb-size=32'],
    ['-cpu', accelerator === 'kvm' ? 'host' : 'max'],
    ['-m', `${spec.ram}M`],
    ['-smp', String(spec.vcpus)],
    ['-chardev', `file,id=console,path=${quote(at.consoleLog)},append=on`, '-serial', 'chardev:console'],
    ['-qmp', `unix:${quote(at.socket)},server=on,wait=off`],
    ['-pidfile', at.pidFile, '-daemonize'],
    ...disks.map((disk, i) => [
      '-drive',
      `file=${quote(disk.path)},format=${disk.format},if=none,id=disk${i},cache=writeback,discard=unmap`,
      '-device',
      `virtio-blk-pci,drive=disk${i}${disk.bootIndex === null ? '' : `,bootindex=${disk.bootIndex}`}`,
    ]),
    ...(spec.configDrive
      ? [
          [
            '-drive',
            `file.driver=vvfat,file.dir=${quote(at.configDrive)},file.label=config-2,file.rw=off,format=raw,if=none,id=config,readonly=on`,
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
