import { reduce, resample } from '../reaggregate.js';
import { SECOND } from '../times.js';
import { unaggregable } from '../words.js';
import { gridOf, type Grid } from './grid.js';
import { BINARY, UNARY, type Operation, type Reference } from './operations.js';

/** What an operation comes to: a number, or series over the same times. */
export interface Computed extends Grid {
  /** In microseconds. */
  readonly granularity: number;
  /** Whether it is one series made of all, and not one for each reference. */
  readonly aggregated: boolean;
}
type Value = number | Computed;

/** What series are called by operations: by the id or the pattern that found them, and the method. */
export type Keys = readonly Reference[];

/**
 * Computes operations over the series of one granularity (gnocchi/rest/aggregates/operations.py: evaluate).
 * @throws 400 for series that do not go together
 */
export function evaluate(operation: Operation, start: Computed, keys: Keys): Computed {
  const value = valueOf(operation, start, keys);
  if (typeof value === 'number') throw unaggregable('The operations come to a number', keys);
  return value;
}

function valueOf(operation: Operation, start: Computed, keys: Keys): Value {
  if (operation.kind === 'number') return operation.value;
  if (operation.kind === 'metric') {
    const rows = start.rows.filter((_, i) =>
      operation.of.some(([metric, method]) => keys[i]![0] === metric && keys[i]![1] === method),
    );
    return { ...start, rows };
  }
  if (operation.kind === 'call') {
    const of = operation.of.map((one) => valueOf(one, start, keys));
    return call(operation.name, of, keys);
  }
  const inner = evaluate(operation.of, start, keys);
  if (operation.kind === 'aggregate') return across(inner, operation.method);
  return operation.kind === 'rolling'
    ? rolling(inner, operation.method, operation.window, keys)
    : resampled(inner, operation.method, operation.span);
}

const isRate = (method: string): boolean => method.startsWith('rate:');
const basic = (method: string): string => method.replace('rate:', '');
const changes = (row: readonly number[]): number[] => row.slice(1).map((value, i) => value - row[i]!);

/** One series of all. */
function across(inner: Computed, method: string): Computed {
  const row = inner.times.map((_, i) =>
    reduce(
      basic(method),
      inner.rows.map((one) => one[i]!),
    ),
  );
  return isRate(method)
    ? { ...inner, times: inner.times.slice(1), rows: [changes(row)], aggregated: true }
    : { ...inner, rows: [row], aggregated: true };
}

/** @throws 400 for a window that is longer than the series */
function rolling(inner: Computed, method: string, window: number, keys: Keys): Computed {
  if (window > inner.times.length)
    throw unaggregable(`Rolling window '${window}' is greater than serie length '${inner.times.length}'`, keys);
  const rolled = inner.rows.map((row) =>
    inner.times.slice(window - 1).map((_, i) => reduce(basic(method), row.slice(i, i + window))),
  );
  const times = inner.times.slice(window - 1);
  return isRate(method)
    ? { ...inner, times: times.slice(1), rows: rolled.map(changes) }
    : { ...inner, times, rows: rolled };
}

function resampled(inner: Computed, method: string, span: number): Computed {
  const series = inner.rows.map((values) => resample({ times: inner.times, values }, method, span));
  return { ...inner, ...gridOf(series, undefined), granularity: span };
}

function call(name: string, of: readonly Value[], keys: Keys): Value {
  const one = UNARY.get(name);
  if (one !== undefined) return each(of, keys, ([a]) => one(a!));
  const two = BINARY.get(name);
  if (two !== undefined) return each(of, keys, ([a, b]) => two(a!, b!));
  if (name === 'clip') return each(of, keys, ([a, least, most = Infinity]) => Math.min(Math.max(a!, least!), most));
  const inner = of[0]!;
  if (typeof inner === 'number') throw unaggregable(`${name} of a number`, keys);
  return rateOf(name, inner);
}

/** Applies a function to the values of all operands at each time; a number is the same at all times. @throws 400 */
function each(of: readonly Value[], keys: Keys, apply: (values: readonly number[]) => number): Value {
  const series = of.filter((value) => typeof value !== 'number');
  const [first] = series;
  if (first === undefined) return apply(of as readonly number[]);
  const rows = Math.max(...series.map((one) => one.rows.length));
  const alike = series.every(
    (one) =>
      one.granularity === first.granularity &&
      one.times.length === first.times.length &&
      one.times.every((time, i) => time === first.times[i]) &&
      (one.rows.length === rows || one.rows.length === 1),
  );
  if (!alike) throw unaggregable("Can't compute timeseries with different granularity", keys);
  const at = (value: Value, row: number, time: number): number =>
    typeof value === 'number' ? value : value.rows[value.rows.length === 1 ? 0 : row]![time]!;
  return {
    ...first,
    aggregated: series.length > 1 || series.some(({ aggregated }) => aggregated),
    rows: Array.from({ length: rows }, (_, row) =>
      first.times.map((__, time) => apply(of.map((v) => at(v, row, time)))),
    ),
  };
}

/** How a series changes from one time to the next: in all, or in each second. */
function rateOf(name: string, inner: Computed): Computed {
  if (name === 'rateofchange') return { ...inner, times: inner.times.slice(1), rows: inner.rows.map(changes) };
  const seconds = changes(inner.times).map((microseconds) => microseconds / SECOND);
  return { ...inner, rows: inner.rows.map((row) => [NaN, ...changes(row).map((change, i) => change / seconds[i]!)]) };
}
