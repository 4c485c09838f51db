import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DriverError } from '../errors.js';
import { OneByOne } from '../one-by-one.js';
import { probeAccelerator, type Accelerator } from './accelerator.js';
import type { GuestSpec, GuestTrace, Hypervisor, HypervisorFacts } from './index.js';
import { qemuArguments, type GuestPaths } from './qemu-arguments.js';
import { Qmp } from './qmp.js';

const run = promisify(execFile);
const QEMU = 'qemu-system-x86_64';
/** Nova shows at most this much of a console (MAX_CONSOLE_BYTES). */
const CONSOLE_BYTES = 100 * 1024;
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
 * QEMU over QMP. A guest is a daemon of its own: it outlives the role that started it, and is found again by its
 * directory, its pid file and its socket.
 */
export class QemuHypervisor implements Hypervisor {
  private readonly turns = new OneByOne();
  private readonly sockets: string;
  private accelerator: Promise<Accelerator> | undefined;

  /** @param directory where guests live: <directory>/<host>/<server id>/ */
  constructor(
    private readonly directory: string,
    private readonly wanted: 'auto' | Accelerator,
  ) {
    this.sockets = socketsOf(directory);
  }

  async facts(): Promise<HypervisorFacts> {
    try {
      const { stdout } = await run(QEMU, ['--version']);
      return { type: 'qemu', version: /version (\S+)/.exec(stdout)?.[1] ?? 'unknown', accelerator: await this.accel() };
    } catch (error) {
      throw this.missing(error);
    }
  }

  spawn(spec: GuestSpec, beat: () => void, signal: AbortSignal): Promise<void> {
    return this.turns.run(spec.serverId, async () => {
      signal.throwIfAborted();
      const at = this.pathsOf(spec);
      if ((await this.pidOf(at)) !== undefined) return;
      beat();
      await mkdir(at.directory, { recursive: true, mode: 0o700 });
      if (spec.root) await this.makeRoot(at, spec.root);
      if (spec.configDrive) await writeFiles(at.configDrive, spec.configDrive);
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
      await rm(at.socket, { force: true });
      await rm(at.directory, { recursive: true, force: true });
    });
  }

  async console(guest: { serverId: string; host: string }, lines?: number): Promise<string> {
    const { consoleLog } = this.pathsOf(guest);
    const file = await open(consoleLog);
    try {
      const { size } = await file.stat();
      const length = Math.min(size, CONSOLE_BYTES);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
      const text = buffer.toString('utf8').replaceAll('\r\n', '\n');
      return lines === undefined ? text : text.replace(/\n$/, '').split('\n').slice(-lines).join('\n');
    } finally {
      await file.close();
    }
  }

  async list(): Promise<GuestTrace[]> {
    const traces: GuestTrace[] = [];
    const sockets = new Set((await readdir(this.sockets).catch(() => [])).map((name) => name.replace(/\.qmp$/, '')));
    for (const guest of await this.guests()) {
      const at = this.pathsOf(guest);
      const owner = { serverId: guest.serverId, host: guest.host };
      if ((await this.pidOf(at)) !== undefined) traces.push({ kind: 'guest', id: guest.serverId, ...owner });
      traces.push({ kind: 'disk', id: at.directory, ...owner });
      sockets.delete(guest.serverId);
    }
    return [
      ...traces,
      ...[...sockets].map((serverId): GuestTrace => ({
        kind: 'socket',
        id: path.join(this.sockets, `${serverId}.qmp`),
        serverId,
        host: '',
      })),
    ];
  }

  async imagesInUse(): Promise<ReadonlySet<string>> {
    const domains = await Promise.all((await this.guests()).map((guest) => this.read(this.pathsOf(guest))));
    return new Set(domains.flatMap((d) => d?.spec.root?.image ?? []));
  }

  async resume(): Promise<void> {
    const now = await bootId();
    for (const guest of await this.guests()) {
      const at = this.pathsOf(guest);
      const domain = await this.read(at);
      if (!domain || (await this.pidOf(at)) !== undefined || (!domain.resume && domain.bootId === now)) continue;
      await this.keep(at, { ...domain, bootId: now, resume: false });
      await this.launch(at, domain.spec);
    }
  }

  async suspendAll(): Promise<void> {
    await Promise.all(
      (await this.guests()).map((guest) =>
        this.turns.run(guest.serverId, async () => {
          const at = this.pathsOf(guest);
          const domain = await this.read(at);
          if (!domain || (await this.pidOf(at)) === undefined) return;
          await this.keep(at, { ...domain, resume: true });
          await this.stop(at, 'graceful', () => undefined);
        }),
      ),
    );
  }

  private async makeRoot(at: GuestPaths, root: NonNullable<GuestSpec['root']>): Promise<void> {
    const partial = `${at.disk}.partial`;
    await rm(partial, { force: true });
    try {
      await run('qemu-img', [
        'create',
        '-q',
        '-f',
        'qcow2',
        '-b',
        root.image,
        '-F',
        root.format,
        partial,
        String(root.size),
      ]);
    } catch (error) {
      throw this.missing(error);
    }
    await rename(partial, at.disk);
  }

  private async launch(at: GuestPaths, spec: GuestSpec): Promise<void> {
    await mkdir(this.sockets, { recursive: true, mode: 0o700 });
    await rm(at.socket, { force: true });
    try {
      // -daemonize makes QEMU return when the guest is set up, or fail with the reason.
      await run(QEMU, qemuArguments(spec, at, await this.accel()), { timeout: 30_000 });
    } catch (error) {
      throw this.missing(error);
    }
    const qmp = await Qmp.open(at.socket);
    try {
      const { running } = (await qmp.execute('query-status')) as { running: boolean };
      if (!running) throw new DriverError('host', 'InstancePowerOnFailure', 'QEMU started and the guest does not run.');
    } finally {
      qmp.close();
    }
  }

  /** Stops the guest: by its power button first when `graceful`, then by QMP, and by SIGKILL when QEMU itself hangs. */
  private async stop(at: GuestPaths, how: 'graceful' | 'hard', beat: () => void): Promise<void> {
    const orders = how === 'graceful' ? ['system_powerdown', 'quit'] : ['quit'];
    for (const order of orders) {
      const pid = await this.pidOf(at);
      if (pid === undefined) return;
      await this.order(at, order).catch(() => undefined);
      if (await this.gone(at, beat)) return;
    }
    const pid = await this.pidOf(at);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    if (!(await this.gone(at, beat))) throw new Error(`QEMU process ${pid ?? ''} does not end.`);
  }

  private async order(at: GuestPaths, command: string): Promise<void> {
    const qmp = await Qmp.open(at.socket);
    try {
      await qmp.execute(command);
    } finally {
      qmp.close();
    }
  }

  private async gone(at: GuestPaths, beat: () => void): Promise<boolean> {
    for (const end = Date.now() + GRACE_MS; Date.now() < end; await sleep(POLL_MS)) {
      if ((await this.pidOf(at)) === undefined) return true;
      beat();
    }
    return false;
  }

  /** The guest's live process. A pid that meanwhile belongs to another program is not it. */
  private async pidOf(at: GuestPaths): Promise<number | undefined> {
    const pid = Number(await readFile(at.pidFile, 'utf8').catch(() => ''));
    if (!pid) return undefined;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return command.includes(at.serverId) && command.includes('qemu') ? pid : undefined;
  }

  private accel(): Promise<Accelerator> {
    this.accelerator ??= this.wanted === 'auto' ? probeAccelerator(QEMU) : Promise.resolve(this.wanted);
    return this.accelerator;
  }

  private async guests(): Promise<{ serverId: string; host: string }[]> {
    const hosts = await readdir(this.directory).catch(() => []);
    const found = await Promise.all(
      hosts.map(async (host) =>
        (await readdir(path.join(this.directory, host))).map((serverId) => ({ serverId, host })),
      ),
    );
    return found.flat();
  }

  private async keep(at: GuestPaths, domain: Domain): Promise<void> {
    await writeFile(`${at.domain}.new`, JSON.stringify(domain), { mode: 0o600 });
    await rename(`${at.domain}.new`, at.domain);
  }

  private async read(at: GuestPaths): Promise<Domain | undefined> {
    const text = await readFile(at.domain, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as Domain);
  }

  private pathsOf({ serverId, host }: { serverId: string; host: string }): GuestPaths {
    const directory = path.join(this.directory, host, serverId);
    const inside = (name: string): string => path.join(directory, name);
    return {
      serverId,
      directory,
      disk: inside('disk.qcow2'),
      configDrive: inside('config-drive'),
      consoleLog: inside('console.log'),
      pidFile: inside('qemu.pid'),
      domain: inside('domain.json'),
      socket: path.join(this.sockets, `${serverId}.qmp`),
    };
  }

  private missing(error: unknown): unknown {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT')
      return new DriverError(
        'host',
        'MissingTool',
        'QEMU is not installed on this host (Debian: qemu-system-x86 and qemu-utils).',
        error,
      );
    return stderr ? new Error(stderr.trim().split('\n').at(-1), { cause: error }) : error;
  }
}

/** Where the sockets of a directory's guests are: a socket's path may have 107 characters, a state directory's often has more. */
export function socketsOf(directory: string): string {
  const key = createHash('sha256').update(directory).digest('hex').slice(0, 12);
  return path.join(tmpdir(), `novaflow-${userInfo().uid}-${key}`);
}

const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();

async function writeFiles(directory: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, content, { mode: 0o600 });
  }
  await stat(directory);
}
