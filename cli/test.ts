/** npm test: gets what the tests need (the openstack client, Temporal), runs them, and ends with their count. */
import { execFile, spawnSync } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '#config';

const run = promisify(execFile);
const CLIENT_VERSION = '10.5.0';
const VENV = path.join(
  process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'),
  'novaflow',
  `openstackclient-${CLIENT_VERSION}`,
);

/** The unmodified openstack client, in a virtual environment that clones share. */
async function ensureOpenStackClient(): Promise<string> {
  const client = path.join(VENV, 'bin', 'openstack');
  if (
    await access(client).then(
      () => true,
      () => false,
    )
  )
    return client;
  console.log(`  … python-openstackclient ${CLIENT_VERSION} into ${VENV}`);
  try {
    await run('python3', ['-m', 'venv', VENV]);
    await run(path.join(VENV, 'bin', 'pip'), ['install', '--quiet', `python-openstackclient==${CLIENT_VERSION}`], {
      timeout: 600_000,
    });
  } catch (error) {
    throw new Error(
      `The tests use the real openstack client and could not install it (Python with venv and pip is needed): ${((error as { stderr?: string }).stderr ?? String(error)).trim().split('\n').at(-1) ?? ''}`,
      { cause: error },
    );
  }
  return client;
}

async function main(): Promise<number> {
  const openstack = await ensureOpenStackClient();
  const env = { ...process.env, NOVAFLOW_TEST_OPENSTACK: openstack };
  const { status } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)],
    { cwd: ROOT, stdio: 'inherit', env },
  );
  const report = JSON.parse(await readFile(path.join(ROOT, 'node_modules/.cache/novaflow-tests.json'), 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    success: boolean;
  };
  const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : '';
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed${skipped}`);
  return status ?? 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
