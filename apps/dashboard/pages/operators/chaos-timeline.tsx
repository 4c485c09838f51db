import type { ReactNode } from 'react';
import type { ChaosRun, ChaosServer, Disturbance } from '../../api/chaos.js';
import './chaos.css';

/** What is done to a process, in words. */
export const DISTURBED: Readonly<Record<Disturbance['what'], string>> = {
  kill: 'killed, and back at once',
  away: 'killed, and back after a while',
  pause: 'paused',
  restart: 'stopped in order, and back at once',
};

/** Units of the drawing: it is as wide as its page. */
const WIDTH = 1200;
const LEFT = 110;
const RIGHT = 24;
const ROW = 20;
const TOP = 34;
const GRAPH = 110;
const BETWEEN = 34;
/** Of a server's line: those of a long run are drawn closer, so that all fit a page. */
const LINES = 360;
const THICK = 6;

type Kind = 'good' | 'bad' | 'deleted' | 'open';
const BECAME: Readonly<Record<Kind, string>> = {
  good: 'became ACTIVE',
  bad: 'became ERROR',
  deleted: 'deleted while it was built',
  open: 'still in BUILD at the end',
};
const kindOf = ({ status, gone_at, settled_at }: ChaosServer): Kind =>
  status === 'ERROR' ? 'bad' : settled_at !== null ? 'good' : gone_at === null ? 'open' : 'deleted';

/** Seconds between two marks, so that a dozen fit. */
const stepOf = (end: number): number =>
  [5, 10, 20, 30, 60, 120, 300, 600].find((step) => end / 1000 / step <= 12) ?? 1200;

interface Place {
  readonly x: (ms: number) => number;
  readonly end: number;
}

function Marks({ x, end, height }: Place & { readonly height: number }): ReactNode {
  const step = stepOf(end);
  return Array.from({ length: Math.floor(end / 1000 / step) + 1 }, (_, i) => i * step).map((at) => (
    <g key={at}>
      <line className="mark" x1={x(at * 1000)} x2={x(at * 1000)} y1={TOP - 8} y2={height} />
      <text x={x(at * 1000)} y={TOP - 14} textAnchor="middle">
        {at} s
      </text>
    </g>
  ));
}

function Lanes({
  targets,
  disturbed,
  x,
}: { readonly targets: readonly string[]; readonly disturbed: readonly Disturbance[] } & Pick<Place, 'x'>): ReactNode {
  return targets.map((target, row) => (
    <g key={target}>
      <text x={LEFT - 10} y={TOP + row * ROW + 14} textAnchor="end">
        {target}
      </text>
      {disturbed
        .filter((one) => one.target === target)
        .map(({ what, at, ended_at }) => (
          <rect
            key={at}
            className={what}
            x={x(at)}
            y={TOP + row * ROW + 2}
            width={Math.max(5, x(ended_at) - x(at))}
            height={ROW - 4}
          >
            <title>{`${target} was ${DISTURBED[what]}`}</title>
          </rect>
        ))}
    </g>
  ));
}

function InBuild({
  samples,
  x,
  top,
}: Pick<ChaosRun, 'samples'> & Pick<Place, 'x'> & { readonly top: number }): ReactNode {
  const most = Math.max(1, ...samples.map(({ building }) => building));
  const points = samples.map(
    ({ at, building }) => `${x(at).toFixed(1)},${(top + GRAPH - (building / most) * GRAPH).toFixed(1)}`,
  );
  return (
    <g>
      <text x={LEFT - 10} y={top + 10} textAnchor="end">
        {most} in BUILD
      </text>
      <text x={LEFT - 10} y={top + GRAPH} textAnchor="end">
        0
      </text>
      <line className="base" x1={LEFT} x2={WIDTH - RIGHT} y1={top + GRAPH} y2={top + GRAPH} />
      <polyline className="building" points={points.join(' ')} />
    </g>
  );
}

function Servers({ servers, x, end, top }: Pick<ChaosRun, 'servers'> & Place & { readonly top: number }): ReactNode {
  const space = Math.min(THICK, LINES / Math.max(1, servers.length));
  return (
    <g>
      <text x={LEFT - 10} y={top + 8} textAnchor="end">
        each boot
      </text>
      {servers.map((server, i) => {
        const [from, to] = [x(server.at), x(server.settled_at ?? server.gone_at ?? end)];
        const y = top + (i + 0.5) * space;
        return (
          <line
            key={server.id}
            className={`server ${kindOf(server)}`}
            x1={from}
            x2={Math.max(from + 2, to)}
            y1={y}
            y2={y}
            strokeWidth={Math.max(1, space - 1)}
          />
        );
      })}
    </g>
  );
}

const Legend = (): ReactNode => (
  <ul className="chaos-legend" aria-label="What is drawn">
    {Object.entries(DISTURBED).map(([what, words]) => (
      <li key={what}>
        <span className={`swatch ${what}`} aria-hidden="true" /> {words}
      </li>
    ))}
    {Object.entries(BECAME).map(([kind, words]) => (
      <li key={kind}>
        <span className={`swatch ${kind}`} aria-hidden="true" /> {words}
      </li>
    ))}
  </ul>
);

/** A run from left to right: what was done to which process, how many servers were in BUILD, and each boot until its end. */
export function ChaosTimeline({ disturbed, servers, samples }: ChaosRun): ReactNode {
  const times = [...samples.map(({ at }) => at), ...disturbed.map(({ ended_at }) => ended_at)];
  const end = Math.max(1, ...times);
  const x = (ms: number): number => LEFT + (ms / end) * (WIDTH - LEFT - RIGHT);
  const targets = [...new Set(disturbed.map(({ target }) => target))].toSorted((a, b) => a.localeCompare(b));
  const graph = TOP + targets.length * ROW + BETWEEN;
  const boots = graph + GRAPH + BETWEEN;
  const height = boots + Math.min(LINES, servers.length * THICK) + 10;
  const said = `${disturbed.length} disturbances of ${targets.length} processes and ${servers.length} boots in ${Math.round(end / 1000)} seconds; the tables below say the same`;
  return (
    <section className="panel drawing" aria-label="Timeline" tabIndex={0}>
      <Legend />
      <svg
        className="chaos"
        viewBox={`0 0 ${WIDTH} ${height}`}
        // Of an img the style sheet could not colour the parts by the theme.
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
        role="img"
        aria-label={said}
      >
        <Marks x={x} end={end} height={height} />
        <Lanes targets={targets} disturbed={disturbed} x={x} />
        <InBuild samples={samples} x={x} top={graph} />
        <Servers servers={servers} x={x} end={end} top={boots} />
      </svg>
    </section>
  );
}
