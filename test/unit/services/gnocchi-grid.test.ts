import { expect, it } from 'vitest';
import { gridOf } from '#services/gnocchi/aggregates/grid';
import { looksOf, readOperations, referencesIn } from '#services/gnocchi/aggregates/operations';

it('lays no more series over each other than there is memory for, however few values each has', () => {
  const series = Array.from({ length: 3_000 }, (_, i) => ({ times: [i], values: [i] }));
  expect(gridOf(series.slice(0, 100), 0).rows).toHaveLength(100);
  expect(() => gridOf(series, 0)).toThrow(/More than 5000000 values/);
});

it('knows what operations cost, and finds the metrics of many references at once', () => {
  expect(looksOf(readOperations('(rolling mean 50 (+ (metric a mean) (metric b mean)))'), 1_000)).toBeCloseTo(53);
  const many = Array.from({ length: 20_000 }, (_, i) => [`m${i % 10_000}`, 'mean']);
  const before = performance.now();
  expect(referencesIn(readOperations(['metric', ...many]))).toHaveLength(10_000);
  expect(performance.now() - before).toBeLessThan(1_000);
});
