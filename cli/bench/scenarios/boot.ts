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

export const bootSingle: Scenario = {
  name: 'boot',
  title: 'Boot one at a time',
  async run({ boots, bare, options }) {
    const outcomes: { bare: Outcome[]; boot: Outcome[] } = { bare: [], boot: [] };
    for (let i = 0; i < options.single; i++) {
      outcomes.bare.push(await timed(() => bare.once()));
      outcomes.boot.push(await timed(() => boots.single()));
    }
    await boots.deleteAll();
    const [b, s] = [summarize(outcomes.bare, seconds(outcomes.bare)), summarize(outcomes.boot, seconds(outcomes.boot))];
    return {
      columns: LATENCY_COLUMNS,
      rows: [latencyRow('bare workflow', b), latencyRow('boot', s)],
      says: [`A boot's p50 is ${ratio(s.p50, b.p50)} times the bare workflow's.`, ...failuresOf(outcomes.boot)],
      figures: { bareP50: b.p50, bootP50: s.p50, ratio: ratio(s.p50, b.p50), failed: s.failed },
    };
  },
};

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

export const burst: Scenario = {
  name: 'burst',
  title: 'Many at once',
  async run(bench): Promise<Finding> {
    const { boots, bare, cloud, options } = bench;
    const all: { bare: Outcome[]; boot: Outcome[] } = { bare: [], boot: [] };
    let [bareSeconds, bootSeconds] = [0, 0];
    let cpu: Record<string, number> = {};
    const statements = await statementsOf(bench);
    for (let turn = 1; turn <= options.rounds; turn++) {
      bench.say(`round ${turn} of ${options.rounds}: ${options.burst} of each at concurrency ${options.concurrency}`);
      const b = await concurrently(options.burst, options.concurrency, () => bare.once());
      const before = cpuSeconds(cloud.processes());
      await statements.reset();
      const s = await concurrently(options.burst, options.concurrency, async () => void (await boots.oneOfMany()));
      cpu = cpuPer(before, cpuSeconds(cloud.processes()), options.burst);
      all.bare.push(...b.outcomes);
      all.boot.push(...s.outcomes);
      bareSeconds += b.seconds;
      bootSeconds += s.seconds;
      if (turn < options.rounds) await boots.deleteAll();
    }
    const perBoot = Math.round(((await statements.count()) / options.burst) * 10) / 10;
    const history = await boots.historyOfLast(bare.client);
    await boots.deleteAll();
    const [b, s] = [summarize(all.bare, bareSeconds), summarize(all.boot, bootSeconds)];
    const cpuTotal = Math.round(Object.values(cpu).reduce((x, y) => x + y, 0));
    return {
      columns: LATENCY_COLUMNS,
      rows: [latencyRow('bare workflow', b), latencyRow('boot', s)],
      says: [
        `Throughput is ${ratio(s.perSecond, b.perSecond)} of the bare workflow's.`,
        `CPU milliseconds per boot: ${cpuTotal} in all (${Object.entries(cpu)
          .map(([name, ms]) => `${name} ${ms}`)
          .join(', ')}).`,
        `Per boot: ${perBoot} database statements; ${history.events} events, ${history.activities} activities and ${history.workflowTasks} workflow tasks in Temporal.`,
        ...failuresOf(all.boot),
      ],
      figures: {
        barePerSecond: b.perSecond,
        bootPerSecond: s.perSecond,
        ratio: ratio(s.perSecond, b.perSecond),
        failed: s.failed,
        cpuMsPerBoot: cpuTotal,
        statementsPerBoot: perBoot,
        ...history,
      },
    };
  },
};

/** Counts the statements that the database ran. */
async function statementsOf({ db }: Bench): Promise<{ reset(): Promise<void>; count(): Promise<number> }> {
  await db.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  return {
    reset: async () => void (await db.query('SELECT pg_stat_statements_reset()')),
    async count() {
      const { rows } = await db.query<{ calls: string }>(
        `SELECT COALESCE(sum(calls), 0) AS calls FROM pg_stat_statements
         WHERE query !~* 'pg_stat_statements' AND query !~* '^(BEGIN|COMMIT|ROLLBACK|DEALLOCATE)'`,
      );
      return Number(rows[0]?.calls ?? 0);
    },
  };
}

export const sustained: Scenario = {
  name: 'sustained',
  title: 'Boot and delete without a pause',
  async run({ boots, bare, options, say }) {
    say(`${options.seconds} s of each at concurrency ${options.concurrency}`);
    const b = await forSeconds(options.seconds, options.concurrency, () => bare.once());
    const s = await forSeconds(options.seconds, options.concurrency, () => boots.bootAndDelete());
    await boots.deleteAll();
    const [bareMeasured, measured] = [summarize(b.outcomes, b.seconds), summarize(s.outcomes, s.seconds)];
    return {
      columns: LATENCY_COLUMNS,
      rows: [latencyRow('bare workflow', bareMeasured), latencyRow('boot and delete', measured)],
      says: [
        `${ratio(measured.perSecond, bareMeasured.perSecond)} boots with their deletes for each bare workflow: two workflows for one.`,
        ...failuresOf(s.outcomes),
      ],
      figures: {
        barePerSecond: bareMeasured.perSecond,
        perSecond: measured.perSecond,
        ratio: ratio(measured.perSecond, bareMeasured.perSecond),
        failed: measured.failed,
      },
    };
  },
};
