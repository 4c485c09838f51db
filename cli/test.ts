/** npm test: gets what the tests need (the openstack client, the schemas of Nova and Keystone, promtool), runs them, and ends with their count. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '#config';
import { ensureKeystoneSchemas, ensureNovaSchemas, ensureOpenStackClient, ensurePromtool } from './test-tools.js';

/** Judges the answers that the run recorded; it belongs to every run, also to one of a few files. */
const JUDGEMENT = 'test/oracle/answers.test.ts';

async function main(): Promise<number> {
  const openstack = await ensureOpenStackClient();
  const nova = await ensureNovaSchemas();
  const keystone = await ensureKeystoneSchemas();
  const promtool = await ensurePromtool();
  const answers = await mkdtemp(path.join(tmpdir(), 'novaflow-answers-'));
  const env = {
    ...process.env,
    NOVAFLOW_TEST_OPENSTACK: openstack,
    NOVAFLOW_TEST_NOVA: nova,
    NOVAFLOW_TEST_KEYSTONE: keystone,
    ...(promtool === undefined ? {} : { NOVAFLOW_TEST_PROMTOOL: promtool }),
    NOVAFLOW_RECORD_ANSWERS: answers,
  };
  const args = process.argv.slice(2);
  const files = args.some((arg) => arg.startsWith('test/')) ? [...args, JUDGEMENT] : args;
  const { status } = spawnSync(process.execPath, [path.join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...files], {
    cwd: ROOT,
    stdio: 'inherit',
    env,
  });
  if (process.env['NOVAFLOW_KEEP'] === undefined) await rm(answers, { recursive: true, force: true });
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
