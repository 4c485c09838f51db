import { describe, expect, it } from 'vitest';
import { granularityFor, rangeOf, secondsOf, spanText } from '../../../apps/dashboard/charts/ranges.js';
import { columnsOf, isEmpty, ratesOf, valueText } from '../../../apps/dashboard/charts/series.js';

describe('what a chart is drawn of', () => {
  it('is the growth in a second of what counts up, and nothing where it begins again', () => {
    const points = [
      [0, 100],
      [10, 150],
      [20, 20],
      [30, 40],
    ] as const;
    expect(ratesOf(points)).toEqual([
      [10, 5],
      [20, null],
      [30, 2],
    ]);
    expect(ratesOf(points, 100)[0]).toEqual([10, 500]);
    expect(ratesOf([[0, 1]])).toEqual([]);
  });

  it('are several series over the same times, with gaps where one has no value', () => {
    const series = [
      {
        label: 'a',
        points: [
          [1, 5],
          [3, 7],
        ] as const,
      },
      {
        label: 'b',
        points: [
          [2, 6],
          [3, 8],
        ] as const,
      },
    ];
    expect(columnsOf(series)).toEqual([
      [1, 2, 3],
      [5, null, 7],
      [null, 6, 8],
    ]);
    expect(isEmpty(series)).toBe(false);
    expect(isEmpty([{ label: 'a', points: [[1, null]] }])).toBe(true);
  });

  it.each([
    [1536, 'B', '1.5 KiB'],
    [2048, 'MiB', '2 GiB'],
    [1_048_576, 'B/s', '1 MiB/s'],
    [12.345, '%', '12.3 %'],
    [2_500_000_000, 'ns', '2.5 s'],
    [12_000, 'request', '12 k request'],
    [0, 'B', '0 B'],
    [-1536, 'B', '-1.5 KiB'],
    [null, 'B', 'none'],
    [0.25, '', '0.25'],
  ])('writes %d of the unit "%s" as "%s"', (value, unit, text) => {
    expect(valueText(value, unit)).toBe(text);
  });
});

describe('the range of a chart', () => {
  it('is drawn of the finest values that still can be told from each other, and else of the coarsest', () => {
    expect(granularityFor([3600, 1, 60], 900)).toBe(60);
    expect(granularityFor([3600, 1, 60], 600)).toBe(1);
    expect(granularityFor([1, 60], 30 * 86_400)).toBe(60);
    expect(granularityFor([], 60)).toBeUndefined();
  });

  it('is the usual one where an address names none that there is', () => {
    expect(rangeOf(null)).toBe(rangeOf('6h'));
    expect(rangeOf('nonsense')).toBe(rangeOf('6h'));
    expect(rangeOf('1h').seconds).toBe(3600);
  });

  it('reads timespans as Gnocchi writes them, and says them as people do', () => {
    expect(['0:05:00', '1:00:00', '1 day, 0:00:00', '30 days, 12:00:00', '0:00:01'].map(secondsOf)).toEqual([
      300, 3600, 86_400, 2_635_200, 1,
    ]);
    expect([1, 60, 300, 3600, 86_400, 90].map(spanText)).toEqual([
      '1 second',
      '1 minute',
      '5 minutes',
      '1 hour',
      '1 day',
      '90 seconds',
    ]);
  });
});
