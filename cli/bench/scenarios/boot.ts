import { setTimeout as sleep } from 'node:timers/promises';
import { cpuPer, cpuSeconds } from '../cpu.js';
import { concurrently, forSeconds, summarize, timed, type Measured, type Outcome } from '../measure.js';
import { ratio, type Bench, type Finding, type Scenario } from '../scenario.js';

export const LATENCY_COLUMNS = ['', 'p50 ms', 'p95 ms', 'p99 ms', 'per second', 'failed'];
export const latencyRow = (name: string, m: Measured): (string | number)[] => [
  name,
  m.p50,
  m.p95,
  m.p99,
  m.perSecond,
  m.failed,
];
const seconds = (outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, o) => sum + ('ms' in o ? o.ms : 0), 0) / 1000;
const failuresOf = (outcomes: readonly Outcome[]): string[] => [
  ...new Set(outcomes.flatMap((o) => ('error' in o ? [o.error] : []))),
];

/**
 * Time-outs of what has ended come due after this, in ms (a workflow task's is ten seconds). Between two sides of a
 * comparison they are waited for, so that neither pays for the other's.
 */
const SETTLE_MS = 12_000;

export const bootSingle: Scenario = {
  name: 'boot',
  title: 'Boot one at a time',
  async run({ boots, bare, options }) {
    const outcomes: { bare: Outcome[]; hosted: Outcome[]; boot: Outcome[] } = { bare: [], hosted: [], boot: [] };
    for (let i = 0; i < options.single; i++) {
      outcomes.bare.push(await timed(() => bare.once()));
      outcomes.hosted.push(await timed(() => bare.once('bareNoopWithHost')));
      outcomes.boot.push(await timed(() => boots.single()));
    }
    await boots.deleteAll();
    const [b, h, s] = [outcomes.bare, outcomes.hosted, outcomes.boot].map((o) => summarize(o, seconds(o)));
    return {
      columns: LATENCY_COLUMNS,
      rows: [latencyRow(BARE, b!), latencyRow(HOSTED, h!), latencyRow('boot', s!)],
      says: [
        `A boot's p50 is ${ratio(s!.p50, b!.p50)} times the bare workflow's, and ${ratio(s!.p50, h!.p50)} times that of one with a host's queue.`,
        ...failuresOf(outcomes.boot),
      ],
      figures: { bareP50: b!.p50, hostedP50: h!.p50, bootP50: s!.p50, ratio: ratio(s!.p50, b!.p50), failed: s!.failed },
    };
  },
};
const BARE = 'bare workflow';
const HOSTED = 'bare workflow with a host’s queue';

export const volumeBoot: Scenario = {
  name: 'volume',
  title: 'Boot from a volume, one at a time',
  async run({ boots, options }) {
    const outcomes: Outcome[] = [];
    for (let i = 0; i < options.single / 2; i++) outcomes.push(await timed(() => boots.single('volume')));
    await boots.deleteAll();
    const m = summarize(outcomes, seconds(outcomes));
    return {
      columns: LATENCY_COLUMNS,
      rows: [latencyRow('boot from a volume', m)],
      says: failuresOf(outcomes),
      figures: { p50: m.p50, failed: m.failed },
    };
  },
};

/** One side of the burst, over all rounds. */
interface Side {
  readonly outcomes: Outcome[];
  seconds: number;
  cpu: Record<string, number>;
}

export const burst: Scenario = {
  name: 'burst',
  title: 'Many at once',
  async run(bench): Promise<Finding> {
    const { boots, bare, cloud, options } = bench;
    const processes = { ...cloud.processes(), 'bare worker': bare.pid };
    const [bareSide, hostedSide, bootSide] = [1, 2, 3].map((): Side => ({ outcomes: [], seconds: 0, cpu: {} }));
    const run = async (side: Side, task: () => Promise<unknown>): Promise<void> => {
      await sleep(SETTLE_MS);
      const before = cpuSeconds(processes);
      const { outcomes, seconds: took } = await concurrently(
        options.burst,
        options.concurrency,
        async () => void (await task()),
      );
      side.cpu = cpuPer(before, cpuSeconds(processes), options.burst);
      side.outcomes.push(...outcomes);
      side.seconds += took;
    };
    const statements = await statementsOf(bench);
    let perBoot = 0;
    for (let turn = 1; turn <= options.rounds; turn++) {
      bench.say(`round ${turn} of ${options.rounds}: ${options.burst} of each at concurrency ${options.concurrency}`);
      await run(bareSide!, () => bare.once());
      await run(hostedSide!, () => bare.once('bareNoopWithHost'));
      await statements.reset();
      await run(bootSide!, () => boots.oneOfMany());
      perBoot = Math.round(((await statements.count()) / options.burst) * 10) / 10;
      if (turn < options.rounds) await boots.deleteAll();
    }
    const history = await boots.historyOfLast(bare.client);
    await boots.deleteAll();
    const [b, h, s] = [bareSide!, hostedSide!, bootSide!].map((side) => summarize(side.outcomes, side.seconds));
    return {
      columns: LATENCY_COLUMNS,
      rows: [latencyRow(BARE, b!), latencyRow(HOSTED, h!), latencyRow('boot', s!)],
      says: [
        `Throughput is ${ratio(s!.perSecond, b!.perSecond)} of the bare workflow's, and ${ratio(s!.perSecond, h!.perSecond)} of that of one with a host's queue.`,
        `CPU milliseconds per boot: ${cpuText(bootSide!.cpu)}. Per bare workflow: ${cpuText(bareSide!.cpu)}.`,
        `Per boot: ${perBoot} database statements; ${history.events} events, ${history.activities} activities and ${history.workflowTasks} workflow tasks in Temporal.`,
        ...failuresOf(bootSide!.outcomes),
      ],
      figures: {
        barePerSecond: b!.perSecond,
        hostedPerSecond: h!.perSecond,
        bootPerSecond: s!.perSecond,
        ratio: ratio(s!.perSecond, b!.perSecond),
        failed: s!.failed,
        cpuMsPerBoot: cpuTotal(bootSide!.cpu),
        cpuMsPerBare: cpuTotal(bareSide!.cpu),
        statementsPerBoot: perBoot,
        ...history,
      },
    };
  },
};

const cpuTotal = (cpu: Record<string, number>): number => Math.round(Object.values(cpu).reduce((x, y) => x + y, 0));
const cpuText = (cpu: Record<string, number>): string =>
  `${cpuTotal(cpu)} in all (${Object.entries(cpu)
    .filter(([, ms]) => ms >= 1)
    .map(([name, ms]) => `${name} ${ms}`)
    .join(', ')})`;

/** Counts the statements that the database ran. */
async function statementsOf({ db }: Bench): Promise<{ reset(): Promise<void>; count(): Promise<number> }> {
  await db.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  return {
    reset: async () => void (await db.query('SELECT pg_stat_statements_reset()')),
    async count() {
      const { rows } = await db.query<{ calls: string }>(
        `SELECT COALESCE(sum(calls), 0) AS calls FROM pg_stat_statements
         WHERE query !~* 'pg_stat_statements' AND query !~* '^(BEGIN|COMMIT|ROLLBACK|DEALLOCATE|SET LOCAL)'`,
      );
      return Number(rows[0]?.calls ?? 0);
    },
  };
}

export const sustained: Scenario = {
  name: 'sustained',
  title: 'Boot and delete without a pause',
  async run({ boots, bare, cloud, options, say }) {
    say(`${options.seconds} s of each at concurrency ${options.concurrency}`);
    await sleep(SETTLE_MS);
    const b = await forSeconds(options.seconds, options.concurrency, () => bare.once());
    await sleep(SETTLE_MS);
    const before = cpuSeconds(cloud.processes());
    const s = await forSeconds(options.seconds, options.concurrency, () => boots.bootAndDelete());
    const cpu = cpuPer(before, cpuSeconds(cloud.processes()), s.outcomes.length);
    await boots.deleteAll();
    const [bareMeasured, measured] = [summarize(b.outcomes, b.seconds), summarize(s.outcomes, s.seconds)];
    return {
      columns: LATENCY_COLUMNS,
      rows: [latencyRow('bare workflow', bareMeasured), latencyRow('boot and delete', measured)],
      says: [
        `${ratio(measured.perSecond, bareMeasured.perSecond)} boots with their deletes for each bare workflow. A boot and its delete are two workflows: ${ratio(2 * measured.perSecond, bareMeasured.perSecond)} workflows for each bare one.`,
        `CPU milliseconds per boot and delete: ${cpuText(cpu)}.`,
        ...failuresOf(s.outcomes),
      ],
      figures: {
        barePerSecond: bareMeasured.perSecond,
        perSecond: measured.perSecond,
        ratio: ratio(measured.perSecond, bareMeasured.perSecond),
        failed: measured.failed,
        cpuMsPerBootAndDelete: cpuTotal(cpu),
      },
    };
  },
};
