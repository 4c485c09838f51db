import { summarize, timed, type Outcome } from '../measure.js';
import { COLOURS, chartOf } from '../chart.js';
import { plantDeleted, plantHosts, plantServers, removePlanted } from '../plant.js';
import { ratio, type Bench, type Scenario } from '../scenario.js';

/** Boots one at a time that one point of a curve is made of. */
const BOOTS = 25;
/** Boots before them: what was planted is read for the first time. */
const WARM_UP = 5;

/** Turns of the grown cloud and the empty one: the machine's own drift strikes both. */
const TURNS = 3;

const p50 = async (bench: Bench): Promise<number> => summarize(await someBoots(bench), 1).p50;

async function someBoots(bench: Bench): Promise<Outcome[]> {
  for (let i = 0; i < WARM_UP; i++) await bench.boots.single();
  const outcomes: Outcome[] = [];
  for (let i = 0; i < BOOTS; i++) outcomes.push(await timed(() => bench.boots.single()));
  await bench.boots.deleteAll();
  return outcomes;
}

/** How a cost grows with a number: the slope between the ends of the curve on logarithmic scales. */
const exponent = (points: readonly (readonly [number, number])[]): number => {
  const [first, last] = [points[0]!, points.at(-1)!];
  return Math.round((Math.log(last[1] / first[1]) / Math.log(last[0] / first[0])) * 1000) / 1000;
};

export const growth: Scenario = {
  name: 'growth',
  title: 'Boots in a cloud that has grown',
  async run(bench) {
    const { say } = bench;
    const empty = await p50(bench);
    const rows: [string, number, number][] = [['an empty cloud', empty, 1]];
    const curves: Record<string, [number, number][]> = {
      servers: [[1, empty]],
      hosts: [[1, empty]],
      'deleted servers': [[1, empty]],
    };
    const point = async (what: string, curve: string | undefined, n: number): Promise<void> => {
      say(what);
      const ms = await p50(bench);
      rows.push([what, ms, ratio(ms, empty)]);
      if (curve !== undefined) curves[curve]?.push([n, ms]);
    };
    for (const n of [1_000, 10_000]) {
      await plantServers(bench, n);
      await point(`${n} servers of one project`, 'servers', n);
    }
    await removePlanted(bench);
    for (const n of [100, 1_000, 10_000]) {
      await plantHosts(bench, n);
      await point(`${n} hosts`, 'hosts', n);
    }
    await removePlanted(bench);
    for (const n of [10_000, 100_000]) {
      await plantDeleted(bench, n);
      await point(`${n} deleted servers with their stories`, 'deleted servers', n);
    }
    await removePlanted(bench);
    const sides: { grown: Outcome[]; empty: Outcome[] } = { grown: [], empty: [] };
    say('10000 servers of 1000 projects on 1000 hosts, in turns with the empty cloud');
    for (let turn = 1; turn <= TURNS; turn++) {
      await plantHosts(bench, 1_000);
      await plantServers(bench, 10_000, 1_000);
      sides.grown.push(...(await someBoots(bench)));
      await removePlanted(bench);
      sides.empty.push(...(await someBoots(bench)));
    }
    const [grownMs, emptyMs] = [summarize(sides.grown, 1).p50, summarize(sides.empty, 1).p50];
    const grown = ratio(grownMs, emptyMs);
    rows.push(['the empty cloud in turns with the next row', emptyMs, ratio(emptyMs, empty)]);
    rows.push(['10000 servers of 1000 projects on 1000 hosts', grownMs, ratio(grownMs, empty)]);
    return {
      columns: ['', 'boot p50 ms', 'times the first row'],
      rows,
      says: [
        ...Object.entries(curves).map(
          ([name, points]) => `Cost of a boot over the number of ${name}: exponent ${exponent(points)}.`,
        ),
        `With 10,000 servers of 1,000 projects on 1,000 hosts a boot takes ${grown} times as long as in an empty cloud, measured in ${TURNS} turns. How far the two rows of the empty cloud differ is the machine's own drift.`,
      ],
      figures: {
        empty,
        grown,
        ...Object.fromEntries(Object.entries(curves).map(([name, points]) => [`exponent ${name}`, exponent(points)])),
      },
      charts: {
        growth: chartOf({
          title: 'A boot in a cloud that has grown',
          xLabel: 'how many',
          logX: true,
          panels: [
            {
              title: 'boot p50, ms',
              lines: Object.entries(curves).map(([label, points], i) => ({
                label,
                colour: Object.values(COLOURS)[i]!,
                points,
              })),
            },
          ],
        }),
      },
    };
  },
};
