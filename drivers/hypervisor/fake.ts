import type { Duplex } from 'node:stream';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkedHost, checkedId, isHostName, isId } from '../names.js';
import { OneByOne } from '../one-by-one.js';
import {
  defineGuest,
  devicesOf,
  withCard,
  withDisk,
  withoutCard,
  withoutDisk,
  type GuestDefinition,
} from './definition.js';
import { cardKept, diskKept, notFound, notRunning, suspended } from './guest-errors.js';
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

/** How often a waiting spawn reports that it lives. */
const BEAT_MS = 500;
const UP = 'novaflow: guest up';

/** A simulated guest. It is always in the state that it was ordered into. */
interface FakeGuest {
  readonly definition: GuestDefinition;
  readonly console: string;
}

/**
 * A hypervisor that runs nothing: a guest is a file. For tests of scale and of failure; it says so wherever it is
 * asked. Files, because a guest must outlive the role that made it, as a real one does. Its guests obey at once: they
 * never refuse to go down or to let go of a device.
 */
export class FakeHypervisor implements Hypervisor {
  private readonly turns = new OneByOne();

  constructor(
    private readonly directory: string,
    private readonly spawnMs: number,
  ) {}

  facts(): Promise<HypervisorFacts> {
    return Promise.resolve({ type: 'fake', version: '1.0', accelerator: 'none: no guest really runs' });
  }

  spawn(spec: GuestSpec, beat: () => void, signal: AbortSignal): Promise<void> {
    return this.turns.run(spec.serverId, async () => {
      const end = Date.now() + this.spawnMs;
      for (let left = this.spawnMs; left > 0; left = end - Date.now()) {
        beat();
        await sleep(Math.min(left, BEAT_MS), undefined, { signal });
      }
      if (await this.read(spec)) return;
      await mkdir(path.dirname(this.fileOf(spec)), { recursive: true, mode: 0o700 });
      const console = `${spec.name} (fake hypervisor: no guest runs)\n${UP}\nserver ${spec.serverId}\n`;
      await this.write({ definition: defineGuest(spec, 'fake'), console });
    });
  }

  destroy(guest: GuestId): Promise<void> {
    return this.turns.run(guest.serverId, () => rm(this.fileOf(guest), { force: true }));
  }

  async powerState(id: GuestId): Promise<PowerState> {
    const guest = await this.read(id);
    return guest ? STATES[guest.definition.power] : POWER_STATE.NOSTATE;
  }

  powerOff(id: GuestId): Promise<void> {
    return this.changeIfThere(id, (guest) => as(guest, 'off', 'power off'));
  }

  powerOn(id: GuestId): Promise<void> {
    return this.change(id, (guest) => {
      const { power } = guest.definition;
      if (power === 'on' || power === 'paused') return guest;
      return as(guest, 'on', power === 'suspended' ? 'resumed' : UP);
    });
  }

  reboot(id: GuestId): Promise<void> {
    return this.change(id, (guest) => as(guest, 'on', UP, true));
  }

  pause(id: GuestId): Promise<void> {
    return this.change(id, (guest) => as(running(guest), 'paused', 'paused'));
  }

  unpause(id: GuestId): Promise<void> {
    return this.change(id, (guest) => as(running(guest), 'on', 'unpaused'));
  }

  suspend(id: GuestId): Promise<void> {
    return this.change(id, (guest) =>
      guest.definition.power === 'suspended' ? guest : as(running(guest), 'suspended', 'suspended'),
    );
  }

  resume(id: GuestId): Promise<void> {
    return this.change(id, (guest) =>
      as(guest.definition.power === 'suspended' ? guest : running(guest), 'on', 'resumed'),
    );
  }

  injectNmi(id: GuestId): Promise<void> {
    return this.change(id, running);
  }

  attachDisk(id: GuestId, disk: GuestDisk): Promise<void> {
    return this.change(id, (guest) => {
      if (guest.definition.disks.some((d) => d.volumeId === disk.volumeId)) return guest;
      return having(changeable(guest), (g) => withDisk(g, disk), `disk ${disk.volumeId} attached`);
    });
  }

  detachDisk(id: GuestId, volumeId: string): Promise<void> {
    return this.changeIfThere(id, (guest) => {
      if (!guest.definition.disks.some((d) => d.volumeId === volumeId)) return guest;
      if (guest.definition.power === 'paused') throw diskKept(volumeId, 'the guest is paused.');
      return having(changeable(guest), (g) => withoutDisk(g, volumeId), `disk ${volumeId} detached`);
    });
  }

  attachCard(id: GuestId, card: GuestNic): Promise<void> {
    return this.change(id, (guest) => {
      if (guest.definition.nics.some((n) => n.id === card.id)) return guest;
      return having(changeable(guest), (g) => withCard(g, card), `card ${card.mac} attached`);
    });
  }

  detachCard(id: GuestId, portId: string): Promise<void> {
    return this.changeIfThere(id, (guest) => {
      if (!guest.definition.nics.some((n) => n.id === portId)) return guest;
      if (guest.definition.power === 'paused') throw cardKept(id, portId, 'the guest is paused.');
      return having(changeable(guest), (g) => withoutCard(g, portId), `card ${portId} detached`);
    });
  }

  display(): Promise<Duplex> {
    return Promise.reject(Object.assign(new Error('A fake guest shows nothing.'), { code: 'ENOENT' }));
  }

  async console(id: GuestId, lines?: number): Promise<string> {
    const { console } = JSON.parse(await readFile(this.fileOf(id), 'utf8')) as FakeGuest;
    return lines === undefined
      ? console
      : console
          .split('\n')
          .slice(-lines - 1)
          .join('\n');
  }

  async list(): Promise<GuestTrace[]> {
    const hosts = await readdir(this.directory).catch(() => []);
    const found = await Promise.all(
      hosts.filter(isHostName).map(async (host) => {
        const files = await readdir(path.join(this.directory, host)).catch(() => []);
        return files
          .filter((f) => f.endsWith('.json') && isId(path.basename(f, '.json')))
          .map((f) => ({ kind: 'guest' as const, id: path.join(host, f), serverId: path.basename(f, '.json'), host }));
      }),
    );
    return found.flat();
  }

  async devices(): Promise<PluggedDevices[]> {
    const guests = await Promise.all((await this.list()).map((trace) => this.read(trace)));
    // What version 0.4.0 kept says nothing of devices.
    return guests.flatMap((guest) => (guest?.definition.machine === 'fake' ? [devicesOf(guest.definition)] : []));
  }

  samples(): Promise<GuestSample[]> {
    return Promise.resolve([]);
  }

  imagesInUse(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set());
  }

  trimConsoles(): Promise<void> {
    return Promise.resolve();
  }

  startWithMachine(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }

  stopWithMachine(): Promise<void> {
    return Promise.resolve();
  }

  private change(id: GuestId, to: (guest: FakeGuest) => FakeGuest): Promise<void> {
    return this.turns.run(id.serverId, async () => {
      const guest = await this.read(id);
      if (!guest) throw notFound(id);
      const changed = to(guest);
      if (changed !== guest) await this.write(changed);
    });
  }

  private changeIfThere(id: GuestId, to: (guest: FakeGuest) => FakeGuest): Promise<void> {
    return this.turns.run(id.serverId, async () => {
      const guest = await this.read(id);
      const changed = guest && to(guest);
      if (changed && changed !== guest) await this.write(changed);
    });
  }

  private async write(guest: FakeGuest): Promise<void> {
    const file = this.fileOf(guest.definition);
    await writeFile(`${file}.new`, JSON.stringify(guest), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  private async read(id: GuestId): Promise<FakeGuest | undefined> {
    const text = await readFile(this.fileOf(id), 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const kept = JSON.parse(text) as Partial<FakeGuest> & { name?: string; console: string };
    // Version 0.4.0 kept a simulated guest's name and console, and nothing could be done with it.
    const { definition = unknownGuest(id, kept.name ?? '') } = kept;
    return { definition, console: kept.console };
  }

  private fileOf({ host, serverId }: GuestId): string {
    return path.join(this.directory, checkedHost(host), `${checkedId('server', serverId)}.json`);
  }
}

const STATES = {
  on: POWER_STATE.RUNNING,
  paused: POWER_STATE.PAUSED,
  off: POWER_STATE.SHUTDOWN,
  suspended: POWER_STATE.SUSPENDED,
} as const;

const unknownGuest = ({ serverId, host }: GuestId, name: string): GuestDefinition =>
  defineGuest({ serverId, host, name, vcpus: 1, ram: 0, disks: [], nics: [] }, 'unknown');

/** The guest after an order. With `anew`, its console shows the order even if it was in that state before. */
function as(guest: FakeGuest, power: GuestDefinition['power'], says: string, anew = false): FakeGuest {
  if (guest.definition.power === power && !anew) return guest;
  return { definition: { ...guest.definition, power }, console: `${guest.console}${says}\n` };
}

const having = (
  guest: FakeGuest,
  change: (definition: GuestDefinition) => GuestDefinition,
  says: string,
): FakeGuest => ({ definition: change(guest.definition), console: `${guest.console}${says}\n` });

function running(guest: FakeGuest): FakeGuest {
  const { power } = guest.definition;
  if (power === 'on' || power === 'paused') return guest;
  throw notRunning(guest.definition);
}

function changeable(guest: FakeGuest): FakeGuest {
  if (guest.definition.power === 'suspended') throw suspended(guest.definition);
  return guest;
}
