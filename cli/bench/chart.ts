/** Line charts as SVG, one panel below the other over a shared x-axis. */
export interface Line {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}
export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly panels: readonly Panel[];
  /** For what spans orders of magnitude. */
  readonly logX?: true;
}
export const COLOURS = {
  blue: '#2980b9',
  red: '#c0392b',
  green: '#27ae60',
  grey: '#7f8c8d',
  orange: '#e67e22',
} as const;

/** Pixels. */
const WIDTH = 960;
const LEFT = 70;
const RIGHT = 20;
const PANEL = 150;
const GAP = 50;
const TOP = 50;

export function chartOf({ title, xLabel, panels, logX }: Chart): string {
  const xs = panels.flatMap((p) => p.lines.flatMap((l) => l.points.map(([x]) => x)));
  const scale = (x: number): number => (logX ? Math.log10(x) : x);
  const [from, to] = [scale(Math.min(...xs)), scale(Math.max(...xs))];
  const at = (x: number): number => LEFT + ((scale(x) - from) / (to - from || 1)) * (WIDTH - LEFT - RIGHT);
  const height = TOP + panels.length * (PANEL + GAP);
  const ticks = logX ? powersOfTen(from, to) : steps(from, to);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${LEFT}" y="18" font-size="14">${title}</text>`,
    ...panels.flatMap((panel, i) => panelOf(panel, TOP + i * (PANEL + GAP), at)),
    ...ticks.map((x) => text(at(x), height - GAP + 18, String(x), 'middle')),
    text(WIDTH - RIGHT, height - GAP + 34, xLabel, 'end'),
    '</svg>',
    '',
  ].join('\n');
}

function panelOf({ title, lines }: Panel, top: number, at: (x: number) => number): string[] {
  const most = niceAbove(Math.max(...lines.flatMap((l) => l.points.map(([, y]) => y)), 0));
  const y = (value: number): number => top + PANEL - (value / most) * PANEL;
  const grid = [0, 0.5, 1].flatMap((part) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(part * most)}" y2="${y(part * most)}" stroke="#ddd"/>`,
    text(LEFT - 6, y(part * most) + 4, String(part * most), 'end'),
  ]);
  const legend = lines.map(
    (l, i) =>
      `<rect x="${WIDTH - RIGHT - 150 * (lines.length - i)}" y="${top - 18}" width="10" height="10" fill="${l.colour}"/>` +
      text(WIDTH - RIGHT - 150 * (lines.length - i) + 14, top - 9, l.label),
  );
  const drawn = lines.map(
    (l) =>
      `<polyline fill="none" stroke="${l.colour}" stroke-width="1.5" points="${l.points
        .map(([px, py]) => `${at(px).toFixed(1)},${y(py).toFixed(1)}`)
        .join(' ')}"/>`,
  );
  return [text(LEFT, top - 9, title), ...legend, ...grid, ...drawn];
}

const text = (x: number, y: number, words: string, anchor = 'start'): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${words}</text>`;

/** The next of 1, 2, 4, 5 or 10 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 4, 5, 10].map((n) => n * power).find((n) => n >= value) ?? 10 * power;
}
function steps(from: number, to: number): number[] {
  const step = niceAbove((to - from) / 10);
  return Array.from({ length: Math.floor(to / step) + 1 }, (_, i) => i * step).filter((x) => x >= from);
}
const powersOfTen = (from: number, to: number): number[] =>
  Array.from({ length: Math.floor(to) + 1 }, (_, i) => 10 ** i).filter((x) => Math.log10(x) >= from);
