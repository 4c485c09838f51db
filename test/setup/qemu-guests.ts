import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { until } from '#cli/bench/measure';
import { guestImage } from '#apps/standalone/guest-image';
import { letEnter } from '#drivers/folder';
import { findGuestUser, type GuestUser } from '#drivers/guest-user';
import type { BootDisk, GuestSpec } from '#drivers/hypervisor/index';
import type { GuestPoint } from '#drivers/hypervisor/points';
import { QemuHypervisor } from '#drivers/hypervisor/qemu';
import type { CardEnds } from '#drivers/network/index';
import { noCards } from '#drivers/network/no-cards';
import { FileVolumes } from '#drivers/volume/file';
import { processOf } from './processes.js';

export const HOST = 'machine-1';
export const beat = (): void => undefined;

/** What a guest that lets go of nothing is given: long enough for one that lets go. */
const UNPLUG_MS = 5_000;

/** Guests of a state directory of their own, all of which `end` ends. */
export class QemuGuests {
  private readonly started = new Set<GuestSpec>();
  /** Where the cards of its guests end; nowhere, if it is not set. */
  cards: CardEnds = noCards;

  private constructor(
    readonly top: string,
    /** A path longer than a socket's may be, below a directory that the guests' user may not enter, as /root is one. */
    readonly home: string,
    readonly user: GuestUser | undefined,
  ) {}

  static async open(): Promise<QemuGuests> {
    const top = await mkdtemp(path.join(os.tmpdir(), 'novaflow-qemu-'));
    const home = path.join(top, 'a-state-directory-with-a-long-name'.repeat(3));
    await letEnter(home);
    return new QemuGuests(top, home, await findGuestUser('', home));
  }

  async end(): Promise<void> {
    for (const guest of this.started) await this.driver().destroy(guest, beat);
    for (const { serverId } of this.started)
      if (await processOf(serverId)) throw new Error(`Guest ${serverId} was left running.`);
    await rm(this.top, { recursive: true });
  }

  get hosts(): string {
    return path.join(this.home, 'hosts');
  }

  folderOf({ serverId }: GuestSpec): string {
    return path.join(this.hosts, HOST, serverId);
  }

  /** A driver as a role that has just started has it. */
  driver(): QemuHypervisor {
    return new QemuHypervisor(this.hosts, 'tcg', this.user, { unplugMs: UNPLUG_MS, cards: this.cards });
  }

  async imageOf(bytes: Buffer | string): Promise<string> {
    await mkdir(path.join(this.home, 'images'), { recursive: true });
    if (this.user) await chmod(path.join(this.home, 'images'), 0o711);
    const file = path.join(this.home, 'images', randomUUID());
    await writeFile(file, bytes, { mode: 0o600 });
    return file;
  }

  async disk(): Promise<BootDisk> {
    const volumeId = randomUUID();
    const volumes = new FileVolumes(path.join(this.home, 'volumes'), this.user);
    await volumes.create(volumeId, 1);
    return { volumeId, device: '/dev/vdb', bootIndex: null, ...(await volumes.connect(volumeId)) };
  }

  async guest(more: Partial<GuestSpec> = {}): Promise<GuestSpec> {
    return {
      serverId: randomUUID(),
      host: HOST,
      name: 'instance-00000001',
      vcpus: 1,
      ram: 64,
      root: { image: await this.imageOf(guestImage({ counts: true })), format: 'raw', size: 2 ** 20 },
      disks: [],
      nics: [],
      ...more,
    };
  }

  async spawned(more: Partial<GuestSpec> = {}): Promise<GuestSpec> {
    const spec = await this.guest(more);
    this.started.add(spec);
    await this.driver().spawn(spec, beat, new AbortController().signal);
    return spec;
  }

  /** Waits until the console has said the text this often. */
  async says(guest: GuestSpec, text: string, times = 1): Promise<void> {
    const said = async () => ((await this.driver().console(guest)).split(text).length > times ? true : undefined);
    await until(said, 50, 60_000);
  }

  /** What the guest has said last of its devices: `disk 03 00200000`, `card 04 fa163e000001`. */
  async devices(guest: GuestSpec): Promise<string[]> {
    // The last one may be on its way still.
    const whole = (await this.driver().console(guest)).split('\n').slice(0, -1);
    const lines = whole.filter((line) => !line.startsWith('tick'));
    const start = lines.findLastIndex((line) => line.startsWith('server ') || line.endsWith('devices changed'));
    return lines.slice(start + 1).filter((line) => /^(disk|card) /.test(line));
  }

  /** The last number that a counting guest has said. */
  async tick(guest: GuestSpec): Promise<number> {
    const ticks = (await this.driver().console(guest)).match(/tick [0-9a-f]{4}$/gm) ?? [];
    return Number.parseInt(ticks.at(-1)?.slice(5) ?? '0', 16);
  }

  /** Does something with the guest in a process of its own, which is killed at a point. @returns whether it came there */
  async killedAt(point: GuestPoint, method: string, ...args: unknown[]): Promise<boolean> {
    const given = [this.hosts, this.user, UNPLUG_MS, point, method, args];
    const script = `
      import { QemuHypervisor } from '#drivers/hypervisor/qemu';
      const [hosts, user, unplugMs, point, method, args] = ${JSON.stringify(given.map((g) => g ?? null))};
      const reach = (reached) => new Promise((go) => (reached === point ? process.kill(process.pid, 'SIGKILL') : go()));
      await new QemuHypervisor(hosts, 'tcg', user ?? undefined, { unplugMs, reach })[method](...args);`;
    return new Promise((resolve, reject) => {
      execFile(process.execPath, ['--input-type=module', '-e', script], (error, _out, said) => {
        if (error && error.signal !== 'SIGKILL') reject(new Error(said));
        else resolve(error !== null);
      });
    });
  }
}
