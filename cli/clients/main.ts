/**
 * npm run test:clients [-- GROUP… | TEST…]: the released clients' own functional tests, unmodified, on a cloud that is there
 * for them alone. test/clients/functional.tsv says of each that does not pass why; the run fails for one that is listed
 * and passes, and for one that does not pass and is not listed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onScratchCloud } from '#apps/standalone/scratch';
import { ROOT, loadConfig } from '#config';
import { ensureFunctionalTests, ensureGnocchiTests } from '../test-tools.js';
import { environmentIn, likeDevStack } from './devstack.js';
import { GABBI_SETTINGS, gabbiEnvironment } from './gabbits.js';
import { loadedClient } from './loaded-client.js';
import { groupsOf, type Group } from './groups.js';
import { Listed, countOf, type Outcome } from './outcomes.js';

/** Each test waits for an `openstack` most of the time, which takes a core. */
const WORKERS = '2';
const RUNNER = path.join(ROOT, 'test/clients/functional.py');
/** No test needs a guest that computes. */
const SETTINGS = { NOVAFLOW_MODE: 'development', NOVAFLOW_HYPERVISOR: 'fake', NOVAFLOW_SIMULATED_HOSTS: '2' };

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const modules = args.filter((arg) => arg.includes('.'));
  const groups =
    modules.length > 0 && modules.length === args.length ? [] : groupsOf(args.filter((a) => !a.includes('.')));
  const clients = groups.filter(({ gabbits }) => !gabbits);
  const inTurn = clients.flatMap((group) => group.inTurn);
  const atOnce = [...clients.flatMap((group) => group.atOnce), ...modules];
  const listed = await Listed.read();
  const tell = (outcome: Outcome): void => console.log(lineOf(outcome, listed));
  const outcomes: Outcome[] = [];
  if (inTurn.length > 0 || atOnce.length > 0) outcomes.push(...(await runClients({ inTurn, atOnce }, tell)));
  // Gnocchi's tests begin with an empty Gnocchi and short pages, so their cloud is their own.
  for (const group of groups.filter(({ gabbits }) => gabbits)) outcomes.push(...(await runGabbits(group, tell)));
  const wrong = listed.wrong(outcomes);
  for (const line of wrong) console.log(`\n✘ ${line}`);
  const ran = [...groups.flatMap((group) => [...group.inTurn, ...group.atOnce]), ...modules];
  for (const line of listed.unused(outcomes, ran)) console.log(`  ! functional.tsv lists ${line}, which is no test`);
  console.log(`\n${countOf(outcomes)}; ${wrong.length} not as functional.tsv says`);
  return wrong.length > 0 || outcomes.length === 0 ? 1 : 0;
}

async function runClients(
  modules: Pick<Group, 'inTurn' | 'atOnce'>,
  tell: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const python = await ensureFunctionalTests();
  const { region } = loadConfig().cloud;
  return onScratchCloud(SETTINGS, async (scratch) => {
    const directory = await likeDevStack(scratch, region);
    const { bin, stop } = await loadedClient(directory, python);
    try {
      return await runTests(python, directory, modules, tell, environmentIn(directory, bin, python));
    } finally {
      stop();
    }
  });
}

async function runGabbits(modules: Group, tell: (outcome: Outcome) => void): Promise<Outcome[]> {
  const python = await ensureGnocchiTests();
  return onScratchCloud({ ...SETTINGS, ...GABBI_SETTINGS }, async (scratch) =>
    runTests(python, scratch.home, modules, tell, await gabbiEnvironment(scratch, python)),
  );
}

/** Runs the tests below packages and modules. @param tell is given each outcome when it is known */
async function runTests(
  python: string,
  directory: string,
  { inTurn, atOnce }: Pick<Group, 'inTurn' | 'atOnce'>,
  tell: (outcome: Outcome) => void,
  env: NodeJS.ProcessEnv,
): Promise<Outcome[]> {
  const child = spawn(python, [RUNNER, WORKERS, ...atOnce, '--in-turn', ...inTurn], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  // Tests of a run that is ended have no cloud any more.
  process.once('exit', () => child.kill());
  const outcomes: Outcome[] = [];
  for await (const line of createInterface(child.stdout)) {
    const outcome = JSON.parse(line) as Outcome;
    outcomes.push(outcome);
    tell(outcome);
  }
  const [code] = await exited;
  if (code !== 0) throw new Error(`The clients' tests ended with ${code}.`);
  return outcomes;
}

const MARKS = { passed: '✔', failed: '✘', skipped: '-' } as const;

function lineOf({ test, outcome, why }: Outcome, listed: Listed): string {
  const reason = outcome === 'passed' ? undefined : (listed.reasonOf(test) ?? why);
  return `${MARKS[outcome]} ${test}${reason === undefined ? '' : `: ${reason}`}`;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
