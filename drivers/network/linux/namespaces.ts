import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../durable.js';
import { checkedId, isId } from '../../names.js';
import { ip, ipShow, run, runIn } from './commands.js';

/** Where `ip netns` keeps the namespaces of a machine. */
export const NAMESPACES = '/run/netns';
/** Of a network, of a router, of what is outside an external network. */
export type NamespaceKind = 'nvn' | 'nvr' | 'nvo';

export const namespaceOf = (kind: NamespaceKind, id: string): string => `${kind}-${checkedId('network', id)}`;

const NAME = /^(nvn|nvr|nvo)-(.{36})$/;
const kindAndId = (name: string): { kind: NamespaceKind; id: string } | undefined => {
  const [, kind, id = ''] = NAME.exec(name) ?? [];
  return isId(id) ? { kind: kind as NamespaceKind, id } : undefined;
};

/**
 * The network namespaces of one cloud on this machine. Each has a file that names it, written before it is made and
 * removed after it: so whatever happens in between, it is found again, and no other cloud's is ever touched.
 */
export class Namespaces {
  /** Those whose loopback this process has seen to: who made one may have been killed before it did. */
  private readonly known = new Set<string>();

  /** @param folder NOVAFLOW_HOME/network */
  constructor(private readonly folder: string) {}

  /** Makes it unless it is there, with its loopback up and these of its settings. @returns what had to be done */
  async make(name: string, sysctls: readonly string[] = []): Promise<string[]> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    if (await claim(this.fileOf(name))) await syncFolder(this.folder);
    const made = !(await namespaceExists(name));
    if (made) {
      // What is left of one whose making was cut off: a file that is no namespace, and that keeps it from being made.
      await rm(path.join(NAMESPACES, name), { force: true });
      await run('ip', ['netns', 'add', name]);
    }
    if (made || !this.known.has(name)) await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    this.known.add(name);
    const set = sysctls.length === 0 || (!made && (await hasSettings(name, sysctls)));
    if (!set) await runIn(name, 'sysctl', ['-q', '-w', ...sysctls]);
    return made ? [`namespace ${name}`] : set ? [] : ['settings of its namespace'];
  }

  /** Removes it with all that is in it; what runs in it has to be ended before. None is fine. */
  async remove(name: string): Promise<void> {
    if (await namespaceExists(name)) {
      // Linux takes a namespace apart in its own time; one that is removed carries nothing from now on.
      const ends = await ipShow<{ readonly ifname: string; readonly link?: string }>(name, [
        'link',
        'show',
        'type',
        'veth',
      ]);
      // Of a pair that has both ends here, the second goes with the first.
      const pairs = ends.filter(({ ifname, link }) => link === undefined || link > ifname);
      await ip(
        name,
        pairs.map(({ ifname }) => `link delete ${ifname}`),
      );
      await run('ip', ['netns', 'delete', name]);
    }
    this.known.delete(name);
    await rm(this.fileOf(name), { force: true });
  }

  /** The ids of this cloud's namespaces of a kind, whether or not they still exist. */
  async list(kind: NamespaceKind): Promise<string[]> {
    const files = await readdir(this.folder).catch(() => []);
    return files.flatMap((file) => {
      const found = file.endsWith('.json') ? kindAndId(file.slice(0, -'.json'.length)) : undefined;
      return found?.kind === kind ? [found.id] : [];
    });
  }

  private fileOf(name: string): string {
    return path.join(this.folder, `${name}.json`);
  }
}

/** @returns whether the file is new */
const claim = (file: string): Promise<boolean> =>
  writeFile(file, '{}\n', { mode: 0o600, flag: 'wx' }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return false;
    },
  );

/** Whether a namespace has these settings (`net.ipv4.ip_forward=1`). One that the kernel does not know is not set. */
async function hasSettings(name: string, settings: readonly string[]): Promise<boolean> {
  const wanted = settings.map((setting) => setting.split('='));
  const files = wanted.map(([key = '']) => `/proc/sys/${key.replaceAll('.', '/')}`);
  const found = await run('nsenter', [`--net=${path.join(NAMESPACES, name)}`, 'cat', ...files]).catch(() => '');
  return found.trim().split('\n').join() === wanted.map(([, value]) => value).join();
}

/** Whether the machine has a namespace of this name: its file is a mount, of which an empty one is only what is left. */
export async function namespaceExists(name: string): Promise<boolean> {
  const [found, folder] = await Promise.all(
    [path.join(NAMESPACES, name), NAMESPACES].map((file) => stat(file).catch(() => undefined)),
  );
  return found !== undefined && folder !== undefined && found.dev !== folder.dev;
}
