/**
 * The way into every npm script. It needs nothing but Node: it installs the packages, builds what is older than its
 * source, installs the system packages that a real cloud needs, and then runs the command in this same process.
 *   node cli/launch.mjs up|test|bench|audit|faults|chaos|doctor|policy [arguments]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
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
  'tsconfig.build.json',
];
/** By the command that each brings: what runs real guests, and what closes Temporal's ports to other users (root only). */
const SYSTEM_PACKAGES = { 'qemu-system-x86_64': 'qemu-system-x86', 'qemu-img': 'qemu-utils', nft: 'nftables' };

const say = (text) => console.log(text);

function timed(title, work) {
  const began = Date.now();
  say(`  … ${title}`);
  work();
  say(`  ✔ ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** Runs a command and shows its output only when it fails. */
function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
  });
  if (result.status === 0) return;
  console.error(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  throw new Error(`${command} ${args.join(' ')} failed${result.error ? `: ${result.error.message}` : '.'}`);
}

function newest(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(file).map((name) => newest(path.join(file, name))));
}

function installPackages() {
  const lock = at('package-lock.json');
  const installed = at('node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  // No package of ours needs its install script; Prisma's would try to fetch an engine that is not used.
  timed('npm packages', () => run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']));
}

function build() {
  const built = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.max(...SOURCES.map((s) => newest(at(s)))) <= built) return;
  timed('build', () => {
    // Prisma asks for its native engine before it generates, and does not use it.
    run('npx', ['--no-install', 'prisma', 'generate'], { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath });
    run('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json']);
    run(process.execPath, [at('dist/cli/bundle-workflows.js')]);
    mkdirSync(path.dirname(STAMP), { recursive: true });
    writeFileSync(STAMP, '');
  });
}

function installSystemPackages() {
  const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
  const root = process.getuid?.() === 0;
  const wanted = Object.entries(SYSTEM_PACKAGES)
    .filter(([command]) => !has(command) && (root || command !== 'nft'))
    .map(([, name]) => name);
  if (wanted.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${wanted.join(' ')}`;
  const without = wanted.some((name) => name.startsWith('qemu')) ? 'servers run on the fake hypervisor' : '';
  const may =
    process.env.NOVAFLOW_INSTALL !== 'no' && has('apt-get') && (root || spawnSync('sudo', ['-n', 'true']).status === 0);
  if (!may) {
    if (without) say(`  ! QEMU is not installed, so ${without}. To change that: ${root ? '' : 'sudo '}${line}`);
    return;
  }
  say(`  Installing ${wanted.join(', ')} with apt-get (NOVAFLOW_INSTALL=no forbids it)`);
  const [command, prefix] = root ? ['apt-get', []] : ['sudo', ['-n', 'apt-get']];
  try {
    timed('system packages', () => {
      run(command, [...prefix, 'update', '-qq'], { DEBIAN_FRONTEND: 'noninteractive' });
      run(command, [...prefix, ...line.split(' ').slice(1)], { DEBIAN_FRONTEND: 'noninteractive' });
    });
  } catch (error) {
    say(`  ! ${error.message} ${without && `So ${without}. `}To try by hand: ${root ? '' : 'sudo '}${line}`);
  }
}

const COMMANDS = {
  up: { module: 'apps/standalone/main.js', system: true },
  test: { module: 'cli/test.js', system: true },
  bench: { module: 'cli/bench/main.js' },
  audit: { module: 'cli/audit.js' },
  faults: { module: 'cli/faults.js' },
  chaos: { module: 'cli/chaos/main.js' },
  doctor: { module: 'cli/doctor.js' },
  policy: { module: 'cli/policy.js' },
  build: {},
};

const [name, ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (!command) {
  console.error(`Usage: node cli/launch.mjs ${Object.keys(COMMANDS).join('|')}`);
  process.exit(2);
}
const [major, minor] = process.versions.node.split('.').map(Number);
const needed = JSON.parse(readFileSync(at('package.json'), 'utf8')).engines.node;
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old: Novaflow needs Node ${needed}.`);
  process.exit(1);
}
try {
  installPackages();
  build();
  if (command.system && !args.some((a) => a.includes('fake'))) installSystemPackages();
  if (command.module) {
    process.argv = [process.argv[0], at('dist', command.module), ...args];
    await import(at('dist', command.module));
  }
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
