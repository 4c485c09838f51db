import { COLOURS } from '../bench/chart.js';
import type { ReceivedSpan } from './receiver.js';

/** Pixels. */
const WIDTH = 1100;
const LEFT = 380;
const RIGHT = 70;
const ROW = 18;
const TOP = 60;

const SERVICES = Object.values(COLOURS);

/** A trace as SVG: a row for each span below its parent, its bar where it was in time, its colour that of its process. */
export function draw(title: string, spans: readonly ReceivedSpan[]): string {
  const rows = inOrder(spans);
  const from = Math.min(...spans.map((span) => span.from));
  const length = Math.max(...spans.map((span) => span.to)) - from || 1;
  const x = (time: number): number => LEFT + ((time - from) / length) * (WIDTH - LEFT - RIGHT);
  const services = [...new Set(rows.map(({ span }) => span.service))];
  const colourOf = (service: string): string => SERVICES[services.indexOf(service) % SERVICES.length]!;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${TOP + rows.length * ROW + 10}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="10" y="20" font-size="14">${escaped(title)}</text>`,
    ...services.map((name, i) => `<text x="${10 + i * 200}" y="42" fill="${colourOf(name)}">■ ${escaped(name)}</text>`),
    ...rows.flatMap(({ span, depth }, i) => {
      const y = TOP + i * ROW;
      const width = Math.max(1, x(span.to) - x(span.from));
      return [
        `<text x="${10 + depth * 14}" y="${y + 12}">${escaped(labelOf(span))}</text>`,
        `<rect x="${x(span.from).toFixed(1)}" y="${y + 3}" width="${width.toFixed(1)}" height="11" fill="${colourOf(span.service)}"/>`,
        `<text x="${(x(span.from) + width + 4).toFixed(1)}" y="${y + 12}" fill="#555">${(span.to - span.from).toFixed(1)} ms</text>`,
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

/** Parents before their parts, those by the time at which they began. */
function inOrder(spans: readonly ReceivedSpan[]): { span: ReceivedSpan; depth: number }[] {
  const known = new Set(spans.map(({ id }) => id));
  const below = (parent: string | undefined, depth: number): { span: ReceivedSpan; depth: number }[] =>
    spans
      .filter((span) => (span.parent !== undefined && known.has(span.parent) ? span.parent : undefined) === parent)
      .toSorted((a, b) => a.from - b.from)
      .flatMap((span) => [{ span, depth }, ...below(span.id, depth + 1)]);
  return below(undefined, 0);
}

/** Of SQL how it begins says more than that it is SQL. */
function labelOf({ name, attributes }: ReceivedSpan): string {
  const text = attributes['db.query.text'];
  const label = text === undefined ? name : `${name}: ${text.replace(/^BEGIN;?[^;]*; ?/, '')}`;
  return label.length > LABEL ? `${label.slice(0, LABEL)}…` : label;
}
const LABEL = 50;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
