import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { isHostName, isId } from '../names.js';
import type { GuestPaths } from './guest-paths.js';

/** A QEMU that runs a guest of this state directory. */
export interface GuestProcess {
  readonly pid: number;
  readonly serverId: string;
  readonly host: string;
}

/**
 * The processes of the guests. A process is recognized by its working directory and the server's id on its command
 * line. So it is found even if its folder or its pid file is lost, and the process of another cloud never is.
 */
export class GuestProcesses {
  /** @param directory where guests live: <directory>/<host>/<server id>/ */
  constructor(private readonly directory: string) {}

  /** The guest's live process. A pid that meanwhile belongs to another program is not it. */
  async find({ serverId, host, pidFile }: GuestPaths): Promise<number | undefined> {
    const same = (p: GuestProcess | undefined): boolean => p?.serverId === serverId && p.host === host;
    const noted = Number(await readFile(pidFile, 'utf8').catch(() => ''));
    if (noted && same(this.identify(noted, await this.root()))) return noted;
    return (await this.all()).find(same)?.pid;
  }

  async isAlive(pid: number): Promise<boolean> {
    return this.identify(pid, await this.root()) !== undefined;
  }

  /**
   * All guests' processes, found by a look at every process of the machine. The reads are synchronous: /proc is in
   * memory, and some hundred processes take one or two milliseconds. Through Node's thread pool they take ten times as
   * long.
   */
  async all(): Promise<GuestProcess[]> {
    const root = await this.root();
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.map((pid) => this.identify(Number(pid), root)).filter((p) => p !== undefined);
  }

  /** The guests' directory as the system names it, without links. It may be lost. */
  private async root(): Promise<string> {
    const { dir, base } = path.parse(this.directory);
    return realpath(this.directory).catch(async () => path.join(await realpath(dir).catch(() => dir), base));
  }

  private identify(pid: number, root: string): GuestProcess | undefined {
    // It cannot be read of another user's process, which then is none of ours.
    const started = valueOf(() => readlinkSync(`/proc/${pid}/cwd`));
    // Guests of version 0.3.0 made themselves daemons, in the root directory; their pid file says where they belong.
    const inHere = started.startsWith(`${root}/`);
    if (!inHere && started !== '/') return undefined;
    const command = valueOf(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (!path.basename(command[0] ?? '').startsWith('qemu-system')) return undefined;
    const after = (option: string): string => command[command.indexOf(option) + 1] ?? '';
    const folder = inHere ? started.replace(/ \(deleted\)$/, '') : path.dirname(after('-pidfile'));
    const [host = '', serverId = '', ...more] = path.relative(inHere ? root : this.directory, folder).split('/');
    const known = more.length === 0 && isHostName(host) && isId(serverId) && after('-uuid') === serverId;
    return known ? { pid, serverId, host } : undefined;
  }
}

/** What is read, or nothing: a process may end while it is looked at. */
function valueOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
