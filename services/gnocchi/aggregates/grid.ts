import { badRequest } from '../../kernel/errors.js';
import { readNumber, roundTo } from '../times.js';
import { unaggregable } from '../words.js';
import type { Points, Range } from '../series.js';

/** Several series over the same times; NaN where one has no value. */
export interface Grid {
  readonly times: readonly number[];
  readonly rows: readonly (readonly number[])[];
}

const FILLS = ['null', 'dropna', 'ffill', 'bfill', 'full_ffill', 'full_bfill'] as const;
/** What stands where a series has no value: a number, nothing (`null`), nothing of the whole time (`dropna`), or its neighbour. */
export type Fill = number | (typeof FILLS)[number];
export const readFill = (text: string): Fill | undefined => FILLS.find((fill) => fill === text) ?? readNumber(text);

/** Times at which not every series has a value are left out of what is answered. */
export const dropsMissing = (fill: Fill | undefined): boolean => typeof fill === 'string' && fill !== 'null';

/** Values of series that are laid over each other: those that are at other times each have room for the times of all. Some 40 MB. */
const MOST_VALUES = 5_000_000;

/** Lays series over each other. @throws 400 for too many, at too many times */
export function gridOf(series: readonly Points[], fill: Fill | undefined): Grid {
  const times = [...new Set(series.flatMap((one) => one.times))].toSorted((a, b) => a - b);
  if (times.length * series.length > MOST_VALUES)
    throw badRequest(`More than ${MOST_VALUES} values: name a shorter time, a coarser granularity or fewer metrics.`);
  const places = new Map(times.map((time, i) => [time, i]));
  const rows = series.map((one) => {
    const row = times.map(() => (typeof fill === 'number' ? fill : NaN));
    one.times.forEach((time, i) => (row[places.get(time)!] = one.values[i]!));
    return filled(row, fill);
  });
  return { times, rows };
}

function filled(row: readonly number[], fill: Fill | undefined): readonly number[] {
  switch (fill) {
    case 'ffill':
      return forward(row);
    case 'bfill':
      return backward(row);
    case 'full_ffill':
      return backward(forward(row));
    case 'full_bfill':
      return forward(backward(row));
    default:
      return row;
  }
}

function forward(row: readonly number[]): number[] {
  let last = NaN;
  return row.map((value) => (last = Number.isNaN(value) ? last : value));
}
const backward = (row: readonly number[]): number[] => forward(row.toReversed()).toReversed();

/**
 * Cuts a grid to where the series overlap, unless a time was asked for.
 * @param needed how many percent of the times have to have all values
 * @throws 400 when they overlap less
 */
export function overlapping({ times, rows }: Grid, range: Range, needed: number, keys: unknown): Grid {
  const whole = times.flatMap((_, i) => (rows.some((row) => Number.isNaN(row[i])) ? [] : [i]));
  if (whole.length === 0 && needed > 0) throw unaggregable('No overlap', keys);
  const from = range.start === undefined && whole.length > 0 ? whole[0]! : 0;
  const to = range.stop === undefined && whole.length > 0 ? whole.at(-1)! + 1 : times.length;
  const cut = { times: times.slice(from, to), rows: rows.map((row) => row.slice(from, to)) };
  if (cut.times.length === 0) return cut;
  const percent = (whole.length * 100) / cut.times.length;
  if (percent < needed)
    throw unaggregable(
      `Less than ${needed.toFixed(6)}% of datapoints overlap in this timespan (${percent.toFixed(2)}%)`,
      keys,
    );
  return cut;
}

/** The time from which series of a granularity are read. */
export const rounded = (range: Range, granularity: number): Range =>
  range.start === undefined ? range : { ...range, start: roundTo(range.start, granularity) };
