import type { Points } from './series.js';
import { roundTo } from './times.js';

/** Numbers of several series at one time, or of one series at several: those that are missing are NaN, and count for nothing. */
type Reduce = (values: readonly number[]) => number;

const present = (values: readonly number[]): number[] => values.filter((value) => !Number.isNaN(value));
const sum: Reduce = (values) => values.reduce((total, value) => total + value, 0);
const mean: Reduce = (values) => (values.length === 0 ? NaN : sum(values) / values.length);
const min: Reduce = (values) => (values.length === 0 ? NaN : values.reduce((least, value) => Math.min(least, value)));
const max: Reduce = (values) => (values.length === 0 ? NaN : values.reduce((most, value) => Math.max(most, value)));
/** The variance of a whole population, as numpy.nanvar has it. */
const variance: Reduce = (values) => {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
};

/** The value below which a fraction of all are, between two of them where it is between two. */
function quantile(values: readonly number[], fraction: number): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * fraction;
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below === above ? below : below * (Math.ceil(place) - place) + above * (place - Math.floor(place));
}
const median: Reduce = (values) => quantile(values, 0.5);

/** How series are aggregated across (gnocchi/rest/aggregates/operations.py: AGG_MAP). Of nothing comes NaN, a sum and a count of 0. */
const ACROSS: Readonly<Record<string, Reduce>> = {
  mean,
  median,
  std: (values) => Math.sqrt(variance(values)),
  min,
  max,
  sum,
  var: variance,
  count: (values) => values.length,
};
/** The names of the methods, without those that are rates of them. */
export const REAGGREGATIONS: readonly string[] = Object.keys(ACROSS);
/** With them. */
export const METHODS_ACROSS: readonly string[] = [
  ...REAGGREGATIONS,
  ...REAGGREGATIONS.map((method) => `rate:${method}`),
];

/** One number of several. @param method of REAGGREGATIONS */
export const reduce = (method: string, values: readonly number[]): number => ACROSS[method]!(present(values));

/** How the values of one series are aggregated over time, those of a granule (gnocchi/carbonara.py: GroupedTimeSeries). */
const WITHIN: Readonly<Record<string, Reduce>> = {
  mean,
  median,
  min,
  max,
  sum,
  std: (values) => (values.length < 2 ? NaN : Math.sqrt((variance(values) * values.length) / (values.length - 1))),
  count: (values) => values.length,
  first: (values) => values[0]!,
  last: (values) => values.at(-1)!,
};
const within = (method: string): Reduce =>
  Object.hasOwn(WITHIN, method) ? WITHIN[method]! : (values) => quantile(values, Number.parseInt(method, 10) / 100);

const DAY = 86_400_000_000;
const dateOf = (time: number): Date => new Date(time / 1_000);
const firstOf = (year: number, month: number): number => Date.UTC(year, month) * 1_000;
/** What begins with a month of the calendar, or with a Sunday (gnocchi/calendar.py: GROUPINGS). */
export const CALENDAR: Readonly<Record<string, (time: number) => number>> = {
  Y: (time) => firstOf(dateOf(time).getUTCFullYear(), 0),
  H: (time) => firstOf(dateOf(time).getUTCFullYear(), Math.floor(dateOf(time).getUTCMonth() / 6) * 6),
  Q: (time) => firstOf(dateOf(time).getUTCFullYear(), Math.floor(dateOf(time).getUTCMonth() / 3) * 3),
  M: (time) => firstOf(dateOf(time).getUTCFullYear(), dateOf(time).getUTCMonth()),
  // 1 January 1970 was a Thursday.
  W: (time) => roundTo(time + 4 * DAY, 7 * DAY) - 4 * DAY,
};

/** A series by longer times: some microseconds, or a letter of the calendar. */
export type Sampling = number | string;

/** Aggregates a series again, by longer times. @param method an aggregation method of archive policies */
export function resample({ times, values }: Points, method: string, sampling: Sampling): Points {
  const begin = typeof sampling === 'number' ? (time: number) => roundTo(time, sampling) : CALENDAR[sampling]!;
  const rate = method.startsWith('rate:');
  const groups = new Map<number, number[]>();
  times.forEach((time, i) => {
    const value = rate ? values[i]! - (values[i - 1] ?? NaN) : values[i]!;
    if (Number.isNaN(value)) return;
    const group = groups.get(begin(time)) ?? [];
    group.push(value);
    groups.set(begin(time), group);
  });
  const counted = [...groups]
    .map(([time, group]) => [time, within(method.replace('rate:', ''))(group)] as const)
    .filter(([, value]) => !Number.isNaN(value))
    .toSorted(([a], [b]) => a - b);
  return { times: counted.map(([time]) => time), values: counted.map(([, value]) => value) };
}
