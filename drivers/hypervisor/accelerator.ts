import { execFile } from 'node:child_process';
import { access, chown, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { asGuestUser, type GuestUser } from '../guest-user.js';

export type Accelerator = 'kvm' | 'tcg';

/** The probe's guest exits within milliseconds if KVM works, and hangs for ever if it does not. */
const PROBE_MS = 3_000;
/** isa-debug-exit turns the value v into QEMU's exit status 2v + 1. */
const PROBE_VALUE = 0x21;
const PROBE_STATUS = (PROBE_VALUE << 1) | 1;

/**
 * The machine type `pc` with its version (pc-i440fx-7.2). A guest keeps it: another version of QEMU would give other
 * hardware to the plain name `pc`, and saved memory fits only the machine type that it was saved on.
 */
export async function machineType(qemu: string): Promise<string> {
  const { stdout } = await promisify(execFile)(qemu, ['-machine', 'help']);
  return /^pc .*\(alias of (\S+)\)/m.exec(stdout)?.[1] ?? 'pc';
}

/**
 * Whether guests really run under KVM here. /dev/kvm may open and a guest hang all the same (nested virtualization). So
 * a boot sector is run, as the guests' user, that does nothing but exit by isa-debug-exit.
 */
export async function probeAccelerator(qemu: string, user?: GuestUser): Promise<Accelerator> {
  const usable = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return usable && (await guestRuns(qemu, user)) ? 'kvm' : 'tcg';
}

async function guestRuns(qemu: string, user: GuestUser | undefined): Promise<boolean> {
  const directory = await mkdtemp(path.join(tmpdir(), 'novaflow-probe-'));
  try {
    const disk = path.join(directory, 'probe.img');
    await writeFile(disk, probeSector());
    if (user) for (const file of [directory, disk]) await chown(file, user.uid, user.gid);
    const args = [
      '-accel',
      'kvm',
      '-m',
      '16',
      '-display',
      'none',
      '-nodefaults',
      '-no-reboot',
      '-device',
      'isa-debug-exit,iobase=0xf4,iosize=0x04',
      '-drive',
      `file=${path.basename(disk)},format=raw,if=ide,readonly=on`,
    ];
    return await new Promise((resolve) => {
      const [command = '', ...rest] = asGuestUser(user, [qemu, ...args]);
      execFile(command, rest, { cwd: directory, timeout: PROBE_MS, killSignal: 'SIGKILL' }, (error) =>
        resolve((error as { code?: unknown } | null)?.code === PROBE_STATUS),
      );
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** mov al, 0x21; out 0xf4, al; hlt */
function probeSector(): Buffer {
  const sector = Buffer.alloc(512);
  Buffer.from([0xb0, PROBE_VALUE, 0xe6, 0xf4, 0xf4]).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
