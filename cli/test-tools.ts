/** What the tests use of OpenStack's released packages, in a cache that clones share. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '#config';

const run = promisify(execFile);
const CACHE = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'novaflow');
const CLIENT_VERSION = '10.5.0';
/** What the client knows of Placement, Gnocchi and Aodh comes by itself. */
const PLUGINS = { 'osc-placement': '4.9.1', gnocchiclient: '7.2.0', aodhclient: '3.12.0' };
const CLIENT: Environment = {
  name: `openstackclient-${CLIENT_VERSION}-placement-${PLUGINS['osc-placement']}-gnocchi-${PLUGINS.gnocchiclient}-aodh-${PLUGINS.aodhclient}`,
  packages: [`python-openstackclient==${CLIENT_VERSION}`, ...Object.entries(PLUGINS).map((one) => one.join('=='))],
};
/**
 * The released clients with their functional tests, which their wheels hold, and what those tests import: the base
 * classes of oslotest; tempest, with which the client's tests read tables; and the examples of the SDK, which its source
 * package alone holds. Apart from the client that users have.
 */
const SDK_VERSION = '4.22.0';
const FUNCTIONAL: Environment = {
  name: `functional-openstackclient-${CLIENT_VERSION}-sdk-${SDK_VERSION}-examples`,
  source: { package: 'openstacksdk', version: SDK_VERSION, folder: 'examples' },
  packages: [
    `python-openstackclient==${CLIENT_VERSION}`,
    `openstacksdk==${SDK_VERSION}`,
    'oslotest==6.1.1',
    'tempest==47.0.0',
  ],
};
/** Gnocchi's own tests, which its source package holds; gabbi, which runs them; and what empties its tables before each file of them. */
const GNOCCHI_VERSION = '4.7.1';
const GNOCCHI: Environment = {
  name: `gnocchi-tests-${GNOCCHI_VERSION}`,
  source: { package: 'gnocchi', version: GNOCCHI_VERSION, folder: 'gnocchi' },
  packages: ['gabbi==4.2.3', 'psycopg[binary]==3.3.9'],
};
const PIP_TIMEOUT_MS = 600_000;

/** A virtual environment in the cache. */
interface Environment {
  readonly name: string;
  readonly packages: readonly string[];
  /** A folder of a source package that is imported, and that no wheel has. */
  readonly source?: { readonly package: string; readonly version: string; readonly folder: string };
}

/** A release whose code says what its API answers, with the hash of its wheel on PyPI. */
interface Release {
  readonly service: string;
  readonly version: string;
  readonly sha256: string;
}
const NOVA: Release = {
  service: 'nova',
  version: '34.0.0',
  sha256: '8b46997836961762608e6e46e6d4945325d8a1fb8004e79e552e55839061f10c',
};
const KEYSTONE: Release = {
  service: 'keystone',
  version: '30.0.0',
  sha256: 'd0fa097278b1c1eda5b2c727766322a6a8afac0ed848d3104253855d4d483515',
};
const ORACLE = path.join(ROOT, 'test/oracle');

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

const lastLine = (error: unknown): string =>
  ((error as { stderr?: string }).stderr ?? String(error)).trim().split('\n').at(-1) ?? '';

/** The unmodified openstack client, in a virtual environment. @returns its path */
export const ensureOpenStackClient = (): Promise<string> => ensure(CLIENT, 'openstack');

/** The functional tests of the released clients. @returns the path of the Python that imports them */
export const ensureFunctionalTests = (): Promise<string> => ensure(FUNCTIONAL, 'python');

/** Gnocchi's own tests. @returns the path of the Python that runs them */
export const ensureGnocchiTests = (): Promise<string> => ensure(GNOCCHI, 'python');

/** @returns the path of a command of an environment, which is made where it is not there */
async function ensure({ name, packages, source }: Environment, command: string): Promise<string> {
  const directory = path.join(CACHE, name);
  const complete = path.join(directory, '.complete');
  const found = path.join(directory, 'bin', command);
  if (await exists(complete)) return found;
  console.log(`  … ${packages.join(', ')} into ${directory}`);
  try {
    await run('python3', ['-m', 'venv', directory]);
    await run(path.join(directory, 'bin', 'pip'), ['install', '--quiet', ...packages], { timeout: PIP_TIMEOUT_MS });
    if (source !== undefined) await addSource(directory, source);
    // Only now: a run that is broken off leaves an environment that looks whole.
    await writeFile(complete, '');
  } catch (error) {
    throw new Error(
      `The tests use the real openstack client and could not install it (Python with venv and pip is needed): ${lastLine(error)}`,
      { cause: error },
    );
  }
  return found;
}

/** Puts a folder of a source package beside what is installed in a virtual environment. */
async function addSource(directory: string, source: NonNullable<Environment['source']>): Promise<void> {
  const python = path.join(directory, 'bin', 'python');
  const whole = `${source.package}-${source.version}`;
  const work = await mkdtemp(path.join(tmpdir(), 'novaflow-source-'));
  try {
    const wanted = ['--no-deps', '--no-binary', source.package, `${source.package}==${source.version}`];
    await run(python, ['-m', 'pip', 'download', '--quiet', ...wanted, '-d', work], { timeout: PIP_TIMEOUT_MS });
    const { stdout } = await run(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
    const archive = path.join(work, `${whole}.tar.gz`);
    await run('tar', ['-xzf', archive, '-C', stdout.trim(), '--strip-components=1', `${whole}/${source.folder}`]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Prometheus's own checker of rules, from Debian's package, which is taken apart and not installed: it would start a server.
 * @returns its path; undefined where this system has no such package, and the tests that want it are skipped
 */
export async function ensurePromtool(): Promise<string | undefined> {
  const file = path.join(CACHE, 'promtool');
  if (await exists(file)) return file;
  console.log(`  … promtool into ${file}`);
  const work = await mkdtemp(path.join(tmpdir(), 'novaflow-promtool-'));
  try {
    await mkdir(CACHE, { recursive: true });
    await run('sh', ['-c', 'apt-get download -q prometheus && dpkg -x prometheus_*.deb .'], {
      cwd: work,
      timeout: PIP_TIMEOUT_MS,
    });
    // By another name first: two runs may do this at once, and the cache may be on another disk.
    await copyFile(path.join(work, 'usr/bin/promtool'), `${file}.${process.pid}`);
    await rename(`${file}.${process.pid}`, file);
    return file;
  } catch (error) {
    console.log(`  ! promtool could not be had from Debian, and its tests are skipped: ${lastLine(error)}`);
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The schemas of Nova's API (test/oracle/nova-schemas.py). @returns the path of the JSON */
export const ensureNovaSchemas = (): Promise<string> => ensureSchemas(NOVA);

/** The schemas of Keystone's API (test/oracle/keystone-schemas.py). @returns the path of the JSON */
export const ensureKeystoneSchemas = (): Promise<string> => ensureSchemas(KEYSTONE);

/**
 * The schemas of a service, as its script extracts them from the released wheel. The file is named after the wheel and
 * the scripts, so that a change of either makes a new one.
 */
async function ensureSchemas({ service, version, sha256 }: Release): Promise<string> {
  const extractor = path.join(ORACLE, `${service}-schemas.py`);
  const scripts = createHash('sha256');
  for (const script of [extractor, path.join(ORACLE, 'wheel.py')]) scripts.update(await readFile(script));
  const file = path.join(CACHE, `${service}-${version}-schemas-${scripts.digest('hex').slice(0, 12)}.json`);
  if (await exists(file)) return file;
  console.log(`  … schemas of ${service} ${version} into ${file}`);
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(path.join(tmpdir(), `novaflow-${service}-`));
  try {
    const requirement = path.join(work, 'requirements.txt');
    await writeFile(requirement, `${service}==${version} --hash=sha256:${sha256}\n`);
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--require-hashes', '-r', requirement, '-d', work];
    await run('python3', pip, { timeout: PIP_TIMEOUT_MS });
    const wheel = path.join(work, `${service}-${version}-py3-none-any.whl`);
    // -B: nothing is compiled into the repository.
    const { stdout } = await run('python3', ['-B', extractor, wheel], { maxBuffer: 1 << 26 });
    // Two runs may do this at once; each puts a whole file there.
    await writeFile(`${file}.${process.pid}`, stdout);
    await rename(`${file}.${process.pid}`, file);
  } catch (error) {
    throw new Error(`The schemas of ${service} ${version} could not be had from PyPI: ${lastLine(error)}`, {
      cause: error,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return file;
}
