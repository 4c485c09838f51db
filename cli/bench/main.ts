/**
 * npm run bench: what Novaflow costs, measured through its HTTP API on the fake hypervisor, and where it makes sense in
 * turns with a bare no-op workflow of the same shape on the same Temporal server. On a cloud of its own, which it stops.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import pg from 'pg';
import { ROOT } from '#config';
import { Api } from '#apps/standalone/api';
import { onScratchCloud, type ScratchCloud } from '#apps/standalone/scratch';
import { Bare } from './bare.js';
import { Boots } from './boots.js';
import { idleMemory } from './idle-memory.js';
import { pageOf, pageWith, printed } from './page.js';
import { SETTINGS, type Bench, type BenchOptions, type Finding, type Run, type Scenario } from './scenario.js';
import { image, lists } from './scenarios/api.js';
import { bootSingle, burst, sustained, volumeBoot } from './scenarios/boot.js';
import { extras } from './scenarios/extras.js';
import { growth } from './scenarios/growth.js';
import { linux } from './scenarios/linux.js';
import { overload } from './scenarios/overload.js';
import { ports } from './scenarios/ports.js';
import { tokens } from './scenarios/tokens.js';

const SCENARIOS: readonly Scenario[] = [
  bootSingle,
  burst,
  sustained,
  volumeBoot,
  tokens,
  ports,
  linux,
  lists,
  image,
  growth,
  overload,
  extras,
];
/** Enough for the JIT and the caches of every process. */
const WARM_UP = 20;

const scenarios = (text: string): Scenario[] =>
  text.split(',').map((name) => {
    const found = SCENARIOS.find((s) => s.name === name);
    if (!found) throw new InvalidArgumentError(`Scenarios: ${SCENARIOS.map((s) => s.name).join(', ')}.`);
    return found;
  });
const options = new Command('npm run bench --')
  .addOption(
    new Option('--only <names>', 'scenarios, with commas between them')
      .argParser(scenarios)
      .default([...SCENARIOS], SCENARIOS.map((s) => s.name).join(',')),
  )
  .option('--json <file>', 'write the figures to a file')
  .option('--page', 'write docs/performance.md: of the scenarios that were run', false)
  .option('--single <n>', 'boots one at a time', Number, 40)
  .option('--burst <n>', 'boots of a burst', Number, 300)
  .option('--concurrency <n>', 'how many at once', Number, 50)
  .option('--rounds <n>', 'how often the burst is repeated, in turns with the bare workflow', Number, 2)
  .option('--overload-seconds <n>', 'how long more is asked for than can be carried', Number, 60)
  .option('--seconds <n>', 'how long each side of the sustained run takes', Number, 30)
  .parse()
  .opts<BenchOptions & { only: Scenario[]; json?: string; page: boolean }>();

const say = (line: string): void => console.log(`  … ${line}`);

async function measure({ cloud, admin }: ScratchCloud, memory: Run['memory']): Promise<Run> {
  const api = await Api.login(admin);
  const db = new pg.Client({ connectionString: cloud.databaseUrl });
  await db.connect();
  const bare = await Bare.start(cloud.temporalAddress);
  try {
    const bench: Bench = { cloud, api, login: admin, db, bare, boots: await Boots.prepare(api), options, say };
    say(`warming up (${WARM_UP} of each)`);
    for (let i = 0; i < WARM_UP; i++) await Promise.all([bare.once(), bench.boots.single()]);
    await bench.boots.deleteAll();
    const findings: { name: string; title: string; finding: Finding }[] = [];
    for (const { name, title, run } of options.only) {
      say(title.toLowerCase());
      findings.push({ name, title, finding: await run(bench) });
    }
    const { orphans } = await api.call<{ orphans: unknown[] }>('POST', '/internal/audit', {});
    const cpus = os.cpus();
    return {
      machine: `${cpus.length} cores of ${cpus[0]?.model.trim() ?? 'an unknown kind'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
      settings: {
        ...SETTINGS,
        'boots one at a time': options.single,
        'boots of a burst': options.burst,
        rounds: options.rounds,
        concurrency: options.concurrency,
        'seconds of each sustained side': options.seconds,
        'seconds of overload': options.overloadSeconds,
      },
      date: new Date().toISOString().slice(0, 10),
      memory,
      findings,
      leaks: orphans.length,
    };
  } finally {
    await bare.stop();
    await db.end();
  }
}

/** docs/performance.md, and its charts beside it. Of a run of some scenarios theirs are written, and the rest stays. */
async function writePage(run: Run): Promise<void> {
  const page = path.join(ROOT, 'docs/performance.md');
  const charts = path.join(ROOT, 'docs/performance');
  await mkdir(charts, { recursive: true });
  const whole = run.findings.length === SCENARIOS.length;
  await writeFile(page, whole ? pageOf(run) : pageWith(await readFile(page, 'utf8'), run));
  for (const { finding } of run.findings)
    for (const [name, svg] of Object.entries(finding.charts ?? {}))
      await writeFile(path.join(charts, `${name}.svg`), svg);
}

async function main(): Promise<void> {
  const statistics = { shared_preload_libraries: 'pg_stat_statements' };
  say('memory of an idle cloud, a minute after its start');
  const memory = await idleMemory(SETTINGS);
  const run = await onScratchCloud(SETTINGS, (scratch) => measure(scratch, memory), statistics);
  console.log(printed(run));
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(run, null, 2)}\n`);
  if (options.page) await writePage(run);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
