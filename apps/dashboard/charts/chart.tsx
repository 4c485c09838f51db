import { useEffect, useRef, useSyncExternalStore, type ReactNode, type RefObject } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from '../shell/theme.js';
import { columnsOf, valueText, type Series } from './series.js';

/** Pixels. */
const HEIGHT = 200;
const AXIS = 84;
/** Lines differ by colour and by dash: names of colours of the style sheet, which all stand out from both grounds. */
const INKS = ['accent', 'good', 'busy', 'text', 'bad'] as const;
const DASHES: readonly (readonly number[])[] = [[], [6, 4], [2, 3], [10, 4, 2, 4], [4, 8]];

const dark = matchMedia('(prefers-color-scheme: dark)');
const useDark = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      dark.addEventListener('change', listener);
      return () => {
        dark.removeEventListener('change', listener);
      };
    },
    () => dark.matches,
  );

/** A colour as a canvas takes it: what `light-dark()` is in the theme that there is now. */
function inkOf(place: HTMLElement, name: string): string {
  place.style.color = `var(--${name})`;
  const ink = getComputedStyle(place).color;
  place.style.color = '';
  return ink;
}

const widthOf = ({ clientWidth }: HTMLElement): number => Math.max(clientWidth, 100);

export interface ChartProps {
  readonly series: readonly Series[];
  readonly unit: string;
  /** Lines across the whole chart. */
  readonly thresholds?: readonly number[];
  /** Seconds since 1970 between which it is drawn. */
  readonly from: number;
  readonly to: number;
  /** The index of the time at which the pointer is. */
  readonly onPoint: (index: number | undefined) => void;
  readonly pointed: number | undefined;
}

/** Draws a threshold from edge to edge. */
function drawThreshold(plot: UPlot, value: number, ink: string): void {
  const {
    ctx,
    bbox: { left, width },
  } = plot;
  const y = plot.valToPos(value, 'y', true);
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.lineWidth = 2 * ratio;
  ctx.setLineDash([8 * ratio, 4 * ratio]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.restore();
}

function optionsOf(place: HTMLElement, props: ChartProps): UPlot.Options {
  const { series, unit, thresholds = [], from, to, onPoint } = props;
  const [text, line, bad] = [inkOf(place, 'quiet'), inkOf(place, 'line'), inkOf(place, 'bad')];
  const axis: UPlot.Axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  // Without a value there is no smallest and no greatest one.
  const range = (_: UPlot, least: number | null, most: number | null): UPlot.Range.MinMax =>
    UPlot.rangeNum(Math.min(least ?? 0, 0, ...thresholds), Math.max(most ?? 1, ...thresholds), 0.1, true);
  return {
    width: widthOf(place),
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: true, range: [from, to] }, y: { range } },
    axes: [axis, { ...axis, size: AXIS, values: (_, ticks) => ticks.map((tick) => valueText(tick, unit)) }],
    series: [
      {},
      ...series.map(({ label }, i) => ({
        label,
        stroke: inkOf(place, INKS[i % INKS.length] ?? 'text'),
        dash: [...(DASHES[i % DASHES.length] ?? [])],
        width: 2,
        spanGaps: false,
      })),
    ],
    hooks: {
      draw: [(plot) => thresholds.forEach((value) => drawThreshold(plot, value, bad))],
      setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)],
    },
  };
}

/** Draws anew for other values and in another theme. */
function usePlot(place: RefObject<HTMLDivElement | null>, props: ChartProps): RefObject<UPlot | null> {
  const plot = useRef<UPlot>(null);
  const [theme, isDark] = [useTheme(), useDark()];
  const { series, unit, from, to } = props;
  const lines = (props.thresholds ?? []).join();
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const made = new UPlot(optionsOf(element, props), columnsOf(series), element);
    plot.current = made;
    const sized = new ResizeObserver(() => {
      made.setSize({ width: widthOf(element), height: HEIGHT });
    });
    sized.observe(element);
    return () => {
      sized.disconnect();
      made.destroy();
    };
    // What is drawn, and in which colours; the functions among the props change nothing of it.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [series, unit, from, to, lines, theme, isDark]);
  return plot;
}

/** The drawing alone: what it says is in its panel, in words. */
export default function Chart(props: ChartProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const plot = usePlot(place, props);
  const { pointed } = props;
  useEffect(() => {
    const [drawn, at] = [plot.current, pointed === undefined ? undefined : plot.current?.data[0][pointed]];
    if (drawn === null || at === undefined || drawn.cursor.idx === pointed) return;
    drawn.setCursor({ left: drawn.valToPos(at, 'x'), top: 0 }, false);
  }, [plot, pointed]);
  return <div className="plot" ref={place} aria-hidden="true" />;
}
