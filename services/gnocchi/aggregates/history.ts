import type { Statements } from '../../kernel/database.js';
import type { Answered } from '../measures.js';
import type { ResourceRow } from '../resource-rows.js';
import type { Filter } from '../search.js';
import { readSeries, type Range } from '../series.js';
import { SECOND, readTime, roundTo } from '../times.js';
import { unaggregable } from '../words.js';
import type { Operation } from './operations.js';
import { granularitiesOf, resultOf, wantedBy, type ReadSources, type Reading, type Source } from './process.js';

/** A resource as it was, and from when to when it counts, in microseconds; open where nothing bounds it. */
export interface Span {
  readonly row: ResourceRow;
  readonly start: number | undefined;
  readonly stop: number | undefined;
}

/** The revisions that held at some time between two times; all of them unless both are given, as Gnocchi has it. */
export function heldWithin({ start, stop }: Range): Filter | undefined {
  if (start === undefined || stop === undefined) return undefined;
  const text = (time: number): string => new Date(time / 1_000).toISOString();
  const ended: Filter = {
    op: 'or',
    of: [
      { op: '>=', field: 'revision_end', value: text(start) },
      { op: '=', field: 'revision_end', value: null },
    ],
  };
  return { op: 'and', of: [{ op: '<', field: 'revision_start', value: text(stop) }, ended] };
}

/** From when to when each revision counts: the first one that there is of a resource stands for what was before it. */
export function spansOf(revisions: readonly ResourceRow[], { start, stop }: Range): Span[] {
  const timed = revisions
    .map((row) => ({ row, from: readTime(row.revision_start) }))
    .toSorted((a, b) => (a.row.id === b.row.id ? a.from - b.from : a.row.id < b.row.id ? -1 : 1));
  return timed.map(({ row, from }, i) => {
    const first = timed[i - 1]?.row.id !== row.id;
    const to = row.revision_end === null ? Infinity : readTime(row.revision_end);
    const [begin, end] = [first ? -Infinity : from, Math.min(to, stop ?? Infinity)];
    const since = Math.max(begin, start ?? -Infinity);
    return {
      row,
      start: Number.isFinite(since) ? since : undefined,
      stop: Number.isFinite(end) ? end : undefined,
    };
  });
}

/**
 * What resources were measured at while they were as they were (`use_history` of gnocchi/rest/aggregates/api.py): each value counts
 * for the share of its time in which its revision held, and those of one time are summed. All series are read in one statement.
 * @param sourcesOf what of a resource is read
 */
export class HistoryReader {
  private readonly read = new Map<string, ReadSources>();

  private constructor(
    private readonly operation: Operation,
    private readonly reading: Reading,
  ) {}

  /** @throws 400 and 404 for what the metrics do not keep */
  static async of(
    db: Statements,
    resources: readonly (readonly [id: string, sources: readonly Source[]])[],
    operation: Operation,
    reading: Reading,
  ): Promise<HistoryReader> {
    const reader = new HistoryReader(operation, reading);
    const asked = resources.map(([id, sources]) => {
      const granularities = granularitiesOf(sources, reading);
      return { id, sources, granularities, wanted: wantedBy(sources, granularities) };
    });
    const series = await readSeries(
      db,
      asked.flatMap(({ wanted }) => wanted),
      reading.range,
    );
    let place = 0;
    for (const { id, sources, granularities, wanted } of asked) {
      reader.read.set(id, { sources, granularities, series: series.slice(place, place + wanted.length) });
      place += wanted.length;
    }
    return reader;
  }

  /** Of revisions of a group. @throws 400 for operations that make no one series */
  measures(spans: readonly Span[]): Answered[] {
    const sums = new Map<string, Answered>();
    for (const span of spans)
      for (const [time, length, value] of this.weighed(span)) {
        const key = `${length} ${time}`;
        sums.set(key, [time, length, value + (sums.get(key)?.[2] ?? 0)]);
      }
    return [...sums.values()].toSorted(([a, x], [b, y]) => Number(y) - Number(x) || a - b);
  }

  private weighed(span: Span): Answered[] {
    const read = this.read.get(span.row.id);
    if (read === undefined) return [];
    const { sources, granularities } = read;
    const series = read.series.map(({ times, values }, i) => {
      const granularity = granularities[Math.floor(i / sources.length)]!;
      const from = span.start === undefined ? -Infinity : roundTo(span.start, granularity);
      const within = times.map((time) => time >= from && time < (span.stop ?? Infinity));
      return { times: times.filter((_, n) => within[n]), values: values.filter((_, n) => within[n]) };
    });
    const result = resultOf({ sources, granularities, series }, this.operation, {
      ...this.reading,
      range: { start: span.start, stop: span.stop },
    });
    if (!('aggregated' in result) || !Array.isArray(result.aggregated))
      throw unaggregable('Only aggregated series are weighed by their history', [
        ...new Set(sources.map(({ key }) => key)),
      ]);
    return result.aggregated.map(([time, length, value]) => {
      const whole = Number(length) * SECOND;
      const end = time + whole;
      const counted = Math.min(span.stop ?? end, end) - Math.max(span.start ?? time, time);
      return [time, length, (value * counted) / whole] as const;
    });
  }
}
