import { execFile } from 'node:child_process';
import { readFile, readdir, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { syncFile } from '../durable.js';
import { DriverError } from '../errors.js';
import type { GuestUser } from '../guest-user.js';
import { inspectFile, qemuFormat } from '../image/inspect.js';
import { isHostName, isId } from '../names.js';
import { OneByOne } from '../one-by-one.js';
import { createOverlay } from '../qemu-img.js';
import { probeAccelerator, type Accelerator } from './accelerator.js';
import { readConsole, trimConsole } from './console-log.js';
import { GuestFiles } from './guest-files.js';
import { SOCKET, pathsOf, type GuestPaths } from './guest-paths.js';
import { GuestProcesses } from './guest-processes.js';
import type { GuestSpec, GuestTrace, Hypervisor, HypervisorFacts } from './index.js';
import { launch, untilRunning } from './launch.js';
import { qemuArguments } from './qemu-arguments.js';
import { Qmp } from './qmp.js';

const run = promisify(execFile);
const QEMU = 'qemu-system-x86_64';
/** A guest that heeds its power button is off within seconds; after this it is switched off. */
const GRACE_MS = 5_000;
const POLL_MS = 50;

/** What is kept of a guest beside its disk, so that any later process finds it again. */
interface Domain {
  readonly spec: GuestSpec;
  /** The machine's boot in which it was last started: another one now means that the machine went down under it. */
  readonly bootId: string;
  /** It ran when the machine was stopped, and shall run again. */
  readonly resume: boolean;
}

/**
 * QEMU over QMP. A guest is a process of its own: it outlives the role that started it, and is found again by the
 * folder that it was started in.
 */
export class QemuHypervisor implements Hypervisor {
  private readonly turns = new OneByOne();
  private readonly processes: GuestProcesses;
  private readonly files: GuestFiles;
  private accelerator: Promise<Accelerator> | undefined;

  /**
   * @param directory where guests live: <directory>/<host>/<server id>/
   * @param user whom guests run as; the role's own user when it is left out
   */
  constructor(
    private readonly directory: string,
    private readonly wanted: 'auto' | Accelerator,
    private readonly user?: GuestUser,
  ) {
    this.processes = new GuestProcesses(directory);
    this.files = new GuestFiles(directory, user);
  }

  async facts(): Promise<HypervisorFacts> {
    try {
      const { stdout } = await run(QEMU, ['--version']);
      return { type: 'qemu', version: /version (\S+)/.exec(stdout)?.[1] ?? 'unknown', accelerator: await this.accel() };
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
    return this.turns.run(spec.serverId, async () => {
      signal.throwIfAborted();
      const at = this.pathsOf(spec);
      const pid = await this.processes.find(at);
      // An earlier attempt started it, and may have been ended before it was up.
      if (pid !== undefined) return untilRunning(at, () => false);
      beat();
      await this.files.prepare(at);
      if (spec.root) await this.makeRoot(at, spec.root);
      if (spec.configDrive) await this.files.writeConfigDrive(at, spec.configDrive);
      beat();
      signal.throwIfAborted();
      // The config drive's files are on disk now; what is kept of the guest holds no secret.
      const kept: GuestSpec = spec.configDrive ? { ...spec, configDrive: {} } : spec;
      await this.keep(at, { spec: kept, bootId: await bootId(), resume: false });
      await this.launch(at, kept);
    });
  }

  destroy(guest: { serverId: string; host: string }, beat: () => void): Promise<void> {
    return this.turns.run(guest.serverId, async () => {
      const at = this.pathsOf(guest);
      await this.stop(at, 'hard', beat);
      // What cannot be read any more must not keep the guest from being removed.
      const domain = await this.read(at).catch(() => undefined);
      for (const disk of domain?.spec.disks ?? []) await this.files.takeBack(disk.path);
      await this.files.remove(at);
    });
  }

  powerOff(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  powerOn(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  reboot(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  pause(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  unpause(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  suspend(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  resume(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  attachDisk(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  detachDisk(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  attachCard(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  detachCard(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  powerState(): Promise<never> {
    return Promise.reject(new Error('This build cannot do it on QEMU yet.'));
  }

  console(guest: { serverId: string; host: string }, lines?: number): Promise<string> {
    return readConsole(this.pathsOf(guest).consoleLog, lines);
  }

  async trimConsoles(): Promise<void> {
    for (const guest of await this.guests()) await trimConsole(this.pathsOf(guest).consoleLog);
  }

  async list(): Promise<GuestTrace[]> {
    const [processes, guests] = await Promise.all([this.processes.all(), this.guests()]);
    return [
      // Also those whose folder is lost: they hold memory and disks, and only an audit can end them.
      ...processes.map(({ serverId, host }) => ({ kind: 'guest' as const, id: serverId, serverId, host })),
      ...guests.map((g) => ({ kind: 'disk' as const, id: this.pathsOf(g).directory, ...g })),
    ];
  }

  async imagesInUse(): Promise<ReadonlySet<string>> {
    const domains = await Promise.all((await this.guests()).map((guest) => this.read(this.pathsOf(guest))));
    return new Set(domains.flatMap((d) => d?.spec.root?.image ?? []));
  }

  async startWithMachine(): Promise<readonly { serverId: string; error: unknown }[]> {
    const now = await bootId();
    const failed: { serverId: string; error: unknown }[] = [];
    for (const guest of await this.guests()) {
      try {
        const at = this.pathsOf(guest);
        const domain = await this.read(at);
        if (!domain || (!domain.resume && domain.bootId === now)) continue;
        if ((await this.processes.find(at)) !== undefined) continue;
        await this.files.prepare(at);
        await this.keep(at, { ...domain, bootId: now, resume: false });
        await this.launch(at, domain.spec);
      } catch (error) {
        // One guest that cannot be started keeps neither the others nor the role from it.
        failed.push({ serverId: guest.serverId, error });
      }
    }
    return failed;
  }

  async stopWithMachine(): Promise<void> {
    await Promise.all(
      (await this.processes.all()).map((guest) =>
        this.turns.run(guest.serverId, async () => {
          const at = this.pathsOf(guest);
          const domain = await this.read(at).catch(() => undefined);
          if (domain) await this.keep(at, { ...domain, resume: true });
          // Without its folder nothing could start it again, and nobody else would ever stop it.
          await this.stop(at, domain ? 'graceful' : 'hard', () => undefined);
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

  private async launch(at: GuestPaths, spec: GuestSpec): Promise<void> {
    if (spec.root) {
      // Before QEMU opens it: who copied it here may have been fooled, or be an older version of this code.
      await inspectFile(spec.root.image, spec.root.format, path.basename(spec.root.image));
      await this.files.show(spec.root.image);
      await this.files.give(at.disk);
    }
    for (const disk of spec.disks) await this.files.give(disk.path);
    if (spec.configDrive) await this.files.showConfigDrive(at);
    await this.files.makeConsole(at);
    await rm(path.join(at.run, SOCKET), { force: true });
    const args = await qemuArguments(spec, at, await this.accel(), (file) => realpath(file));
    const qemu = await launch(QEMU, args, at, this.user);
    await this.files.notePid(at, qemu.pid);
    await qemu.running();
  }

  /** Stops the guest: by its power button first when `graceful`, then by QMP, and by a signal when QEMU itself hangs. */
  private async stop(at: GuestPaths, how: 'graceful' | 'hard', beat: () => void): Promise<void> {
    const pid = await this.processes.find(at);
    if (pid === undefined) return;
    for (const order of how === 'graceful' ? ['system_powerdown', 'quit'] : ['quit']) {
      const heard = await this.order(at, order).then(
        () => true,
        () => false,
      );
      if (heard && (await this.gone(pid, beat))) return;
    }
    // To SIGTERM QEMU listens as it does to quit: it is for one whose socket is lost.
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await this.processes.isAlive(pid)) process.kill(pid, signal);
      if (await this.gone(pid, beat)) return;
    }
    throw new Error(`QEMU process ${pid} does not end.`);
  }

  private async order(at: GuestPaths, command: string): Promise<void> {
    const qmp = await Qmp.open(at.run, SOCKET);
    try {
      await qmp.execute(command);
    } finally {
      qmp.close();
    }
  }

  private async gone(pid: number, beat: () => void): Promise<boolean> {
    for (const end = Date.now() + GRACE_MS; Date.now() < end; await sleep(POLL_MS)) {
      if (!(await this.processes.isAlive(pid))) return true;
      beat();
    }
    return false;
  }

  private accel(): Promise<Accelerator> {
    this.accelerator ??= this.wanted === 'auto' ? probeAccelerator(QEMU, this.user) : Promise.resolve(this.wanted);
    return this.accelerator;
  }

  /** The guests that have a folder. Whatever else lies there is none, and is left alone. */
  private async guests(): Promise<{ serverId: string; host: string }[]> {
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

  private keep(at: GuestPaths, domain: Domain): Promise<void> {
    return this.files.keep(at, JSON.stringify(domain));
  }

  /** @throws when it is there and cannot be read: a guest whose image seems unused would lose it */
  private async read(at: GuestPaths): Promise<Domain | undefined> {
    const text = await readFile(at.domain, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    return text === undefined ? undefined : (JSON.parse(text) as Domain);
  }

  private pathsOf(guest: { serverId: string; host: string }): GuestPaths {
    return pathsOf(this.directory, guest);
  }
}

const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();

/** No such directory, or a file that lies there. Anything else is not known to be nothing. */
function nothingThere(error: unknown): string[] {
  if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
  throw error;
}
