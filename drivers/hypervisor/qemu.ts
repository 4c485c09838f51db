import type { Duplex } from 'node:stream';
import { execFile } from 'node:child_process';
import { readdir, realpath, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { syncFile } from '../durable.js';
import { DriverError } from '../errors.js';
import type { GuestUser } from '../guest-user.js';
import { qemuFormat } from '../image/inspect.js';
import type { CardEnds } from '../network/index.js';
import { noCards } from '../network/no-cards.js';
import { isHostName, isId } from '../names.js';
import { OneByOne } from '../one-by-one.js';
import { createOverlay } from '../qemu-img.js';
import type { Accelerator } from './accelerator.js';
import { readConsole, trimConsole } from './console-log.js';
import { bootFiles, defineGuest } from './definition.js';
import { Definitions, bootId, type Kept } from './definitions.js';
import { GuestDevices } from './guest-devices.js';
import { GuestFiles } from './guest-files.js';
import { GuestMeter } from './guest-meter.js';
import { GuestMemory } from './guest-memory.js';
import { DISPLAY_SOCKET, pathsOf, type GuestPaths } from './guest-paths.js';
import { connectIn } from './qmp.js';
import { GuestPower } from './guest-power.js';
import { GuestProcesses } from './guest-processes.js';
import {
  POWER_STATE,
  type GuestDisk,
  type GuestId,
  type GuestNic,
  type GuestSample,
  type GuestSpec,
  type GuestTrace,
  type Hypervisor,
  type HypervisorFacts,
  type PluggedDevices,
  type PowerState,
} from './index.js';
import { MemoryWriter } from './memory-writer.js';
import type { AtGuestPoint } from './points.js';
import { RunningGuests, type RunState } from './running-guests.js';
import { QEMU, Starter } from './starter.js';

const run = promisify(execFile);
/**
 * A guest that reacts to its power button is off within seconds. The machine's shutdown waits no longer for the others.
 */
const MACHINE_GRACE_SECONDS = 5;
/** Nova's device_detach_timeout. */
const UNPLUG_MS = 20_000;

interface Options {
  /** Where the guests' cards end. @default nowhere */
  readonly cards?: CardEnds;
  /** For tests. @default Nova's 20 s */
  readonly unplugMs?: number;
  /** For tests. */
  readonly reach?: AtGuestPoint;
}

/**
 * QEMU over QMP. A guest is a process of its own: it outlives the role that started it, and is found again by the
 * folder that it was started in.
 */
export class QemuHypervisor implements Hypervisor {
  private readonly turns = new OneByOne();
  private readonly processes: GuestProcesses;
  private readonly files: GuestFiles;
  private readonly definitions: Definitions;
  private readonly guests: RunningGuests;
  private readonly starter: Starter;
  private readonly memory: GuestMemory;
  private readonly power: GuestPower;
  private readonly guestDevices: GuestDevices;
  private readonly meter: GuestMeter;
  private readonly cards: CardEnds;

  /**
   * @param directory where guests live: <directory>/<host>/<server id>/
   * @param user whom guests run as; the role's own user when it is left out
   */
  constructor(
    private readonly directory: string,
    accelerator: 'auto' | Accelerator,
    private readonly user?: GuestUser,
    { cards = noCards, unplugMs = UNPLUG_MS, reach = () => Promise.resolve() }: Options = {},
  ) {
    this.processes = new GuestProcesses(directory);
    this.files = new GuestFiles(directory, user);
    this.definitions = new Definitions(this.files);
    this.guests = new RunningGuests(this.processes);
    this.starter = new Starter(this.files, this.definitions, this.guests, cards, accelerator, user);
    this.cards = cards;
    this.memory = new GuestMemory(this.guests, this.definitions, this.starter, new MemoryWriter(user), reach);
    this.power = new GuestPower(this.guests, this.definitions, this.starter, this.memory, reach);
    this.meter = new GuestMeter(this.guests, this.definitions);
    this.guestDevices = new GuestDevices(this.guests, this.definitions, this.files, cards, unplugMs, reach);
  }

  async facts(): Promise<HypervisorFacts> {
    try {
      const { stdout } = await run(QEMU, ['--version']);
      return {
        type: 'qemu',
        version: /version (\S+)/.exec(stdout)?.[1] ?? 'unknown',
        accelerator: await this.starter.accelerator(),
      };
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
      throw new DriverError(
        'host',
        'MissingTool',
        'QEMU is not installed on this host (Debian: qemu-system-x86).',
        error,
      );
    }
  }

  spawn(spec: GuestSpec, beat: () => void, signal: AbortSignal): Promise<void> {
    return this.inTurn(spec, async (at) => {
      signal.throwIfAborted();
      const pid = await this.guests.find(at);
      // An earlier attempt started it, and may have been killed before it was up.
      if (pid !== undefined) return this.starter.finish(at, spec);
      beat();
      await this.files.prepare(at);
      if (spec.root) await this.makeRoot(at, spec.root);
      if (spec.configDrive) await this.files.writeConfigDrive(at, spec.configDrive);
      beat();
      signal.throwIfAborted();
      // The config drive is on the disk now; the definition holds no secret.
      await this.starter.start(at, defineGuest(spec, await this.starter.machine()), 'on');
    });
  }

  destroy(guest: GuestId, beat: () => void): Promise<void> {
    return this.inTurn(guest, async (at) => {
      await this.guests.end(at, 0, beat);
      // A definition that cannot be read must not prevent the removal.
      const kept = await this.definitions.read(at).catch(() => undefined);
      for (const disk of kept?.definition.disks ?? []) await this.files.takeBack(disk.path);
      await this.files.remove(at);
    });
  }

  async powerState(guest: GuestId): Promise<PowerState> {
    const at = this.pathsOf(guest);
    const pid = await this.guests.find(at);
    if (pid !== undefined)
      try {
        return this.stateOf(await this.guests.runState(at), await this.definitions.read(at));
      } catch (error) {
        // The error stands only if the process is still alive: then its state is not known.
        if (await this.guests.isAlive(pid)) throw error;
      }
    const kept = await this.definitions.read(at);
    if (!kept) return POWER_STATE.NOSTATE;
    return kept.definition.power === 'suspended' ? POWER_STATE.SUSPENDED : POWER_STATE.SHUTDOWN;
  }

  powerOff(guest: GuestId, graceSeconds: number): Promise<void> {
    return this.inTurn(guest, (at) => this.power.off(at, graceSeconds));
  }

  powerOn(guest: GuestId): Promise<void> {
    return this.inTurn(guest, (at) => this.power.on(at));
  }

  reboot(guest: GuestId, type: 'SOFT' | 'HARD', graceSeconds: number): Promise<void> {
    return this.inTurn(guest, (at) => this.power.reboot(at, type === 'SOFT' ? graceSeconds : 0));
  }

  pause(guest: GuestId): Promise<void> {
    return this.inTurn(guest, (at) => this.power.pause(at));
  }

  unpause(guest: GuestId): Promise<void> {
    return this.inTurn(guest, (at) => this.power.unpause(at));
  }

  suspend(guest: GuestId): Promise<void> {
    return this.inTurn(guest, (at) => this.memory.suspend(at));
  }

  resume(guest: GuestId): Promise<void> {
    return this.inTurn(guest, (at) => this.memory.resume(at));
  }

  injectNmi(guest: GuestId): Promise<void> {
    return this.inTurn(guest, (at) => this.power.injectNmi(at));
  }

  attachDisk(guest: GuestId, disk: GuestDisk): Promise<void> {
    return this.inTurn(guest, (at) => this.guestDevices.attachDisk(at, disk));
  }

  detachDisk(guest: GuestId, volumeId: string): Promise<void> {
    return this.inTurn(guest, (at) => this.guestDevices.detachDisk(at, volumeId));
  }

  attachCard(guest: GuestId, card: GuestNic): Promise<void> {
    return this.inTurn(guest, (at) => this.guestDevices.attachCard(at, card));
  }

  detachCard(guest: GuestId, portId: string): Promise<void> {
    return this.inTurn(guest, (at) => this.guestDevices.detachCard(at, portId));
  }

  display(guest: GuestId): Promise<Duplex> {
    return connectIn(this.pathsOf(guest).run, DISPLAY_SOCKET);
  }

  console(guest: GuestId, lines?: number): Promise<string> {
    return readConsole(this.pathsOf(guest).consoleLog, lines);
  }

  async trimConsoles(): Promise<void> {
    for (const guest of await this.folders()) await trimConsole(this.pathsOf(guest).consoleLog);
  }

  async list(): Promise<GuestTrace[]> {
    const [processes, guests] = await Promise.all([this.processes.all(), this.folders()]);
    return [
      // Also guests whose folder is lost: they use memory and disks, and only an audit can end them.
      ...processes.map(({ serverId, host }) => ({ kind: 'guest' as const, id: serverId, serverId, host })),
      ...guests.map((g) => ({ kind: 'disk' as const, id: this.pathsOf(g).directory, ...g })),
    ];
  }

  async devices(): Promise<PluggedDevices[]> {
    return this.guestDevices.ofAll((await this.folders()).map((guest) => this.pathsOf(guest)));
  }

  async samples(): Promise<GuestSample[]> {
    const found: GuestSample[] = [];
    const counters = await this.cards.counters();
    // One by one: to measure must not take from the guests what it measures.
    for (const guest of await this.folders()) {
      const sample = await this.meter
        .read(this.pathsOf(guest), counters, () => this.powerState(guest))
        .catch(() => undefined);
      if (sample !== undefined) found.push(sample);
    }
    return found;
  }

  async imagesInUse(): Promise<ReadonlySet<string>> {
    const kept = await Promise.all((await this.folders()).map((guest) => this.definitions.read(this.pathsOf(guest))));
    return new Set(kept.flatMap((k) => (k ? [k.definition.root?.image ?? [], bootFiles(k.definition)].flat() : [])));
  }

  async startWithMachine(): Promise<readonly { serverId: string; error: unknown }[]> {
    const now = await bootId();
    const failed: { serverId: string; error: unknown }[] = [];
    for (const guest of await this.folders()) {
      try {
        const at = this.pathsOf(guest);
        const kept = await this.definitions.read(at);
        if (!kept || (!kept.startAgain && kept.bootId === now)) continue;
        const { power } = kept.definition;
        if (power === 'off' || power === 'suspended' || (await this.guests.find(at)) !== undefined) continue;
        await this.starter.start(at, kept.definition, power);
      } catch (error) {
        // One guest that cannot be started must not stop the others from starting, nor the role.
        failed.push({ serverId: guest.serverId, error });
      }
    }
    return failed;
  }

  async stopWithMachine(): Promise<void> {
    await Promise.all(
      (await this.processes.all()).map((guest) =>
        this.inTurn(guest, async (at) => {
          const kept = await this.definitions.read(at).catch(() => undefined);
          if (kept) await this.definitions.keep(at, { ...kept, startAgain: true });
          // A guest without its folder gets no grace: nothing could start it again, and nobody else would ever stop it.
          await this.guests.end(at, kept ? MACHINE_GRACE_SECONDS : 0);
        }),
      ),
    );
  }

  private async makeRoot(at: GuestPaths, root: NonNullable<GuestSpec['root']>): Promise<void> {
    const partial = `${at.disk}.partial`;
    await this.files.makeFor(partial);
    const directory = await realpath(at.directory);
    const image = path.relative(directory, await realpath(root.image));
    const overlay = {
      directory,
      file: path.basename(partial),
      image,
      format: qemuFormat(root.format),
      size: root.size,
    };
    await createOverlay(overlay, this.user);
    await syncFile(partial);
    // The name is on the disk with that of the domain, which lies in the same folder and is written next.
    await rename(partial, at.disk);
  }

  /**
   * A process may exist while the guest is `suspended`: suspend has not ended it yet, or resume has not continued it
   * yet.
   */
  private stateOf(state: RunState, kept: Kept | undefined): PowerState {
    if (state === 'running') return POWER_STATE.RUNNING;
    return kept?.definition.power === 'suspended' ? POWER_STATE.SUSPENDED : POWER_STATE.PAUSED;
  }

  private inTurn<T>(guest: GuestId, task: (at: GuestPaths) => Promise<T>): Promise<T> {
    const at = this.pathsOf(guest);
    return this.turns.run(guest.serverId, () => task(at));
  }

  /** The guests that have a folder. Anything else in the directory is ignored. */
  private async folders(): Promise<GuestId[]> {
    const hosts = (await readdir(this.directory).catch(nothingThere)).filter(isHostName);
    const found = await Promise.all(
      hosts.map(async (host) =>
        (await readdir(path.join(this.directory, host)).catch(nothingThere))
          .filter(isId)
          .map((serverId) => ({ serverId, host })),
      ),
    );
    return found.flat();
  }

  private pathsOf(guest: GuestId): GuestPaths {
    return pathsOf(this.directory, guest);
  }
}

/** Nothing, where the directory does not exist or is a file. Any other error does not mean that there is nothing. */
function nothingThere(error: unknown): string[] {
  if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
  throw error;
}
