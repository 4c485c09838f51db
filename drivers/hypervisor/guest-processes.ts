import { readFile, readdir, readlink, realpath } from 'node:fs/promises';
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
 * The processes of the guests. Each is known by itself: by the folder that it was started in and the server's id on its
 * command line. So it is found also when its folder or its pid file is lost, and one of another cloud never is.
 */
export class GuestProcesses {
  /** @param directory where guests live: <directory>/<host>/<server id>/ */
  constructor(private readonly directory: string) {}

  /** The guest's live process. A pid that meanwhile belongs to another program is not it. */
  async find({ serverId, host, pidFile }: GuestPaths): Promise<number | undefined> {
    const same = (p: GuestProcess | undefined): boolean => p?.serverId === serverId && p.host === host;
    const noted = Number(await readFile(pidFile, 'utf8').catch(() => ''));
    if (noted && same(await this.identify(noted, await this.root()))) return noted;
    return (await this.all()).find(same)?.pid;
  }

  async isAlive(pid: number): Promise<boolean> {
    return (await this.identify(pid, await this.root())) !== undefined;
  }

  /** All of them, by a look at every process of the machine: some milliseconds for some hundreds. */
  async all(): Promise<GuestProcess[]> {
    const root = await this.root();
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    return (await Promise.all(pids.map((pid) => this.identify(pid, root)))).filter((p) => p !== undefined);
  }

  /** The guests' directory as the system names it, without links. It may be lost. */
  private async root(): Promise<string> {
    const { dir, base } = path.parse(this.directory);
    return realpath(this.directory).catch(async () => path.join(await realpath(dir).catch(() => dir), base));
  }

  private async identify(pid: number, root: string): Promise<GuestProcess | undefined> {
    // Of another user's process this may not be read; then it is none of ours.
    const started = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    if (started === undefined) return undefined;
    // Guests of version 0.3.0 made themselves daemons, in the root directory; their pid file says where they belong.
    const inHere = started.startsWith(`${root}/`);
    if (!inHere && started !== '/') return undefined;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!path.basename(command[0] ?? '').startsWith('qemu-system')) return undefined;
    const after = (option: string): string => command[command.indexOf(option) + 1] ?? '';
    const folder = inHere ? started.replace(/ \(deleted\)$/, '') : path.dirname(after('-pidfile'));
    const [host = '', serverId = '', ...more] = path.relative(inHere ? root : this.directory, folder).split('/');
    const known = more.length === 0 && isHostName(host) && isId(serverId) && after('-uuid') === serverId;
    return known ? { pid, serverId, host } : undefined;
  }
}
