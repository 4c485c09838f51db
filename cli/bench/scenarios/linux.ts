import { Api } from '#apps/standalone/api';
import { startScratchCloud, type ScratchCloud } from '#apps/standalone/scratch';
import { whyNotLinux } from '#drivers/network/linux/probe';
import { Boots } from '../boots.js';
import { cpuPer, cpuSeconds } from '../cpu.js';
import { summarize, timed, type Measured, type Outcome } from '../measure.js';
import { ratio, SETTINGS, type Finding, type Scenario } from '../scenario.js';
import { LATENCY_COLUMNS, latencyRow } from './boot.js';

/** The network drivers that are compared; what the first one carries is nothing. */
const DRIVERS = ['fake', 'user', 'linux'] as const;
/** Boots of each before it counts: the first network of a host is made, and the image comes into its cache. */
const WARM_UP = 3;

/** The cloud of one driver and what was measured on it. */
interface Side {
  readonly driver: (typeof DRIVERS)[number];
  readonly scratch: ScratchCloud;
  readonly boots: Boots;
  readonly outcomes: Outcome[];
  cpuMs: number;
}

/**
 * What a real network adds to a boot: the guests are QEMU's, since the fake hypervisor has no cards to join to anything.
 * A cloud for each driver, all up at once, boot in turns, and each guest is gone before the next one is asked for.
 */
export const linux: Scenario = {
  name: 'linux',
  title: 'Boot of a real guest, by what its card is joined to',
  async run({ options, say }) {
    const reason = await whyNotLinux();
    if (reason !== undefined) return { columns: [], rows: [], says: [`Not measured: ${reason}`], figures: {} };
    const sides: Side[] = [];
    try {
      for (const driver of DRIVERS) {
        say(`a cloud with the network driver ${driver}`);
        sides.push(await startSide(driver));
      }
      for (let turn = 0; turn < WARM_UP + options.single; turn++)
        // There and back: what changes slowly favours none.
        for (const side of turn % 2 === 0 ? sides : sides.toReversed()) await bootOne(side, turn >= WARM_UP);
      return found(sides, options.single);
    } finally {
      await Promise.all(sides.map(({ scratch }) => scratch.stop()));
    }
  },
};

async function startSide(driver: Side['driver']): Promise<Side> {
  const settings = { ...SETTINGS, NOVAFLOW_HYPERVISOR: 'qemu', NOVAFLOW_NETWORK_DRIVER: driver };
  const scratch = await startScratchCloud(settings);
  const boots = await Boots.prepare(await Api.login(scratch.admin));
  return { driver, scratch, boots, outcomes: [], cpuMs: 0 };
}

async function bootOne(side: Side, counts: boolean): Promise<void> {
  const { scratch, boots } = side;
  const processes = scratch.cloud.processes();
  const before = cpuSeconds(processes);
  const outcome = await timed(() => boots.single());
  const used = cpuPer(before, cpuSeconds(processes), 1);
  await boots.deleteAll();
  if (!counts) return;
  side.outcomes.push(outcome);
  side.cpuMs += Object.values(used).reduce((sum, ms) => sum + ms, 0);
}

function found(sides: readonly Side[], count: number): Finding {
  const measured = sides.map(({ driver, outcomes, cpuMs }): [string, Measured, number] => [
    driver,
    summarize(outcomes, outcomes.reduce((sum, o) => sum + ('ms' in o ? o.ms : 0), 0) / 1000),
    Math.round(cpuMs / count),
  ]);
  const [[, none], , [, real]] = measured as [[string, Measured], unknown, [string, Measured]];
  return {
    columns: [...LATENCY_COLUMNS, 'CPU ms per boot'],
    rows: measured.map(([driver, figures, cpuMs]) => [...latencyRow(driver, figures), cpuMs]),
    says: [
      `The linux driver adds ${Math.round(real.p50 - none.p50)} ms to the p50 of a boot: ${ratio(real.p50, none.p50)} times one whose card carries nothing. CPU is that of the cloud's processes and of what they start, guests left out.`,
    ],
    figures: Object.fromEntries(
      measured.flatMap(([driver, { p50, p95 }, cpuMs]) => [
        [`${driver} p50`, p50],
        [`${driver} p95`, p95],
        [`${driver} CPU`, cpuMs],
      ]),
    ),
  };
}
