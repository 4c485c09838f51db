import { describe, expect, it } from 'vitest';
import { aggregateBy, evaluateVector, type Samples } from '#services/aetos/evaluate';
import { matching } from '#services/aetos/matching';
import { durationOf, parseQuery, parseSelector, type VectorNode } from '#services/aetos/parse';
import { matchesWildcards } from '#services/kernel/wildcards';

const series = (values: readonly number[], labels: Record<string, string> = { __name__: 'a' }): Samples => ({
  labels,
  times: values.map((_, i) => i * 60_000),
  values,
  stalenessMs: 300_000,
});
const at = (query: string, all: readonly Samples[], ...moments: number[]) =>
  evaluateVector(parseQuery(query) as VectorNode, all, moments);

describe('PromQL', () => {
  it('is read as far as it is here', () => {
    expect(parseQuery('1+1')).toEqual({ kind: 'number', value: 2 });
    expect(parseQuery(' sum by (project, host) (rate(ceilometer_cpu{type="instance",host!="a"}[5m])) ')).toMatchObject({
      kind: 'aggregate',
      op: 'sum',
      by: ['project', 'host'],
      of: {
        over: { fn: 'rate', rangeMs: 300_000 },
        selector: [{ label: '__name__' }, { negated: false }, { negated: true }],
      },
    });
    expect(parseQuery('max(a) by (b)')).toEqual(parseQuery('max by (b) (a)'));
    expect(parseSelector(`{__name__='a b',c="\\"\\\\"}`).map(({ text }) => text)).toEqual(['a b', '"\\']);
    expect(['5m', '1h', '90', '1x'].map(durationOf)).toEqual([300_000, 3_600_000, undefined, undefined]);
  });

  it.each([
    '',
    '{}',
    'a[5m]',
    'a offset 5m',
    'a + b',
    'rate(a)',
    'rate(a[0m])',
    'topk(5, a)',
    'sum without (a) (b)',
    'sum(sum(a))',
    'a{b=~"(c|d)+"}',
    'a{b="c"',
    'a{b=c}',
    `a{b="${'c'.repeat(5_000)}"}`,
    '"',
    '😀',
  ])('of another kind is refused, with what there is: %s', (query) => {
    expect(() => parseQuery(query)).toThrow(/supported are selectors with matchers, rate/);
  });

  it('compares labels with texts and with simple patterns, and takes no more time for any of them', () => {
    const [one] = parseSelector('{a=~"b.*|c.d|e\\\\.f"}');
    const found = (text: string): boolean => one!.any.some((pattern) => matchesWildcards(pattern, text));
    expect(['b', 'bcd', 'cxd', 'e.f', 'exf', 'ab', ''].filter(found)).toEqual(['b', 'bcd', 'cxd', 'e.f']);
    const before = performance.now();
    const [bad] = parseSelector(`{a=~"${'.*x'.repeat(100)}"}`);
    expect(matchesWildcards(bad!.any[0]!, 'x'.repeat(99).padEnd(5_000, 'y'))).toBe(false);
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('is refused before many patterns of many labels, or many values, keep everybody else waiting', () => {
    const matches = matching(parseSelector(`{a=~"${'.*xy|'.repeat(800)}z"}`));
    const before = performance.now();
    expect(() => Array.from({ length: 10_000 }, (_, i) => matches({ a: `${i}`.padEnd(255, 'x') }))).toThrow(/patterns/);
    const uuids = Array.from({ length: 100 }, (_, i) => `a${i}`).join('|');
    const named = matching(parseSelector(`{a=~"${uuids}",b!~".*no.*"}`));
    const found = Array.from({ length: 10_000 }, (_, i) => ({ a: `a${i}`, b: 'yes' })).filter(named);
    expect(found).toHaveLength(100);
    const many = Array.from({ length: 900 }, () => series([1, 2, 3, 4]));
    const moments = Array.from({ length: 11_000 }, (_, i) => i * 10);
    expect(() => at('a', many, ...moments)).toThrow(/too many samples/);
    expect(() => parseQuery(`sum by (${'a,'.repeat(65)}) (a)`)).toThrow(/more than 64/);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('has at each moment the newest sample that is not stale', () => {
    const [found] = at('a', [series([1, 2, 3])], 60_000, 119_999, 120_000, 419_999, 420_000);
    expect(found!.points).toEqual([
      [60_000, 2],
      [119_999, 2],
      [120_000, 3],
      [419_999, 3],
    ]);
  });

  it('rates a counter as Prometheus does, also one that began again', () => {
    const [steady] = at('rate(a[5m])', [series([0, 60, 120, 180, 240, 300])], 300_000);
    expect(steady!.labels).toEqual({});
    expect(steady!.points[0]![1]).toBeCloseTo(1);
    const [again] = at('rate(a[5m])', [series([0, 600, 1_200, 0, 600, 1_200])], 300_000);
    expect(again!.points[0]![1]).toBeCloseTo(7.5);
    expect(at('rate(a[5m])', [series([1])], 0)).toEqual([]);
  });

  it('takes the mean, the greatest, the least and the sum of a range', () => {
    const value = (fn: string): number =>
      at(`${fn}_over_time(a[3m])`, [series([9, 1, 2, 6])], 180_000)[0]!.points[0]![1];
    expect(['avg', 'max', 'min', 'sum'].map(value)).toEqual([3, 6, 1, 9]);
  });

  it('aggregates in groups of the labels that are named', () => {
    const results = at(
      'a',
      [series([1], { p: 'x', q: '1' }), series([2], { p: 'x', q: '2' }), series([5], { p: 'y', q: '1' })],
      0,
    );
    expect(aggregateBy('sum', ['p'], results)).toEqual([
      { labels: { p: 'x' }, points: [[0, 3]] },
      { labels: { p: 'y' }, points: [[0, 5]] },
    ]);
    expect(aggregateBy('max', [], results)).toEqual([{ labels: {}, points: [[0, 5]] }]);
  });
});
