import { open, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../durable.js';
import type { GuestUser } from '../guest-user.js';
import { inspectFile } from '../image/inspect.js';
import { machineType, probeAccelerator, type Accelerator } from './accelerator.js';
import { bootId, type Definitions } from './definitions.js';
import type { GuestDefinition } from './definition.js';
import { notResumed } from './guest-errors.js';
import type { GuestFiles } from './guest-files.js';
import { SOCKET, STATUS_SOCKET, type GuestPaths } from './guest-paths.js';
import { launch } from './launch.js';
import { qemuArguments, type Beginning } from './qemu-arguments.js';

export const QEMU = 'qemu-system-x86_64';

/** Starts guests' processes. */
export class Starter {
  private probed: Promise<Accelerator> | undefined;
  private found: Promise<string> | undefined;

  constructor(
    private readonly files: GuestFiles,
    private readonly definitions: Definitions,
    private readonly wanted: 'auto' | Accelerator,
    private readonly user: GuestUser | undefined,
  ) {}

  accelerator(): Promise<Accelerator> {
    this.probed ??= this.wanted === 'auto' ? probeAccelerator(QEMU, this.user) : Promise.resolve(this.wanted);
    return this.probed;
  }

  /** The machine that new guests get. */
  machine(): Promise<string> {
    this.found ??= machineType(QEMU);
    return this.found;
  }

  /**
   * Records that the guest is to run, or to be paused, and starts it from its disks. Memory that was saved is not valid
   * then.
   */
  async start(at: GuestPaths, guest: GuestDefinition, power: 'on' | 'paused'): Promise<void> {
    await this.files.prepare(at);
    const definition = { ...guest, power };
    await this.definitions.keep(at, { definition, bootId: await bootId(), startAgain: false });
    await removeMemory(at);
    await this.launch(at, definition, power === 'on' ? 'running' : 'paused');
  }

  /**
   * Starts a suspended guest from its saved memory. It is not running yet when this returns.
   * @throws InstanceResumeFailure when there is no such memory
   */
  async load(at: GuestPaths, guest: GuestDefinition): Promise<void> {
    await this.files.prepare(at);
    await this.definitions.keep(at, { definition: guest, bootId: await bootId(), startAgain: false });
    const memory = await open(at.memory).catch((error: unknown) => {
      throw notResumed(`its saved memory cannot be read (${String(error)}).`);
    });
    try {
      await this.launch(at, guest, 'from memory', memory.fd);
    } finally {
      await memory.close();
    }
  }

  private async launch(at: GuestPaths, guest: GuestDefinition, beginning: Beginning, memory?: number): Promise<void> {
    if (guest.root) {
      // Inspected before QEMU opens it: the copy may have been made by an older version, or from a source that deceived
      // it.
      await inspectFile(guest.root.image, guest.root.format, path.basename(guest.root.image));
      await this.files.show(guest.root.image);
      await this.files.give(at.disk);
    }
    for (const disk of guest.disks) await this.files.give(disk.path);
    if (guest.configDrive) await this.files.showConfigDrive(at);
    await this.files.makeConsole(at);
    for (const socket of [SOCKET, STATUS_SOCKET]) await rm(path.join(at.run, socket), { force: true });
    const args = await qemuArguments(guest, at, beginning, await this.accelerator(), (file) => realpath(file));
    const qemu = await launch(QEMU, args, at, this.user, memory);
    await this.files.notePid(at, qemu.pid);
    await qemu.ready(beginning === 'running' ? ['running'] : ['paused', 'prelaunch']);
  }
}

/** Removes the memory that suspend saved, for good. None is fine. */
export async function removeMemory(at: GuestPaths): Promise<void> {
  const there = await rm(at.memory).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    },
  );
  if (there) await syncFolder(at.directory);
}
