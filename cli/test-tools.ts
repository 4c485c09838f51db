/** What the tests use of OpenStack's released packages, in a cache that clones share. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '#config';

const run = promisify(execFile);
const CACHE = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'novaflow');
const CLIENT_VERSION = '10.5.0';
/** What the client knows of Placement comes by itself. */
const PLUGIN_VERSION = '4.9.1';
const VENV = path.join(CACHE, `openstackclient-${CLIENT_VERSION}-placement-${PLUGIN_VERSION}`);
const PACKAGES = [`python-openstackclient==${CLIENT_VERSION}`, `osc-placement==${PLUGIN_VERSION}`];
const PIP_TIMEOUT_MS = 600_000;

/** The release that says what a compute answer looks like, with the hash of its wheel on PyPI. */
const NOVA_VERSION = '34.0.0';
const NOVA_SHA256 = '8b46997836961762608e6e46e6d4945325d8a1fb8004e79e552e55839061f10c';
const EXTRACTOR = path.join(ROOT, 'test/oracle/nova-schemas.py');

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

const lastLine = (error: unknown): string =>
  ((error as { stderr?: string }).stderr ?? String(error)).trim().split('\n').at(-1) ?? '';

/** The unmodified openstack client, in a virtual environment. @returns its path */
export async function ensureOpenStackClient(): Promise<string> {
  const client = path.join(VENV, 'bin', 'openstack');
  if (await exists(client)) return client;
  console.log(`  … ${PACKAGES.join(' and ')} into ${VENV}`);
  try {
    await run('python3', ['-m', 'venv', VENV]);
    await run(path.join(VENV, 'bin', 'pip'), ['install', '--quiet', ...PACKAGES], { timeout: PIP_TIMEOUT_MS });
  } catch (error) {
    throw new Error(
      `The tests use the real openstack client and could not install it (Python with venv and pip is needed): ${lastLine(error)}`,
      { cause: error },
    );
  }
  return client;
}

/**
 * The schemas of Nova's API, as test/oracle/nova-schemas.py extracts them from the released wheel. The file is named
 * after the wheel and the script, so that either's change makes a new one.
 * @returns the path of the JSON
 */
export async function ensureNovaSchemas(): Promise<string> {
  const script = createHash('sha256')
    .update(await readFile(EXTRACTOR))
    .digest('hex');
  const file = path.join(CACHE, `nova-${NOVA_VERSION}-schemas-${script.slice(0, 12)}.json`);
  if (await exists(file)) return file;
  console.log(`  … schemas of nova ${NOVA_VERSION} into ${file}`);
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(path.join(tmpdir(), 'novaflow-nova-'));
  try {
    const requirement = path.join(work, 'requirements.txt');
    await writeFile(requirement, `nova==${NOVA_VERSION} --hash=sha256:${NOVA_SHA256}\n`);
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--require-hashes', '-r', requirement, '-d', work];
    await run('python3', pip, { timeout: PIP_TIMEOUT_MS });
    const wheel = path.join(work, `nova-${NOVA_VERSION}-py3-none-any.whl`);
    const { stdout } = await run('python3', [EXTRACTOR, wheel], { maxBuffer: 1 << 26 });
    // Two runs may do this at once; each puts a whole file there.
    await writeFile(`${file}.${process.pid}`, stdout);
    await rename(`${file}.${process.pid}`, file);
  } catch (error) {
    throw new Error(`The schemas of nova ${NOVA_VERSION} could not be had from PyPI: ${lastLine(error)}`, {
      cause: error,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return file;
}
