import type { Statements } from '../../kernel/database.js';
import { badRequest } from '../../kernel/errors.js';
import { grainsOf } from '../archive-policy.js';
import { wantedOf, type Answered } from '../measures.js';
import type { Metric } from '../metrics.js';
import { readSeries, type Points, type Range, type Wanted } from '../series.js';
import { SECOND } from '../times.js';
import { GnocchiError, unaggregable } from '../words.js';
import { evaluate, type Computed } from './evaluate.js';
import { dropsMissing, gridOf, overlapping, rounded, type Fill } from './grid.js';
import { looksOf, type Operation, type Reference } from './operations.js';

/** A series that operations are about. */
export interface Source {
  readonly metric: Metric;
  readonly aggregation: string;
  /** The id of the resource that was looked for; none where metrics are named by their ids. */
  readonly resourceId?: string;
  /** What operations call it by. */
  readonly key: string;
}

/** How series are read and laid over each other. */
export interface Reading {
  readonly range: Range;
  /** In microseconds; all that the metrics have in common when left out. */
  readonly granularities?: readonly number[] | undefined;
  readonly overlap: number;
  readonly fill?: Fill | undefined;
}

/** One series made of all, or one for each source. */
export type Result = { readonly aggregated: Answered[] } | Nested;
export interface Nested {
  [name: string]: Nested | Answered[];
}

const nameOf = ({ metric, resourceId }: Source): string => (resourceId === undefined ? metric.id : (metric.name ?? ''));

/** Looks at values of one request: some seconds at most, in which nobody else is answered. */
const MOST_LOOKS = 20_000_000;

/**
 * Reads series and computes operations over them, in one statement and for each granularity (gnocchi/rest/aggregates/processor.py).
 * @throws 400 for what does not go together, 404 for what the metrics do not keep
 */
export async function processSources(
  db: Statements,
  sources: readonly Source[],
  operation: Operation,
  reading: Reading,
): Promise<Result> {
  const granularities = granularitiesOf(sources, reading);
  const series = await readSeries(db, wantedBy(sources, granularities), reading.range);
  return resultOf({ sources, granularities, series }, operation, reading);
}

/** Sources with their series: those of each granularity, one for each source, behind each other. */
export interface ReadSources {
  readonly sources: readonly Source[];
  /** In microseconds, the longest first. */
  readonly granularities: readonly number[];
  readonly series: readonly Points[];
}

/** @throws 400 and 404 for what the metrics do not keep */
export function granularitiesOf(sources: readonly Source[], reading: Reading): readonly number[] {
  const granularities = (reading.granularities ?? inCommon(sources)).toSorted((a, b) => b - a);
  checkKept(sources, granularities);
  return granularities;
}

export const wantedBy = (sources: readonly Source[], granularities: readonly number[]): Wanted[] =>
  granularities.flatMap((granularity) =>
    sources.flatMap(({ metric, aggregation }) => wantedOf(metric, aggregation, [granularity])),
  );

/** Computes operations over series that were read. @throws 400 for what does not go together */
export function resultOf(
  { sources, granularities, series }: ReadSources,
  operation: Operation,
  reading: Reading,
): Result {
  const keys = sources.map(({ key, aggregation }): Reference => [key, aggregation]);
  const computed = granularities.map((granularity, i) => {
    const grid = gridOf(series.slice(i * sources.length, (i + 1) * sources.length), reading.fill);
    if (looksOf(operation, grid.times.length) * grid.times.length * grid.rows.length > MOST_LOOKS)
      throw badRequest('Too much to compute: name a shorter time, a coarser granularity or fewer operations.');
    const range = rounded(reading.range, granularity);
    const cut = reading.fill === undefined ? overlapping(grid, range, reading.overlap, keys) : grid;
    return evaluate(operation, { ...cut, granularity, aggregated: false }, keys);
  });
  const drops = dropsMissing(reading.fill);
  if (computed.some(({ aggregated }) => aggregated))
    return { aggregated: computed.flatMap((one) => pointsOf(one, 0, drops)) };
  return nested(sources, computed, drops);
}

/** @throws 400 where there are none */
function inCommon(sources: readonly Source[]): number[] {
  const counts = new Map<number, number>();
  for (const { metric } of sources)
    for (const { granularity } of grainsOf(metric.archive_policy))
      counts.set(granularity, (counts.get(granularity) ?? 0) + 1);
  const common = [...counts].filter(([, count]) => count === sources.length).map(([granularity]) => granularity);
  if (common.length > 0) return common;
  throw unaggregable(
    'No granularity match',
    sources.map((source) => [nameOf(source), source.aggregation]),
  );
}

/** @throws 400 for a granularity, 404 for an aggregation method that a metric does not keep */
function checkKept(sources: readonly Source[], granularities: readonly number[]): void {
  const unknown = sources.find(
    ({ metric, aggregation }) => !metric.archive_policy.aggregation_methods.includes(aggregation),
  );
  if (unknown !== undefined)
    throw new GnocchiError(404, 'AggregationDoesNotExist', {
      cause: 'Metrics with unknown aggregation',
      detail: [[unknown.metric.id, unknown.aggregation]],
    });
  const missing = sources.flatMap((source) => {
    const has = new Set(grainsOf(source.metric.archive_policy).map(({ granularity }) => granularity));
    const first = granularities.find((granularity) => !has.has(granularity));
    return first === undefined ? [] : [[nameOf(source), source.aggregation, first / SECOND]];
  });
  if (missing.length > 0) throw unaggregable('Granularities are missing', missing);
}

function pointsOf({ times, rows, granularity }: Computed, row: number, drops: boolean): Answered[] {
  const values = rows[row] ?? [];
  return times.flatMap((time, i) =>
    drops && !Number.isFinite(values[i]) ? [] : [[time, granularity / SECOND, values[i]!] as const],
  );
}

/** Without a prototype: a metric may be called `__proto__`, and what every object has would be written to. */
const none = (): Nested => Object.create(null) as Nested;

/** By resources, metrics and aggregation methods, or by metrics and methods. */
function nested(sources: readonly Source[], computed: readonly Computed[], drops: boolean): Nested {
  const result = none();
  sources.forEach((source, i) => {
    const points = computed.flatMap((one) => pointsOf(one, i, drops));
    const path = [...(source.resourceId === undefined ? [] : [source.resourceId]), nameOf(source)];
    const place = path.reduce((at, name) => (at[name] ??= none()) as Nested, result);
    place[source.aggregation] = points;
  });
  return result;
}
