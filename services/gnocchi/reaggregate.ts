/** Numbers of several series at one time, or of one series at several: those that are missing are NaN, and count for nothing. */
type Reduce = (values: readonly number[]) => number;

const present = (values: readonly number[]): number[] => values.filter((value) => !Number.isNaN(value));
const sum: Reduce = (values) => values.reduce((total, value) => total + value, 0);
const mean: Reduce = (values) => (values.length === 0 ? NaN : sum(values) / values.length);
/** The variance of a whole population, as numpy.nanvar has it. */
const variance: Reduce = (values) => {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
};
const median: Reduce = (values) => {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
};

/** How series are aggregated across (gnocchi/rest/aggregates/operations.py: AGG_MAP). Of nothing comes NaN, a sum and a count of 0. */
const REDUCERS: Readonly<Record<string, Reduce>> = {
  mean,
  median,
  std: (values) => Math.sqrt(variance(values)),
  min: (values) => (values.length === 0 ? NaN : values.reduce((least, value) => Math.min(least, value))),
  max: (values) => (values.length === 0 ? NaN : values.reduce((most, value) => Math.max(most, value))),
  sum,
  var: variance,
  count: (values) => values.length,
};

/** The names of the methods, without those that are rates of them. */
export const REAGGREGATIONS: readonly string[] = Object.keys(REDUCERS);

/** One number of several. @param method of REAGGREGATIONS */
export const reduce = (method: string, values: readonly number[]): number => REDUCERS[method]!(present(values));
