import { chmod, mkdir, readFile, readdir, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './commands.js';
import { processOf, type DnsmasqPlan } from './dhcp.js';
import { LEASES, leaseScript } from './sightings.js';

/** dnsmasq ends within milliseconds when it is asked to. */
const END_MS = 3_000;
const POLL_MS = 10;
/** The user that has nothing; dnsmasq keeps only what it needs of root for its sockets. */
const USER = 'nobody';

/**
 * The dnsmasq of one network, or of one router: a process that outlives the role, and is found again by its folder, which is in its command line.
 * Its files are in a folder that its user may read; they are made anew after a reboot, as the process is.
 */
export class Dnsmasq {
  /**
   * @param folder its own
   * @param namespace where it answers
   */
  constructor(
    private readonly folder: string,
    private readonly namespace: string,
  ) {}

  /** Brings it to serve what the plan says: started anew only where a reload would not do. @returns what had to be done */
  async serve(plan: DnsmasqPlan): Promise<string[]> {
    await this.makeFolder();
    const kept = await this.kept();
    const changed = await this.write(plan);
    const running = await this.runs();
    const moved = Object.entries(plan.owners).some(([ip, mac]) => (kept?.owners[ip] ?? mac) !== mac);
    if (running && kept?.process === processOf(plan) && !moved) {
      if (changed) for (const pid of await this.processes()) process.kill(pid, 'SIGHUP');
      await this.keep({ process: kept.process, owners: { ...kept.owners, ...plan.owners } }, kept);
      return changed ? ['files of dnsmasq'] : [];
    }
    await this.end();
    await this.start(plan);
    await this.keep({ process: processOf(plan), owners: plan.owners }, kept);
    return ['dnsmasq'];
  }

  /**
   * Tells, without reading them, whether somebody has touched its files since: another text means so. A change within one
   * port's file is not seen.
   */
  async look(): Promise<string> {
    const all = await Promise.all(
      ['', 'hosts', 'opts', 'names', 'kept.json'].map((name) => stat(this.inside(name)).catch(() => undefined)),
    );
    return all.map((found) => (found ? `${found.ino} ${found.mtimeMs}` : '')).join();
  }

  /** Ends it, if there is one, and removes its files. */
  async remove(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Whether it runs, in its namespace: a namespace that was made anew has none. */
  async runs(): Promise<boolean> {
    const [pid, ...more] = await this.processes();
    return pid !== undefined && more.length === 0 && (await this.isInNamespace(pid));
  }

  /** A process of it, which keeps its namespace alive even when that has lost its name. */
  async pid(): Promise<number | undefined> {
    return (await this.processes())[0];
  }

  /** dnsmasq's user has to find its files, whatever the role's own umask is. */
  private async makeFolder(): Promise<void> {
    for (const name of ['hosts', LEASES]) await mkdir(this.inside(name), { recursive: true });
    const own = [this.folder, this.inside('hosts'), this.inside(LEASES)];
    for (const folder of [path.dirname(this.folder), ...own]) await chmod(folder, 0o755);
    if (await replaceIfOther(this.inside('lease-seen'), leaseScript(this.folder)))
      await chmod(this.inside('lease-seen'), 0o755);
  }

  /** Its files that are other than the plan's. */
  private async write(plan: DnsmasqPlan): Promise<boolean> {
    const there = await readdir(this.inside('hosts'));
    const gone = there.filter((name) => !plan.hosts.has(name));
    await Promise.all(gone.map((name) => rm(path.join(this.inside('hosts'), name), { force: true })));
    let changed = gone.length > 0;
    const all: [string, string][] = [
      ...[...plan.hosts].map(([port, text]): [string, string] => [`hosts/${port}`, text]),
      ['opts', plan.opts],
      ['names', plan.names],
    ];
    for (const [name, text] of all) if (await replaceIfOther(this.inside(name), text)) changed = true;
    return changed;
  }

  /**
   * Without a file of leases: what an address's owner is is known without it, and with `authoritative` a guest that asks
   * for the address it has is given it.
   */
  private async start(plan: DnsmasqPlan): Promise<void> {
    await run('nsenter', [
      `--net=/run/netns/${this.namespace}`,
      'dnsmasq',
      '--conf-file=/dev/null',
      '--no-hosts',
      '--no-resolv',
      '--no-negcache',
      '--quiet-dhcp',
      '--quiet-dhcp6',
      '--quiet-ra',
      '--local-service',
      '--bind-dynamic',
      '--except-interface=lo',
      '--dhcp-authoritative',
      '--leasefile-ro',
      '--dhcp-match=set:ipxe,175',
      `--user=${USER}`,
      `--pid-file=${this.inside('pid')}`,
      `--dhcp-hostsfile=${this.inside('hosts')}`,
      `--dhcp-optsfile=${this.inside('opts')}`,
      `--addn-hosts=${this.inside('names')}`,
      ...(await this.seeing()),
      ...plan.options,
    ]);
  }

  /** Has leases seen (sightings.ts). Where no program may be run from this folder, they are given all the same. */
  private async seeing(): Promise<string[]> {
    const script = this.inside('lease-seen');
    return run(script, ['init']).then(
      () => [`--dhcp-script=${script}`],
      () => [],
    );
  }

  private async end(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const pids = await this.processes();
      for (const pid of pids) process.kill(pid, signal);
      for (const end = Date.now() + END_MS; Date.now() < end; await sleep(POLL_MS))
        if ((await this.processes()).length === 0) return;
    }
    throw new Error(`dnsmasq in ${this.namespace} does not end.`);
  }

  /** By the file of its pid; all processes are looked through only where that does not help. */
  private async processes(): Promise<number[]> {
    const pid = Number(await readFile(this.inside('pid'), 'utf8').catch(() => ''));
    if (pid > 0 && (await this.isOurs(pid))) return [pid];
    const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const ours = await Promise.all(all.map(async (one) => ((await this.isOurs(one)) ? [one] : [])));
    return ours.flat();
  }

  /** A pid is given to another process once its own has ended: what it runs tells whether it is this one. */
  private async isOurs(pid: number): Promise<boolean> {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const [program = '', ...args] = line.split('\0');
    return path.basename(program) === 'dnsmasq' && args.includes(`--pid-file=${this.inside('pid')}`);
  }

  private async isInNamespace(pid: number): Promise<boolean> {
    const [of, namespace] = await Promise.all([
      readlink(`/proc/${pid}/ns/net`).catch(() => ''),
      stat(`/run/netns/${this.namespace}`).catch(() => undefined),
    ]);
    return namespace !== undefined && of === `net:[${namespace.ino}]`;
  }

  private async kept(): Promise<Kept | undefined> {
    const text = await readFile(this.inside('kept.json'), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as Kept);
  }

  private async keep(now: Kept, before: Kept | undefined): Promise<void> {
    if (JSON.stringify(now) !== JSON.stringify(before))
      await replaceIfOther(this.inside('kept.json'), JSON.stringify(now));
  }

  private inside(name: string): string {
    return path.join(this.folder, name);
  }
}

/** What the running process was started with, and which cards it may have given which address. */
interface Kept {
  readonly process: string;
  readonly owners: Readonly<Record<string, string>>;
}

/** @returns whether it was another text */
async function replaceIfOther(file: string, text: string): Promise<boolean> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return false;
  // dnsmasq leaves files alone whose names begin with a dot. They are made anew after a reboot: none has to outlive it.
  const partial = path.join(path.dirname(file), `.${path.basename(file)}`);
  await writeFile(partial, text);
  await chmod(partial, 0o644);
  await rename(partial, file);
  return true;
}
