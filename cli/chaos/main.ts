/**
 * npm run chaos: boots and deletes servers while processes are killed, paused and restarted, at random but repeatably
 * by seed, and then counts what is stuck or left. On a cloud of its own with the fake hypervisor, or with real guests on
 * real networks, which it stops again.
 */
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ChaosRuns } from '#apps/faults/chaos-runs';
import { onScratchCloud } from '#apps/standalone/scratch';
import { loadConfig } from '#config';
import { recordOf } from './record.js';
import { runChaos } from './run.js';
import { markdownOf, measureTable } from './table.js';
import { timelineOf } from './timeline.js';

const number = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number greater than 0.');
  return value;
};
const options = new Command('npm run chaos --')
  .option('--boots <n>', 'how many servers to boot', number, 100)
  .option('--seed <n>', 'decides what goes wrong and when', number, 1)
  .option('--rate <n>', 'boots per second', number, 2)
  .addOption(
    new Option('--network <driver>', 'linux: guests really run, on real networks; for root')
      .choices(['fake', 'linux'])
      .default('fake'),
  )
  .option('--json <file>', 'write the report to a file')
  .option('--svg <file>', 'draw the timeline into a file')
  .option('--table', 'measure instead: ten boots, and one kill -9 of each process in the middle')
  .parse()
  .opts<{
    boots: number;
    seed: number;
    rate: number;
    network: 'fake' | 'linux';
    json?: string;
    svg?: string;
    table?: true;
  }>();

const say = (line: string): void => console.log(`  ${line}`);

async function chaos(): Promise<number> {
  const real = { NOVAFLOW_HYPERVISOR: 'qemu', NOVAFLOW_NETWORK_DRIVER: 'linux' };
  const fake = { NOVAFLOW_HYPERVISOR: 'fake', NOVAFLOW_SIMULATED_HOSTS: '4', NOVAFLOW_FAKE_SPAWN_MS: '300' };
  const settings = {
    ...(options.network === 'linux' ? real : fake),
    NOVAFLOW_MODE: 'development',
    NOVAFLOW_LOG_LEVEL: 'warn',
  };
  const run = await onScratchCloud(settings, (scratch) =>
    runChaos(scratch, { ...options, realGuests: options.network === 'linux' }, say),
  );
  // In the state directory of `npm start`: the run's own is gone by now.
  const id = await new ChaosRuns(loadConfig().home).save(recordOf(run));
  say(`its timeline is on the dashboard of a cloud in development mode: /dashboard/chaos/${id}`);
  const { disturbances, leaked, ...summary } = run.report;
  console.log(JSON.stringify(summary, null, 2));
  for (const leak of leaked) console.log(`  left: ${leak}`);
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify({ ...summary, leaked, disturbances }, null, 2)}\n`);
  const svg = options.svg ?? options.json?.replace(/(\.json)?$/, '.svg');
  if (svg !== undefined) await writeFile(svg, timelineOf(run));
  return summary.stuck + summary.leaks + summary.lost + summary.wrongPower.length === 0 ? 0 : 1;
}

async function table(): Promise<number> {
  const rows = await measureTable(say);
  console.log(markdownOf(rows));
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  return rows.every((r) => r.error + r.stuck + r.orphans === 0) ? 0 : 1;
}

(options.table ? table() : chaos()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
