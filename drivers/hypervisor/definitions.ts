import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isId } from '../names.js';
import { defineGuest, type GuestDefinition } from './definition.js';
import { notFound } from './guest-errors.js';
import type { GuestFiles } from './guest-files.js';
import type { GuestPaths } from './guest-paths.js';
import type { BootDisk, GuestSpec } from './index.js';

/** What is kept of a guest beside its disk, so that any later process finds it again. */
export interface Kept {
  readonly definition: GuestDefinition;
  /**
   * The machine's boot id when the guest was last started. If it is another one now, the machine went down meanwhile.
   */
  readonly bootId: string;
  /** It ran when the machine was stopped, and shall run again. */
  readonly startAgain: boolean;
  /**
   * A version up to 0.4.0 started it, with devices that have no names. No device can be plugged until the guest is
   * restarted.
   */
  readonly unnamedDevices?: true;
}

/** What versions up to 0.4.0 kept. */
interface OldKept {
  readonly spec: Omit<GuestSpec, 'disks'> & { readonly disks: readonly Omit<BootDisk, 'volumeId' | 'device'>[] };
  readonly bootId: string;
  readonly resume: boolean;
}

/** The machine that those versions ran guests on. */
const OLD_MACHINE = 'pc';

/** The guests' definitions: a file in each guest's folder, always whole, also after a power cut. */
export class Definitions {
  constructor(private readonly files: GuestFiles) {}

  /** @throws when it is there and cannot be read: a guest whose image seems unused would lose it */
  async read(at: GuestPaths): Promise<Kept | undefined> {
    const text = await readFile(at.domain, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const kept = JSON.parse(text) as Kept | OldKept;
    return 'spec' in kept ? converted(kept) : kept;
  }

  /** @throws InstanceNotFound */
  async get(at: GuestPaths): Promise<Kept> {
    const kept = await this.read(at);
    if (!kept) throw notFound(at);
    return kept;
  }

  keep(at: GuestPaths, kept: Kept): Promise<void> {
    return this.files.keep(at, JSON.stringify(kept));
  }

  /** Keeps what has changed of the guest. Nothing is written when nothing has. @returns what is kept now */
  async change(at: GuestPaths, kept: Kept, change: Partial<GuestDefinition>): Promise<Kept> {
    const changed = { ...kept, definition: { ...kept.definition, ...change } };
    if (JSON.stringify(changed) !== JSON.stringify(kept)) await this.keep(at, changed);
    return changed;
  }
}

/** The machine's present boot. */
export const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();

/** QEMU gave the devices these same slots, in the same order. The ids of volumes are in the names of their files. */
function converted({ spec, bootId: boot, resume }: OldKept): Kept {
  const disks = spec.disks.map((disk) => {
    const id = path.basename(disk.path).slice(0, 36);
    return { ...disk, volumeId: isId(id) ? id : path.basename(disk.path), device: '' };
  });
  const definition = defineGuest({ ...spec, disks }, OLD_MACHINE);
  return { definition, bootId: boot, startAgain: resume, unnamedDevices: true };
}
