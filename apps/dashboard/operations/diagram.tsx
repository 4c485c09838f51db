import type { ReactNode } from 'react';
import { BOX, BOXES, CANVAS, GROUPS, labelAt, type BoxName, type Hop } from './boxes.js';
import { LOOK, type Look } from './looks.js';
import type { Stage } from './stages.js';

/** Of several stages on one line or in one box the one that tells most is drawn: the last of these. */
const WEIGHT: readonly Look[] = ['skipped', 'waiting', 'passed', 'undone', 'wrong', 'now', 'undoing'];

const strongest = (looks: readonly Look[]): Look =>
  looks.reduce((most, look) => (WEIGHT.indexOf(look) > WEIGHT.indexOf(most) ? look : most), 'skipped');

const middle = (name: BoxName): { readonly x: number; readonly y: number } => {
  const { x, y } = BOXES[name];
  return { x: x + BOX.width / 2, y: y + BOX.height / 2 };
};

/** How far a line bends from the straight one, in parts of its length, so that lines between the same boxes do not cover each other. */
const BEND = 0.1;

interface Curve {
  readonly path: string;
  readonly label: { readonly x: number; readonly y: number };
}

/** A quadratic Bézier curve between the middles of two boxes. */
function curveOf(hop: Hop): Curve {
  const [from, to] = hop;
  const at = labelAt(hop);
  const [a, b] = [middle(from), middle(to)];
  const bend = { x: (a.x + b.x) / 2 - (b.y - a.y) * BEND, y: (a.y + b.y) / 2 + (b.x - a.x) * BEND };
  const on = (axis: 'x' | 'y'): number => (1 - at) ** 2 * a[axis] + 2 * at * (1 - at) * bend[axis] + at ** 2 * b[axis];
  return { path: `M${a.x},${a.y} Q${bend.x},${bend.y} ${b.x},${b.y}`, label: { x: on('x'), y: on('y') } };
}

interface Way {
  readonly hop: Hop;
  readonly look: Look;
  readonly labels: readonly string[];
}

function waysOf(stages: readonly Stage[]): readonly Way[] {
  const ways = new Map<string, Way>();
  for (const { hops, state, label } of stages) {
    for (const hop of hops) {
      const key = hop.join('-');
      const known = ways.get(key);
      const look = strongest([known?.look ?? 'skipped', LOOK[state]]);
      ways.set(key, { hop, look, labels: [...(known?.labels ?? []), label] });
    }
  }
  // What tells most is drawn last, above the others.
  return [...ways.values()].toSorted((a, b) => WEIGHT.indexOf(a.look) - WEIGHT.indexOf(b.look));
}

const boxLook = (name: BoxName, ways: readonly Way[]): Look =>
  strongest(ways.filter(({ hop }) => hop.includes(name)).map(({ look }) => look));

/** The number of a way. */
function Label({ way: { hop, labels } }: { readonly way: Way }): ReactNode {
  const { x, y } = curveOf(hop).label;
  return (
    <g className="number">
      <circle cx={x} cy={y} r={labels.join(',').length > 2 ? 20 : 15} />
      <text x={x} y={y + 5} textAnchor="middle">
        {labels.join(',')}
      </text>
    </g>
  );
}

/** In one sentence, for whoever cannot see the drawing; the table beside it has all of it. */
function summaryOf(stages: readonly Stage[]): string {
  const now = stages.filter(({ state }) => state === 'running' || state === 'undoing').map(({ title }) => title);
  const passed = stages.filter(({ state }) => state === 'done').length;
  return `${passed} of ${stages.length} stages have passed.${now.length === 0 ? '' : ` Now: ${now.join(', ')}.`}`;
}

/** The seed documents' drawing of the request's way, as far as it has come. */
export function Diagram({ stages }: { readonly stages: readonly Stage[] }): ReactNode {
  const ways = waysOf(stages);
  return (
    // An element for each part is what makes it a living picture; an img could not be styled.
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
    <svg className="boot" viewBox={`0 0 ${CANVAS.width} ${CANVAS.height}`} role="img" aria-label={summaryOf(stages)}>
      {GROUPS.map(({ title, x, y, width, height }) => (
        <g key={title} className="group">
          <rect x={x} y={y} width={width} height={height} rx={10} />
          <text x={x + 10} y={y + 24}>
            {title}
          </text>
        </g>
      ))}
      {ways.map(({ hop, look }) => (
        <path key={hop.join('-')} className={`hop ${look}`} d={curveOf(hop).path} />
      ))}
      {Object.entries(BOXES).map(([name, { title, x, y }]) => (
        <g key={name} className={`node ${boxLook(name as BoxName, ways)}`}>
          <rect x={x} y={y} width={BOX.width} height={BOX.height} rx={7} />
          <text x={x + BOX.width / 2} y={y + BOX.height / 2 + 7} textAnchor="middle">
            {title}
          </text>
        </g>
      ))}
      {ways.map((way) => (
        <Label key={way.hop.join('-')} way={way} />
      ))}
    </svg>
  );
}
