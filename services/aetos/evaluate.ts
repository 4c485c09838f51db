import type { Aggregation, RangeFunction, VectorNode } from './parse.js';
import { badQuery } from './words.js';

export type Labels = Readonly<Record<string, string>>;
/** A series with its samples, oldest first: times in milliseconds. */
export interface Samples {
  readonly labels: Labels;
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** A sample counts for so long (ms): what comes once in five minutes is not stale after five. */
  readonly stalenessMs: number;
}
/** A value at each moment that has one. */
export interface Result {
  readonly labels: Labels;
  readonly points: readonly (readonly [atMs: number, value: number])[];
}

/** Samples that one query may look at: some tenths of a second, in which nobody else is answered. */
const MOST_WORK = 10_000_000;

/** Values that one query makes, also of what it aggregates: each takes some eighty bytes until it is answered. */
const MOST_POINTS = 2_000_000;
const tooMuch = () => badQuery('it looks at too many samples: ask for a shorter time, or a longer step');

/** Evaluates a selector, or a function over its ranges, at each moment. @param moments in ms, ascending */
export function evaluateVector({ over }: VectorNode, all: readonly Samples[], moments: readonly number[]): Result[] {
  let [work, made] = [0, 0];
  return all.flatMap(({ labels, times, values, stalenessMs }): Result[] => {
    const windowMs = over?.rangeMs ?? stalenessMs;
    const points: (readonly [number, number])[] = [];
    let [from, to] = [0, 0];
    for (const at of moments) {
      while (to < times.length && times[to]! <= at) to++;
      while (from < to && times[from]! <= at - windowMs) from++;
      if (from === to) continue;
      work += over === undefined ? 1 : to - from;
      if (work > MOST_WORK || ++made > MOST_POINTS) throw tooMuch();
      const value =
        over === undefined
          ? values[to - 1]!
          : overRange(over.fn, times.slice(from, to), values.slice(from, to), at - over.rangeMs, at);
      if (value !== undefined) points.push([at, value]);
    }
    const { __name__: _name, ...unnamed } = labels;
    return points.length === 0 ? [] : [{ labels: over === undefined ? labels : unnamed, points }];
  });
}

function overRange(
  fn: RangeFunction,
  times: readonly number[],
  values: readonly number[],
  fromMs: number,
  toMs: number,
): number | undefined {
  if (fn === 'rate') return rate(times, values, fromMs, toMs);
  return reduce(fn.slice(0, 3) as Aggregation, values);
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const reduce = (op: Aggregation, values: readonly number[]): number => {
  if (op === 'max' || op === 'min') return values.reduce((a, b) => (op === 'max' ? Math.max(a, b) : Math.min(a, b)));
  return op === 'sum' ? sum(values) : sum(values) / values.length;
};

/** As much as a gap may be longer than the mean one and still count as the counter going on (promql/functions.go: extrapolatedRate). */
const GAP = 1.1;

/** How much a counter grows a second: what it grew between the first and the last sample, carried on to the ends of the range. */
function rate(times: readonly number[], values: readonly number[], fromMs: number, toMs: number): number | undefined {
  const last = values.length - 1;
  if (last < 1) return undefined;
  // A counter that is smaller than before began again at 0.
  const resets = values.reduce((lost, value, i) => (i > 0 && value < values[i - 1]! ? lost + values[i - 1]! : lost), 0);
  const grown = values[last]! - values[0]! + resets;
  const sampled = times[last]! - times[0]!;
  const mean = sampled / last;
  let before = times[0]! - fromMs;
  let after = toMs - times[last]!;
  if (before >= mean * GAP) before = mean / 2;
  if (grown > 0 && values[0]! >= 0) before = Math.min(before, sampled * (values[0]! / grown));
  if (after >= mean * GAP) after = mean / 2;
  return (grown * ((sampled + before + after) / sampled)) / ((toMs - fromMs) / 1_000);
}

/** Aggregates results moment by moment, in groups of the labels that are named. */
export function aggregateBy(op: Aggregation, by: readonly string[], results: readonly Result[]): Result[] {
  const groups = new Map<string, { labels: Labels; at: Map<number, number[]> }>();
  for (const { labels, points } of results) {
    const own = Object.fromEntries(by.flatMap((name) => (Object.hasOwn(labels, name) ? [[name, labels[name]!]] : [])));
    const key = JSON.stringify(by.map((name) => own[name] ?? ''));
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { labels: own, at: new Map() }));
    for (const [at, value] of points) {
      const values = group.at.get(at);
      if (values === undefined) group.at.set(at, [value]);
      else values.push(value);
    }
  }
  return [...groups.values()].map(({ labels, at }) => ({
    labels,
    points: [...at].toSorted(([a], [b]) => a - b).map(([moment, values]) => [moment, reduce(op, values)] as const),
  }));
}
