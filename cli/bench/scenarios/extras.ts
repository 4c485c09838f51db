import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { Api } from '#apps/standalone/api';
import { startScratchCloud, type ScratchCloud } from '#apps/standalone/scratch';
import { Boots } from '../boots.js';
import { cpuPer, cpuSeconds } from '../cpu.js';
import { concurrently, summarize, type Outcome } from '../measure.js';
import { SETTINGS, type Bench, type Finding, type Scenario } from '../scenario.js';

/** A burst of one side in a round: short, so that all sides meet the same machine, and long enough for CPU's ticks of 10 ms. */
const BURST = 60;
/** Rounds for each of the run's. The first of all warms up and is not counted. */
const ROUNDS = 4;

/** A cloud that is like the others but for one thing. */
interface Kind {
  readonly title: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Whether resources' rows tell of themselves; there is no setting that stops them. */
  readonly notifies: boolean;
}
const kindsOf = (endpoint: string): Record<string, Kind> => {
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  return {
    npmStart: { title: 'as `npm start` has it', settings: {}, notifies: true },
    noTelemetry: {
      title: 'without telemetry: no notifications, no agents',
      settings: { NOVAFLOW_CEILOMETER_INTERVAL: '0' },
      notifies: false,
    },
    often: {
      title: 'agents measure every 10 s instead of 300',
      settings: { NOVAFLOW_CEILOMETER_INTERVAL: '10' },
      notifies: true,
    },
    tenth: {
      title: 'one request in ten traced',
      settings: { ...traced, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
      notifies: true,
    },
    traced: { title: 'every request traced', settings: traced, notifies: true },
  };
};

/** One kind's cloud and what was measured on it, a value for each round. */
interface Side extends Kind {
  readonly name: string;
  readonly scratch: ScratchCloud;
  readonly boots: Boots;
  readonly cpuMs: number[];
  readonly perSecond: number[];
}

/**
 * What is switched on beside the boots themselves, each by a cloud of its own, all up at once: bursts go round among them, so that
 * a machine that is slow for a minute is slow for all. Collectors share the machine as the client does; this one throws
 * away what it is sent.
 */
export const extras: Scenario = {
  name: 'extras',
  title: 'What tracing and telemetry cost',
  async run({ options, say }) {
    const collector = createServer((request, response) => void request.resume().on('end', () => response.end()));
    await once(collector.listen(0, '127.0.0.1'), 'listening');
    const sides: Side[] = [];
    try {
      const kinds = kindsOf(`http://127.0.0.1:${(collector.address() as AddressInfo).port}`);
      for (const [name, kind] of Object.entries(kinds)) {
        say(`a cloud ${kind.title}`);
        const side = await startSide(name, kind);
        sides.push(side);
        if (!kind.notifies) await silence(side.scratch.cloud.databaseUrl);
      }
      const failed: Outcome[] = [];
      for (let round = 0; round <= options.rounds * ROUNDS; round++) {
        say(`round ${round} of ${options.rounds * ROUNDS}: ${BURST} boots of each`);
        // There and back: what changes slowly favours none.
        for (const side of round % 2 === 0 ? sides : sides.toReversed())
          failed.push(...(await measure(side, options.concurrency, round > 0)));
      }
      return found(sides, failed.length);
    } finally {
      await Promise.all(sides.map(({ scratch }) => scratch.stop()));
      collector.close();
      collector.closeAllConnections();
    }
  },
};

async function startSide(name: string, kind: Kind): Promise<Side> {
  const scratch = await startScratchCloud({ ...SETTINGS, ...kind.settings });
  const boots = await Boots.prepare(await Api.login(scratch.admin));
  return { name, ...kind, scratch, boots, cpuMs: [], perSecond: [] };
}

/** Stops the triggers that write notifications (prisma/snapshot/triggers.sql). */
async function silence(connectionString: string): Promise<void> {
  const db = new pg.Client({ connectionString });
  await db.connect();
  try {
    const { rows } = await db.query<{ statement: string }>(
      `SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname) AS statement
       FROM pg_trigger WHERE tgname LIKE 'tell\\_of\\_%'`,
    );
    for (const { statement } of rows) await db.query(statement);
  } finally {
    await db.end();
  }
}

/** A burst of boots, and their end. @returns those that failed */
async function measure(side: Side, concurrency: Bench['options']['concurrency'], counts: boolean): Promise<Outcome[]> {
  const { scratch, boots, cpuMs, perSecond } = side;
  const before = cpuSeconds(scratch.cloud.processes());
  const boot = async (): Promise<void> => void (await boots.oneOfMany());
  const { outcomes, seconds } = await concurrently(BURST, concurrency, boot);
  const used = cpuPer(before, cpuSeconds(scratch.cloud.processes()), BURST);
  await boots.deleteAll();
  if (counts) {
    cpuMs.push(Object.values(used).reduce((sum, ms) => sum + ms, 0));
    perSecond.push(summarize(outcomes, seconds).perSecond);
  }
  return outcomes.filter((outcome) => 'error' in outcome);
}

function found(sides: readonly Side[], failed: number): Finding {
  const [first] = sides;
  const compared = sides.map((side) => ({
    ...side,
    cpuRatio: median(side.cpuMs.map((ms, round) => ms / first!.cpuMs[round]!)),
    speedRatio: median(side.perSecond.map((speed, round) => speed / first!.perSecond[round]!)),
  }));
  return {
    columns: ['', 'CPU ms per boot', 'of the first', 'boots per second', 'of the first'],
    rows: compared.map(({ title, cpuMs, perSecond, cpuRatio, speedRatio }) => [
      title,
      median(cpuMs).toFixed(1),
      cpuRatio.toFixed(3),
      median(perSecond).toFixed(1),
      speedRatio.toFixed(3),
    ]),
    says: [
      `Medians of ${first!.cpuMs.length} rounds; what is compared is measured within the same round. Failed: ${failed}.`,
    ],
    figures: Object.fromEntries(
      compared.flatMap(({ name, cpuRatio, speedRatio }) => [
        [`${name}Cpu`, cpuRatio],
        [`${name}Speed`, speedRatio],
      ]),
    ),
  };
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};
