import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A kernel is 27 MB: this is a line of 4 Mbit/s. A start does not wait longer for it. */
const DOWNLOAD_MS = 60_000;
/** The package whose dependency is the newest kernel for virtual machines, 14 MB without the drivers of real hardware. */
const KERNEL = 'linux-image-cloud-amd64';
const BUSYBOX = 'busybox-static';
/** A start does not wait for a mirror that is not there: the cloud has another guest. */
const PATIENCE = ['-o', 'Acquire::http::Timeout=5', '-o', 'Acquire::https::Timeout=5', '-o', 'Acquire::Retries=0'];

/** What the guest needs of Debian. */
export interface DebianParts {
  readonly kernel: Buffer;
  readonly busybox: Buffer;
  /** Modules with all that they need, in the order in which they can be loaded. */
  readonly modules: readonly { readonly name: string; readonly body: Buffer }[];
}

/**
 * Gets the parts by this machine's own apt, from the mirrors that it is set up with; nothing is installed, and the user
 * need not be root.
 * @param directory an empty folder to work in
 * @param wanted names of kernel modules
 * @throws with the words of what could not be done
 */
export async function fromDebian(directory: string, wanted: readonly string[]): Promise<DebianParts> {
  const architecture = await tool('dpkg', ['--print-architecture']);
  if (architecture !== 'amd64')
    throw new Error(`Debian's packages are of ${architecture} here, and the guests are amd64`);
  const apt = await Apt.open(directory);
  const depends = await apt.ask('apt-cache', ['depends', KERNEL]);
  const kernel = /Depends: (linux-image-[\w.+-]+)/.exec(depends)?.[1];
  if (kernel === undefined) throw new Error(`apt knows no ${KERNEL}, which Debian has`);
  await apt.ask('apt-get', ['download', kernel, BUSYBOX]);
  const root = path.join(directory, 'root');
  for (const name of await readdir(directory))
    if (name.endsWith('.deb')) await tool('dpkg', ['-x', path.join(directory, name), root]);
  const boot = (await readdir(path.join(root, 'boot'))).find((name) => name.startsWith('vmlinuz-'));
  if (boot === undefined) throw new Error(`${kernel} has no kernel in it`);
  return {
    kernel: await readFile(path.join(root, 'boot', boot)),
    // Where /bin and /usr/bin are one, the package has it in the latter.
    busybox: await readFile(path.join(root, 'bin/busybox')).catch(() => readFile(path.join(root, 'usr/bin/busybox'))),
    modules: await modulesOf(root, wanted),
  };
}

/** apt's commands with the machine's lists of packages, or, where it has none, with lists of our own. */
class Apt {
  private constructor(
    private readonly directory: string,
    private readonly options: readonly string[],
  ) {}

  static async open(directory: string): Promise<Apt> {
    const machine = new Apt(directory, PATIENCE);
    if (/Depends:/.test(await machine.ask('apt-cache', ['depends', KERNEL]).catch(() => ''))) return machine;
    const lists = path.join(directory, 'lists');
    await mkdir(path.join(lists, 'partial'), { recursive: true });
    const own = new Apt(directory, [...PATIENCE, '-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${directory}`]);
    await own.ask('apt-get', ['update']);
    return own;
  }

  ask(program: string, args: readonly string[]): Promise<string> {
    return tool(program, [...this.options, ...args], this.directory);
  }
}

async function tool(program: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const env = { ...process.env, LC_ALL: 'C' };
    const { stdout } = await run(program, args, { cwd, env, timeout: DOWNLOAD_MS, maxBuffer: 16 * 1024 * 1024 });
    return stdout.trim();
  } catch (error) {
    const { code, killed, stderr } = error as { code?: unknown; killed?: boolean; stderr?: string };
    if (code === 'ENOENT') throw new Error(`there is no ${program} on this machine`, { cause: error });
    if (killed === true) throw new Error(`${program} took longer than ${DOWNLOAD_MS / 1000} s`, { cause: error });
    const said =
      stderr
        ?.trim()
        .split('\n')
        .find((line) => line.startsWith('E:')) ?? String(error);
    throw new Error(`${program}: ${said}`, { cause: error });
  }
}

async function modulesOf(root: string, wanted: readonly string[]): Promise<DebianParts['modules']> {
  const found = new Map<string, string>();
  for (const lib of ['lib/modules', 'usr/lib/modules'])
    for (const file of await readdir(path.join(root, lib), { recursive: true }).catch(() => [])) {
      const name = /([^/]+)\.ko(\.xz)?$/.exec(file)?.[1];
      if (name !== undefined) found.set(name.replaceAll('-', '_'), path.join(root, lib, file));
    }
  const loaded = new Map<string, Buffer>();
  const load = async (name: string): Promise<void> => {
    const file = found.get(name);
    // What is no module here is part of the kernel.
    if (loaded.has(name) || file === undefined) return;
    // Later Debians compress modules, and busybox's insmod takes them plain.
    if (file.endsWith('.xz')) await tool('xz', ['--decompress', file]);
    const body = await readFile(file.replace(/\.xz$/, ''));
    for (const needed of neededBy(body)) await load(needed);
    loaded.set(name, body);
  };
  for (const name of wanted) await load(name);
  if (!loaded.has('virtio_net')) throw new Error('the kernel package has no virtio drivers in it');
  return [...loaded].map(([name, body]) => ({ name: `${name}.ko`, body }));
}

/** A module says itself what must be loaded before it: the text `depends=` of its section .modinfo. */
function neededBy(module: Buffer): string[] {
  const start = module.indexOf('\0depends=');
  if (start < 0) return [];
  const from = start + '\0depends='.length;
  const text = module.toString('latin1', from, module.indexOf(0, from));
  return text === '' ? [] : text.split(',').map((name) => name.replaceAll('-', '_'));
}
