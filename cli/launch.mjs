/**
 * The way into every npm script. It needs nothing but Node: it installs the packages, builds what is older than its
 * source, gets Temporal and the system packages that a real cloud needs, side by side where one does not need the other,
 * and then runs the command in this same process.
 *   node cli/launch.mjs up|test|bench|audit|logs|trace|faults|chaos|doctor|policy|outside|coverage|clients [arguments]
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { getTemporal, locateTemporal } from '../apps/standalone/get-temporal.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** @param {string[]} parts */
const at = (...parts) => path.join(ROOT, ...parts);
const STAMP = at('dist', '.built');
const SOURCES = [
  'apps',
  'activities',
  'cli',
  'config',
  'drivers',
  'services',
  'workflows',
  'prisma/schema',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
/** By the command that each brings: what runs real guests. */
const GUEST_PACKAGES = { 'qemu-system-x86_64': 'qemu-system-x86', 'qemu-img': 'qemu-utils' };
/** What closes Temporal's ports to other users, and makes networks and routers: of use to root only. */
const NETWORK_PACKAGES = {
  nft: 'nftables',
  ip: 'iproute2',
  sysctl: 'procps',
  conntrack: 'conntrack',
  dnsmasq: 'dnsmasq-base',
};

/** What only tests need: the browser that opens the dashboard. */
const TEST_PACKAGES = { chromium: 'chromium' };

/** @param {string} text */
const say = (text) => console.log(text);

/**
 * Names a phase of the start, and says how long it took; the measure stays for the table at the end of a start.
 * @param {string} title
 * @param {(tell: (line: string) => void) => Promise<unknown>} work
 */
async function phase(title, work) {
  const start = performance.now();
  say(`  … ${title}`);
  await work((line) => say(`  … ${title}: ${line}`));
  const { duration } = performance.measure(title, { start, detail: 'prepared' });
  say(`  ✔ ${title} (${(duration / 1000).toFixed(1)} s)`);
}

/**
 * Runs a command and shows its output only when it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @returns {Promise<void>}
 */
function run(command, args, env = {}) {
  const options = { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: 1 << 28 };
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve();
      console.error(`${stdout}${stderr}`);
      const why = typeof error.code === 'string' ? `: ${error.message}` : '.';
      return reject(new Error(`${command} ${args.join(' ')} failed${why}`));
    });
  });
}

/**
 * @param {string} file
 * @returns {number}
 */
function newest(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(file).map((name) => newest(path.join(file, name))));
}

async function installPackages() {
  const lock = at('package-lock.json');
  const installed = at('node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  // No package of ours needs its install script; Prisma's would try to fetch an engine that is not used.
  await phase('npm packages', () => run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']));
}

async function build() {
  const built = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.max(...SOURCES.map((s) => newest(at(s)))) <= built) return;
  await phase('build', async () => {
    /**
     * @param {string} file
     * @param {string[]} args
     * @param {Record<string, string>} [env]
     */
    const node = (file, args, env) => run(process.execPath, [at(file), ...args], env);
    // Prisma asks for its native engine before it generates, and does not use it.
    await node('node_modules/prisma/build/index.js', ['generate'], { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath });
    // A start takes the types as they are: `npm run build` and CI have checked them, and that is half of the time.
    const unchecked = name === 'up' ? ['--noCheck'] : [];
    // What it knows of the last build lies in the folder of what it wrote: the two go together.
    const known = ['--incremental', '--tsBuildInfoFile', 'dist/build.tsbuildinfo'];
    await node('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json', ...known, ...unchecked]);
    await Promise.all([
      node('dist/cli/bundle-workflows.js', []),
      node('dist/cli/bundle-programs.js', []),
      node('node_modules/vite/bin/vite.js', ['build', 'apps/dashboard', '--logLevel', 'warn']),
    ]);
    mkdirSync(path.dirname(STAMP), { recursive: true });
    writeFileSync(STAMP, '');
  });
}

async function installSystemPackages() {
  /** @param {string} name */
  const has = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
  const root = process.getuid?.() === 0;
  const wanted = Object.entries({
    ...GUEST_PACKAGES,
    ...(root ? NETWORK_PACKAGES : {}),
    ...(name === 'test' ? TEST_PACKAGES : {}),
  })
    .filter(([command]) => !has(command))
    .map(([, name]) => name);
  if (wanted.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${wanted.join(' ')}`;
  const without = wanted.some((name) => name.startsWith('qemu')) ? 'servers run on the fake hypervisor' : '';
  const may =
    process.env['NOVAFLOW_INSTALL'] !== 'no' &&
    has('apt-get') &&
    (root || spawnSync('sudo', ['-n', 'true']).status === 0);
  if (!may) {
    if (wanted.includes('chromium')) say('  ! Chromium is not installed, so tests in a browser are left out.');
    if (without) say(`  ! QEMU is not installed, so ${without}. To change that: ${root ? '' : 'sudo '}${line}`);
    return;
  }
  say(`  Installing ${wanted.join(', ')} with apt-get (NOVAFLOW_INSTALL=no forbids it)`);
  const [apt, prefix] = root ? ['apt-get', []] : ['sudo', ['-n', 'apt-get']];
  const quietly = { DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await phase('system packages', async () => {
      await run(apt, [...prefix, 'update', '-qq'], quietly);
      await run(apt, [...prefix, ...line.split(' ').slice(1)], quietly);
    });
  } catch (error) {
    const why = /** @type {Error} */ (error).message;
    say(`  ! ${why} ${without && `So ${without}. `}To try by hand: ${root ? '' : 'sudo '}${line}`);
  }
}

/**
 * Gets Temporal while the packages are installed; a way that needs them waits for them.
 * @param {Promise<unknown>} packages
 */
async function installTemporal(packages) {
  if (process.env['TEMPORAL_ADDRESS'] !== undefined || locateTemporal() !== undefined) return;
  await phase('Temporal, downloaded', (tell) => getTemporal(tell, packages));
}

/** @typedef {{ module?: string; system?: boolean; temporal?: boolean }} Command */
/** @type {Record<string, Command>} */
const COMMANDS = {
  up: { module: 'programs/up.js', system: true, temporal: true },
  test: { module: 'cli/test.js', system: true, temporal: true },
  bench: { module: 'cli/bench/main.js', temporal: true },
  audit: { module: 'cli/audit.js' },
  logs: { module: 'cli/logs/main.js' },
  trace: { module: 'cli/trace/main.js', system: true, temporal: true },
  faults: { module: 'cli/faults.js' },
  chaos: { module: 'cli/chaos/main.js', temporal: true },
  doctor: { module: 'cli/doctor.js' },
  policy: { module: 'cli/policy.js' },
  outside: { module: 'cli/outside.js' },
  coverage: { module: 'cli/coverage.js' },
  clients: { module: 'cli/clients/main.js', temporal: true },
  build: {},
};

const [name = '', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (!command) {
  console.error(`Usage: node cli/launch.mjs ${Object.keys(COMMANDS).join('|')}`);
  process.exit(2);
}
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  const { engines } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  console.error(`Node ${process.versions.node} is too old: Novaflow needs Node ${engines.node}.`);
  process.exit(1);
}
try {
  const packages = installPackages();
  // All of them end before this process does: an apt-get that is cut off leaves its packages half installed.
  const prepared = await Promise.allSettled([
    packages.then(build),
    command.system && !args.some((a) => a.includes('fake')) ? installSystemPackages() : undefined,
    command.temporal ? installTemporal(packages) : undefined,
  ]);
  for (const result of prepared) if (result.status === 'rejected') throw result.reason;
  if (command.module) {
    process.argv = [process.execPath, at('dist', command.module), ...args];
    await import(at('dist', command.module));
  }
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exit(1);
}
