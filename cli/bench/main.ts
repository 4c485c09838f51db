/**
 * npm run bench: a boot through the HTTP API on the fake hypervisor, against a bare no-op workflow of the same shape
 * on the same Temporal server, interleaved in one run. It starts a cloud of its own and leaves nothing behind.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Command } from 'commander';
import { ROOT } from '#config';
import type { Cloud } from '../up/cloud.js';
import { onScratchCloud } from '../up/scratch.js';
import { Boots } from './boots.js';
import { cpuPer, cpuSeconds } from './cpu.js';
import { concurrently, summarize, timed, type Measured, type Outcome } from './measure.js';

const { json, single, burst, concurrency, rounds } = new Command('npm run bench --')
  .option('--json <file>', 'write the figures to a file')
  .option('--single <n>', 'boots one at a time', Number, 40)
  .option('--burst <n>', 'boots at once', Number, 200)
  .option('--concurrency <n>', 'how many at once', Number, 50)
  .option('--rounds <n>', 'how often the burst is repeated, in turns with the bare workflow', Number, 2)
  .parse()
  .opts<{ json?: string; single: number; burst: number; concurrency: number; rounds: number }>();

/** Enough for the JIT and the caches of every process. */
const WARM_UP = 20;

interface Side {
  readonly single: Measured;
  readonly burst: Measured;
}

async function main(): Promise<void> {
  const settings = {
    NOVAFLOW_HYPERVISOR: 'fake',
    NOVAFLOW_MODE: 'production',
    NOVAFLOW_LOG_LEVEL: process.env['NOVAFLOW_LOG_LEVEL'] ?? 'warn',
  };
  await onScratchCloud(settings, async ({ cloud, admin }) => {
    const figures = await measure(await Boots.prepare(admin), cloud);
    print(figures);
    if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, null, 2)}\n`);
  });
}

async function measure(boots: Boots, cloud: Cloud) {
  const { temporalAddress } = cloud;
  const worker = fork(path.join(ROOT, 'dist/cli/bench/bare-worker.js'), {
    env: { ...process.env, TEMPORAL_ADDRESS: temporalAddress },
  });
  await once(worker, 'message');
  const client = new Client({ connection: await Connection.connect({ address: temporalAddress }) });
  let bareIds = 0;
  const bareOnce = async (): Promise<void> =>
    void (await client.workflow.execute('bareNoop', { taskQueue: 'bench-bare', workflowId: `bare/${bareIds++}` }));
  const bootOnce = (): Promise<void> => boots.single();
  try {
    console.log(`  … warming up (${WARM_UP} of each)`);
    for (let i = 0; i < WARM_UP; i++) await Promise.all([bareOnce(), bootOnce()]);

    console.log(`  … one at a time, in turns (${single} of each)`);
    const singles: { bare: Outcome[]; boot: Outcome[] } = { bare: [], boot: [] };
    for (let i = 0; i < single; i++) {
      singles.bare.push(await timed(bareOnce));
      singles.boot.push(await timed(bootOnce));
    }
    await boots.deleteAll();

    let cpu: Record<string, number> = {};
    const bursts: { bare: Outcome[]; boot: Outcome[]; bareSeconds: number; bootSeconds: number } = {
      bare: [],
      boot: [],
      bareSeconds: 0,
      bootSeconds: 0,
    };
    for (let turn = 1; turn <= rounds; turn++) {
      console.log(`  … ${burst} of each at concurrency ${concurrency}, round ${turn} of ${rounds}`);
      const bare = await concurrently(burst, concurrency, bareOnce);
      const before = cpuSeconds(cloud.pids());
      const boot = await concurrently(burst, concurrency, () => boots.oneOfMany());
      cpu = cpuPer(before, cpuSeconds(cloud.pids()), burst);
      bursts.bare.push(...bare.outcomes);
      bursts.boot.push(...boot.outcomes);
      bursts.bareSeconds += bare.seconds;
      bursts.bootSeconds += boot.seconds;
      await boots.deleteAll();
    }
    const bare: Side = {
      single: summarize(singles.bare, seconds(singles.bare)),
      burst: summarize(bursts.bare, bursts.bareSeconds),
    };
    const boot: Side = {
      single: summarize(singles.boot, seconds(singles.boot)),
      burst: summarize(bursts.boot, bursts.bootSeconds),
    };
    const errors = [...singles.boot, ...bursts.boot].flatMap((o) => ('error' in o ? [o.error] : []));
    for (const error of new Set(errors)) console.log(`  ! ${error}`);
    const ratio = {
      p50: ratioOf(boot.single.p50, bare.single.p50),
      throughput: ratioOf(boot.burst.perSecond, bare.burst.perSecond),
    };
    return { bare, boot, ratio, failed: errors.length, leaks: await boots.leaks(), cpuMsPerBoot: cpu };
  } finally {
    worker.disconnect();
    await once(worker, 'exit');
    await client.connection.close();
  }
}

const ratioOf = (a: number, b: number): number => Math.round((a / b) * 100) / 100;
const seconds = (outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, o) => sum + ('ms' in o ? o.ms : 0), 0) / 1000;

function print({ bare, boot, ratio, failed, leaks, cpuMsPerBoot }: Awaited<ReturnType<typeof measure>>): void {
  const row = (name: string, m: Measured): string =>
    `  ${name.padEnd(28)}${[m.p50, m.p95, m.p99].map((v) => v.toFixed(1).padStart(9)).join('')}${m.perSecond.toFixed(1).padStart(9)}${String(m.failed).padStart(8)}`;
  console.log(`\n  ${'milliseconds'.padEnd(28)}      p50      p95      p99      /s  failed`);
  console.log(row('bare, one at a time', bare.single));
  console.log(row('boot, one at a time', boot.single));
  console.log(row(`bare, ${concurrency} at once`, bare.burst));
  console.log(row(`boot, ${concurrency} at once`, boot.burst));
  console.log(
    `\n  boot p50 is ${ratio.p50} times the bare workflow's; its throughput is ${ratio.throughput} of it. Failed ${failed}, leaks ${leaks}.`,
  );
  console.log(
    `  CPU milliseconds per boot in the last burst: ${Object.entries(cpuMsPerBoot)
      .map(([name, ms]) => `${name} ${ms}`)
      .join(', ')}.`,
  );
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
