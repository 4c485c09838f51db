import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { until } from '#cli/bench/measure';
import { ROOT } from '#config';
import { hasTool } from '#drivers/tools';
import type { TestCloud } from './clouds.js';
import { writeCredentials } from './host.js';

const execute = promisify(execFile);
const run = async (program: string, ...args: string[]): Promise<string> =>
  (await execute(program, args, { timeout: 60_000 })).stdout;

const NAMESPACES = ['--net', '--mount', '--pid'];
const UNSHARE = ['unshare', ...NAMESPACES, '--fork', '--kill-child', '--mount-proc'];
/**
 * The first process of a machine: with it all others end. The folders of what runs are the machine's own, and so is what the
 * kernel says of its links and of when it was started. While a shell waits for a command, it also takes the ends of processes that
 * have lost their parents.
 */
const INIT = `
for folder in /run/netns /run/novaflow; do mkdir -p $folder && mount -t tmpfs -o mode=755 none $folder || exit; done
mount -t sysfs none /sys || exit
cat /proc/sys/kernel/random/uuid > /run/novaflow/boot_id &&
mount --bind /run/novaflow/boot_id /proc/sys/kernel/random/boot_id || exit
ip link set lo up && echo up && while :; do sleep 1; done`;
/** All that runs on a machine ends with its first process; a busy kernel takes its time over some hundred of them. */
const POWER_MS = 30_000;
const TUNNEL_LINK = 'tunnel0';

/** Why parts of this machine cannot stand for machines; undefined where they can. */
export async function whyNoMachines(): Promise<string | undefined> {
  for (const tool of ['setpriv', 'unshare', 'nsenter', 'pgrep'])
    if (!(await hasTool(tool))) return `${tool} is not installed`;
  const [program = '', ...args] = UNSHARE;
  const vxlan = 'mount -t sysfs none /sys && ip link add probe type vxlan id 1 local 192.0.2.1 dstport 4789';
  return run(program, ...args, 'sh', '-c', vxlan).then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

/**
 * A machine of a cloud, with real guests on real networks: namespaces of its own for its links, its mounts (and so for the names
 * of network namespaces) and its processes. It reaches the control plane, which is on loopback here, by a link for that alone;
 * `cable` joins it to another machine for tunnels.
 */
export class NamespacedMachine {
  private init: ChildProcess | undefined;
  private pid = '';
  private home: string | undefined;
  private readonly passages: Server[] = [];
  private readonly sockets = new Set<Socket>();

  /** @param number of the machine in the test, by which its addresses are */
  constructor(
    private readonly cloud: TestCloud,
    readonly name: string,
    private readonly number: number,
  ) {}

  /** Where other machines send what is for its guests. */
  get tunnelAddress(): string {
    return `198.18.78.${this.number}`;
  }

  /** What comes before a command that is to run on the machine. */
  readonly enter = (): string[] => ['nsenter', `--target=${this.pid}`, ...NAMESPACES];

  /** Runs a command on it. @returns what it wrote @throws when it fails */
  run(...args: string[]): Promise<string> {
    const [program = '', ...rest] = [...this.enter(), ...args];
    return run(program, ...rest);
  }

  /** Switches it on: it has its links then, and no roles yet. */
  async powerOn(): Promise<void> {
    // Should the test be killed, no machine is left.
    this.init = spawn('setpriv', ['--pdeathsig', 'KILL', ...UNSHARE, 'sh', '-c', INIT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(this.init.stdout!, 'data');
    this.pid = (await run('pgrep', '-P', String(this.init.pid))).trim();
    const [here, there] = [this.address(1), this.address(2)];
    await run('ip', 'link', 'add', this.link, 'type', 'veth', 'peer', 'name', 'control0', 'netns', this.pid);
    await run('ip', 'address', 'add', `${here}/30`, 'dev', this.link);
    await run('ip', 'link', 'set', this.link, 'up');
    await this.run('ip', 'address', 'add', `${there}/30`, 'dev', 'control0');
    await this.run('ip', 'link', 'set', 'control0', 'up');
    for (const port of [this.apiPort, this.temporalPort]) await this.openPassage(here, port);
  }

  /** Joins it to another one: tunnels between them go by that. */
  async cable(other: NamespacedMachine): Promise<void> {
    // Linux takes the namespace of a machine that has no power apart in its own time.
    await other.run('ip', 'link', 'delete', TUNNEL_LINK).catch(() => undefined);
    const link = ['link', 'add', TUNNEL_LINK, 'type', 'veth', 'peer', 'name', TUNNEL_LINK, 'netns', other.pid];
    await run('nsenter', `--target=${this.pid}`, '--net', 'ip', ...link);
    for (const each of [this, other]) {
      await each.run('ip', 'address', 'add', `${each.tunnelAddress}/24`, 'dev', TUNNEL_LINK);
      await each.run('ip', 'link', 'set', TUNNEL_LINK, 'up');
    }
  }

  /** Starts its roles, and waits until they take work. */
  async startRoles(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    // A disk of its own, which outlives its processes.
    if (this.home === undefined) {
      this.home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-machine-'));
      await writeCredentials(this.cloud, this.name, path.join(this.home, 'credentials'));
    }
    const log = await open(path.join(this.home, 'roles.log'), 'a');
    const [program = '', ...args] = this.enter();
    const worker = [process.execPath, path.join(ROOT, 'dist/programs/worker.js'), 'compute', 'network'];
    const roles = spawn(program, [...args, ...worker], {
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
      env: {
        ...process.env,
        NOVAFLOW_HOME: this.home,
        NOVAFLOW_HOST: this.name,
        NOVAFLOW_PUBLIC_URL: `http://${this.address(1)}:${this.apiPort}`,
        TEMPORAL_ADDRESS: `${this.address(1)}:${this.temporalPort}`,
        NOVAFLOW_BIND: this.address(2),
        NOVAFLOW_HOST_CREDENTIAL: path.join(this.home, 'credentials'),
        NOVAFLOW_HYPERVISOR: 'qemu',
        NOVAFLOW_NETWORK_DRIVER: 'linux',
        NOVAFLOW_NETWORK_LOCAL_IP: this.tunnelAddress,
        NOVAFLOW_MODE: 'development',
        ...settings,
      },
    });
    await log.close();
    const ended = once(roles, 'exit').then(async () => {
      throw new Error(`The roles of ${this.name} ended: ${await readFile(path.join(this.home!, 'roles.log'), 'utf8')}`);
    });
    ended.catch(() => undefined);
    await Promise.race([once(roles, 'message'), ended]);
  }

  /** Takes its power: all that runs on it ends at once, and its links are gone. Its disk is kept. */
  async cut(): Promise<void> {
    const { init } = this;
    if (init === undefined) return;
    this.init = undefined;
    init.kill('SIGKILL');
    await until(() => Promise.resolve(!existsSync(`/proc/${this.pid}`) || undefined), 10, POWER_MS);
    for (const passage of this.passages.splice(0)) passage.close();
    for (const socket of this.sockets) socket.destroy();
    await run('ip', 'link', 'delete', this.link).catch(() => undefined);
  }

  async remove(): Promise<void> {
    await this.cut();
    if (this.home !== undefined) await rm(this.home, { recursive: true });
  }

  /** What there is of guests and networks: nothing on a machine that has none. */
  async traces(): Promise<string[]> {
    const lines = async (...command: string[]): Promise<string[]> =>
      (await this.run(...command)).split('\n').filter((line) => line !== '');
    const files = async (folder: string): Promise<string[]> => {
      const found = await readdir(path.join(this.home!, folder), { recursive: true, withFileTypes: true }).catch(
        () => [],
      );
      return found.filter((entry) => entry.isFile()).map(({ name }) => name);
    };
    const links = (await lines('ip', '-brief', 'link')).map((line) => line.split(/[\s@]/)[0]!);
    return [
      ...(await lines('ip', 'netns', 'list')),
      ...links.filter((name) => !['lo', 'control0', TUNNEL_LINK].includes(name)),
      ...(await lines('nft', 'list', 'tables')),
      ...(await lines('ps', '-e', '-o', 'comm=')).filter((name) => /^(qemu|dnsmasq)/.test(name)),
      ...(await files('vifs')),
      ...(await files('hosts')),
      ...(await files('network')).filter((name) => name !== 'state.json'),
    ];
  }

  /** Its cable to the control plane, here. */
  private get link(): string {
    return `nm${process.pid}x${this.number}`;
  }
  /** Runs of the tests side by side do not have the same ones: the ends of the cables here are all in one namespace. */
  private address(end: 1 | 2): string {
    return `198.19.${process.pid % 256}.${this.number * 4 + end}`;
  }
  private get apiPort(): number {
    return Number(new URL(this.cloud.authUrl).port);
  }
  private get temporalPort(): number {
    return Number(this.cloud.temporalAddress.split(':')[1]);
  }

  /** Lets the machine reach a port of loopback here. */
  private async openPassage(address: string, port: number): Promise<void> {
    const passage = createServer((socket) => {
      const inner = connect(port, '127.0.0.1');
      for (const each of [socket, inner]) {
        this.sockets.add(each);
        each.on('close', () => this.sockets.delete(each));
      }
      pipeline(socket, inner, socket, () => undefined);
    });
    this.passages.push(passage);
    passage.listen(port, address);
    await once(passage, 'listening');
  }
}
