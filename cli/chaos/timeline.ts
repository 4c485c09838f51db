import type { ChaosRun } from './run.js';
import { TARGETS } from './plan.js';

/** Pixels. */
const WIDTH = 1_200;
const LEFT = 90;
const ROW = 18;
const GRAPH = 120;
const COLOURS = { kill: '#c0392b', away: '#e67e22', pause: '#8e44ad', restart: '#2980b9' } as const;

/** Draws a run as SVG: what was disturbed and when, how many servers were in BUILD, and each boot as a line. */
export function timelineOf({ report, servers, samples }: ChaosRun): string {
  const end = Math.max(1, ...samples.map((s) => s.at));
  const x = (ms: number): number => LEFT + (ms / end) * (WIDTH - LEFT - 10);
  const graphTop = 40 + TARGETS.length * ROW + 20;
  const bootsTop = graphTop + GRAPH + 30;
  const height = bootsTop + servers.length + 30;
  const most = Math.max(1, ...samples.map((s) => s.building));
  const text = (at: number, y: number, words: string, anchor = 'start'): string =>
    `<text x="${at}" y="${y}" text-anchor="${anchor}">${words}</text>`;
  const rows = TARGETS.map((target, i) => {
    const y = 40 + i * ROW;
    const bars = report.disturbances
      .filter((d) => d.target === target)
      .map(
        (d) =>
          `<rect x="${x(d.at).toFixed(1)}" y="${y}" width="${Math.max(3, x(d.endedAt) - x(d.at)).toFixed(1)}" height="${ROW - 5}" fill="${COLOURS[d.what]}"><title>${d.what} ${target}</title></rect>`,
      );
    return `${text(LEFT - 8, y + 11, target, 'end')}<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${y + ROW - 3}" y2="${y + ROW - 3}" stroke="#ddd"/>${bars.join('')}`;
  });
  const line = samples
    .map((s) => `${x(s.at).toFixed(1)},${(graphTop + GRAPH - (s.building / most) * GRAPH).toFixed(1)}`)
    .join(' ');
  const boots = servers.map((s, i) => {
    const [from, to] = [x(s.at), x(s.settledAt ?? s.goneAt ?? end)];
    const colour = s.status === 'ACTIVE' ? '#27ae60' : s.status === 'ERROR' ? '#c0392b' : '#7f8c8d';
    return `<line x1="${from.toFixed(1)}" x2="${Math.max(from + 1, to).toFixed(1)}" y1="${bootsTop + i}" y2="${bootsTop + i}" stroke="${colour}"/>`;
  });
  const step = Math.max(10, Math.ceil(end / 1000 / 12 / 10) * 10);
  const ticks = Array.from({ length: Math.floor(end / 1000 / step) + 1 }, (_, i) =>
    text(x(i * step * 1000), 30, `${i * step} s`, 'middle'),
  );
  const legend = Object.entries(COLOURS).map(
    ([what, colour], i) =>
      `<rect x="${WIDTH - 330 + i * 80}" y="4" width="10" height="10" fill="${colour}"/>${text(WIDTH - 316 + i * 80, 13, what)}`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(
      LEFT,
      13,
      `seed ${report.seed}: ${report.boots} boots, ${report.active} ACTIVE, ${report.error} ERROR, ${report.deletedInBuild} deleted in BUILD, ${report.stuck} stuck, ${report.leaks} leaks, ${report.kills} disturbances`,
    ),
    ...legend,
    ...ticks,
    ...rows,
    text(LEFT - 8, graphTop + 10, `${most}`, 'end'),
    text(LEFT - 8, graphTop + GRAPH, 'in BUILD', 'end'),
    `<polyline points="${line}" fill="none" stroke="#34495e"/>`,
    text(LEFT - 8, bootsTop + 10, 'each boot', 'end'),
    ...boots,
    '</svg>',
    '',
  ].join('\n');
}
