import { open, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../durable.js';
import type { GuestUser } from '../guest-user.js';
import type { CardEnd, CardEnds } from '../network/index.js';
import { inspectFile } from '../image/inspect.js';
import { machineType, probeAccelerator, type Accelerator } from './accelerator.js';
import { bootId, type Definitions } from './definitions.js';
import { bootFiles, type GuestDefinition } from './definition.js';
import { notResumed } from './guest-errors.js';
import type { GuestFiles } from './guest-files.js';
import { SOCKET, STATUS_SOCKET, type GuestPaths } from './guest-paths.js';
import type { GuestId, GuestNic } from './index.js';
import { launch, untilReady } from './launch.js';
import { qemuArguments, type Beginning } from './qemu-arguments.js';
import type { RunningGuests } from './running-guests.js';

export const QEMU = 'qemu-system-x86_64';

/** A guest as far as its cards go. */
type WithCards = GuestId & { readonly nics: readonly GuestNic[] };
/** QEMU's run states of a guest none of whose processors has run. */
const STILL = ['paused', 'prelaunch'];

/** Starts guests' processes: with new ends for their cards, and no processor runs before these are connected. */
export class Starter {
  private probed: Promise<Accelerator> | undefined;
  private found: Promise<string> | undefined;

  constructor(
    private readonly files: GuestFiles,
    private readonly definitions: Definitions,
    private readonly guests: RunningGuests,
    private readonly cards: CardEnds,
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
    await this.launch(at, definition, 'from disks');
    if (power === 'on') await this.run(at, definition);
    else await this.connect(definition);
  }

  /** Brings a guest to run that an earlier call has begun to start. One that runs is left as it is. */
  async finish(at: GuestPaths, guest: WithCards): Promise<void> {
    // `postmigrate`: its suspend was interrupted once its memory was saved, and before that counted.
    await untilReady(at, ['running', 'postmigrate', ...STILL], () => false);
    await this.run(at, guest);
  }

  /** Lets the guest run, and its cards carry. Both may be so already. */
  async run(at: GuestPaths, guest: WithCards): Promise<void> {
    await this.connect(guest);
    await this.guests.order(at, 'cont');
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
    // Whatever is in them, QEMU reads them as it reads an image: as the guests' user, in its sandbox.
    for (const file of bootFiles(guest)) await this.files.show(file);
    for (const disk of guest.disks) await this.files.give(disk.path);
    if (guest.configDrive) await this.files.showConfigDrive(at);
    await this.files.makeConsole(at);
    for (const socket of [SOCKET, STATUS_SOCKET]) await rm(path.join(at.run, socket), { force: true });
    const ends = await this.open(guest);
    const args = await qemuArguments(guest, ends, at, beginning, await this.accelerator(), (file) => realpath(file));
    const qemu = await launch(QEMU, args, at, this.user, memory);
    await this.files.notePid(at, qemu.pid);
    await qemu.ready(STILL);
  }

  private open({ nics, host }: WithCards): Promise<CardEnd[]> {
    return Promise.all(nics.map(({ id }) => this.cards.open({ portId: id, host })));
  }

  private async connect({ nics, host }: WithCards): Promise<void> {
    await Promise.all(nics.map(({ id }) => this.cards.connect({ portId: id, host })));
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
