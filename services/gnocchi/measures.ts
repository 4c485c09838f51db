import type { Sql } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { nullable, rowType, rowsOf, text } from '../kernel/rows.js';
import type { Access, Caller } from './access.js';
import { grainsOf } from './archive-policy.js';
import { members, object, readBody, text as isText, type Check } from './checks.js';
import { readUuid, resourceId } from './ids.js';
import {
  insertMetrics,
  listMetrics,
  metricsById,
  targetOfMetric,
  unit,
  withPolicies,
  ACTIVE,
  metricName,
  type MetricRow,
} from './metric-rows.js';
import type { Metric } from './metrics.js';
import { CALENDAR, resample, type Sampling } from './reaggregate.js';
import { readSeries, type Range, type Wanted } from './series.js';
import { storeMeasures, type MetricMeasures } from './store.js';
import { readNumber, readSpan, readTime, SECOND, timesOr } from './times.js';
import { Prisma } from '../kernel/database.js';
import { GnocchiError, invalidArgument, invalidInput, noAggregation, noMethodOf } from './words.js';

type MeasureList = MetricMeasures['measures'];

/** Measures of a body: `[{"timestamp": …, "value": …}, …]` (gnocchi/rest/api.py: MeasuresListSchema). */
export const measureList: Check<MeasureList> = (value, path) => {
  const list = Array.isArray(value) ? (value as unknown[]) : undefined;
  if (list === undefined || !list.every((one) => typeof one === 'object' && one !== null && 'timestamp' in one))
    throw invalidInput('unexpected measures format', path);
  const given = list as { timestamp: unknown; value?: unknown }[];
  // As in Gnocchi, the first time says how all of them are written.
  const numbers = given.filter(({ timestamp }) => readNumber(timestamp) !== undefined).length;
  if (numbers > 0 && numbers < given.length)
    throw invalidInput("unexpected timestamp 'Unable to convert timestamps'", path);
  return given.map((measure) => {
    const time = timesOr(
      () => readTime(measure.timestamp),
      (reason) => invalidInput(`unexpected timestamp '${reason}'`, path),
    );
    const number = readNumber(measure.value);
    if (number === undefined) throw invalidInput('unexpected measures value', path);
    return [time, number] as const;
  });
};

/** What a query says of the measures that it asks for. */
export interface MeasuresQuery {
  readonly start?: string | undefined;
  readonly stop?: string | undefined;
  readonly granularity?: string | undefined;
  readonly aggregation?: string | undefined;
  readonly resample?: string | undefined;
}

/** @throws 400 */
export function readRange({ start, stop }: Pick<MeasuresQuery, 'start' | 'stop'>): Range {
  const time = (name: string, value: string): number =>
    timesOr(
      () => readTime(value),
      () => invalidArgument(name, 'Must be a datetime or a timestamp'),
    );
  return {
    ...(start === undefined ? {} : { start: time('start', start) }),
    ...(stop === undefined ? {} : { stop: time('stop', stop) }),
  };
}

/** @returns microseconds @throws 400 */
export const readGranularity = (granularity: string): number =>
  timesOr(
    () => readSpan(granularity),
    (reason) => invalidArgument('granularity', reason),
  );

/** @throws 400 without a granularity, and for what is no sampling */
export function readSampling(query: MeasuresQuery): Sampling | undefined {
  const { resample: sampling } = query;
  if (!sampling) return undefined;
  if (!query.granularity) throw badRequest('A granularity must be specified to resample');
  return Object.hasOwn(CALENDAR, sampling) ? sampling : timesOr(() => readSpan(sampling), badRequest);
}

/** A measure as it is answered: when, over how long in seconds, and what. */
export type Answered = readonly [time: number, granularity: number | string, value: number];

/** What of a metric is read. @throws 404 for a granularity that it does not have */
export function wantedOf(metric: Metric, aggregation: string, granularities?: readonly number[]): Wanted[] {
  const grains = grainsOf(metric.archive_policy);
  const place = metric.archive_policy.aggregation_methods.indexOf(aggregation);
  const wanted = granularities ?? grains.map(({ granularity }) => granularity);
  return wanted
    .toSorted((a, b) => b - a)
    .map((granularity) => {
      const grain = grains.find((one) => one.granularity === granularity);
      if (grain === undefined) throw noAggregation(metric.id, aggregation, granularity / SECOND);
      return { metricId: metric.id, ...grain, place };
    });
}

/** Measures, as they are posted and read. */
export class Measures {
  constructor(
    private readonly sql: Sql,
    private readonly access: Access,
  ) {}

  /** @throws 400 */
  async post(metric: MetricRow, body: unknown): Promise<void> {
    const measures = readBody(measureList, body);
    await this.sql.transaction((tx) => storeMeasures(tx, [{ metricId: metric.id, measures }]));
  }

  /** The coarsest granularity first. @throws 400, 404 for what the metric does not keep */
  async read(metric: Metric, query: MeasuresQuery): Promise<Answered[]> {
    const { aggregation = 'mean', granularity } = query;
    const sampling = readSampling(query);
    const range = readRange(query);
    const granularities = granularity === undefined ? undefined : [readGranularity(granularity)];
    if (!metric.archive_policy.aggregation_methods.includes(aggregation)) throw noMethodOf(metric.id, aggregation);
    const wanted = wantedOf(metric, aggregation, granularities);
    const series = await readSeries(this.sql, wanted, range);
    return series.flatMap((points, i) => {
      const { times, values } = sampling === undefined ? points : resample(points, aggregation, sampling);
      const length = sampling ?? wanted[i]!.granularity;
      return times.map((time, n) => [time, typeof length === 'number' ? length / SECOND : length, values[n]!] as const);
    });
  }

  /** Measures of several metrics, by their ids. @throws 400, 403 */
  async postByMetric(caller: Caller, body: unknown): Promise<void> {
    const given = new Map<string, MeasureList>();
    for (const [key, value] of Object.entries(members(body, []))) {
      const id = readUuid(key);
      if (id === undefined) throw invalidInput('extra keys not allowed', [key]);
      given.set(id, measureList(value, [key]));
    }
    const metrics = await metricsById(this.sql, [...given.keys()]);
    const known = new Set(metrics.filter((metric) => this.seen(caller, metric)).map(({ id }) => id));
    const missing = [...given.keys()].filter((id) => !known.has(id)).toSorted();
    if (missing.length > 0) throw badRequest(`Unknown metrics: ${missing.join(', ')}`);
    for (const metric of metrics) this.access.enforce(caller, 'post measures', targetOfMetric(metric));
    await this.sql.transaction((tx) =>
      storeMeasures(
        tx,
        [...given].map(([metricId, measures]) => ({ metricId, measures })),
      ),
    );
  }

  /**
   * Measures of several resources' metrics, by their names.
   * @param create makes those metrics that are not there
   * @throws 400, 403
   */
  async postByResource(caller: Caller, body: unknown, create: boolean): Promise<void> {
    const given = readBatch(caller, body).filter(({ metrics }) => metrics.size > 0);
    if (given.length === 0) return;
    const known = await this.named(given);
    const missing = given.flatMap(({ id, original, metrics }) =>
      [...metrics]
        .filter(([name]) => !known.has(`${id}/${name}`))
        .map(([name, one]) => ({ id, original, name, ...one })),
    );
    if (missing.length > 0 && !create)
      throw badRequest(
        `Unknown metrics: ${missing
          .map(({ id, name }) => `${id}/${name}`)
          .toSorted()
          .join(', ')}`,
      );
    await this.make(caller, missing);
    const metrics = missing.length === 0 ? known : await this.named(given);
    for (const metric of metrics.values()) this.access.enforce(caller, 'post measures', targetOfMetric(metric));
    await this.sql.transaction((tx) =>
      storeMeasures(
        tx,
        given.flatMap(({ id, metrics: of }) =>
          [...of].map(([name, { measures }]) => ({ metricId: metrics.get(`${id}/${name}`)!.id, measures })),
        ),
      ),
    );
  }

  private seen(caller: Caller, metric: MetricRow): boolean {
    const target = targetOfMetric(metric);
    return this.access.allows(caller, 'post measures', target) || this.access.allows(caller, 'get metric', target);
  }

  /** The metrics that are there, by the resource's id and their names. */
  private async named(given: readonly Batch[]): Promise<Map<string, MetricRow>> {
    const pairs = given.flatMap(({ id, metrics }) => [...metrics.keys()].map((name) => ({ id, name })));
    const rows = await listMetrics(this.sql, [
      ACTIVE,
      Prisma.sql`(m.resource_id, m.name) IN (SELECT * FROM unnest(
        ${pairs.map(({ id }) => id)}::uuid[], ${pairs.map(({ name }) => name)}::text[]))`,
    ]);
    return new Map(rows.map((row) => [`${row.resource_id}/${row.name}`, row]));
  }

  /** @throws 400 for a resource that is not there, or that the caller may not see */
  private async make(
    caller: Caller,
    missing: readonly (Wish & { id: string; original: string; name: string })[],
  ): Promise<void> {
    if (missing.length === 0) return;
    const ids = [...new Set(missing.map(({ id }) => id))];
    const found = await rowsOf(this.sql, OWNED)`
      SELECT id::text, project_id, creator FROM gnocchi.resources WHERE id = ANY(${ids}::uuid[])`;
    const seen = new Set(
      found
        .filter(({ creator, project_id }) =>
          this.access.allows(caller, 'get resource', {
            project_id,
            creator,
            created_by_project_id: creator === null ? null : creator.slice(creator.indexOf(':') + 1),
          }),
        )
        .map(({ id }) => id),
    );
    const unknown = new Map(missing.filter(({ id }) => !seen.has(id)).map(({ id, original }) => [id, original]));
    if (unknown.size > 0)
      throw new GnocchiError(400, 'NoSuchResource', {
        cause: 'Unknown resources',
        detail: [...unknown].map(([resource_id, original_resource_id]) => ({ resource_id, original_resource_id })),
      });
    const wanted = await withPolicies(this.sql, missing);
    await this.sql.transaction((tx) =>
      insertMetrics(
        tx,
        wanted.map(({ id, name, unit: of = null, archive_policy_name }) => ({
          creator: caller.creator,
          resource_id: id,
          name,
          unit: of,
          archive_policy_name,
        })),
      ),
    );
  }
}

/** A resource with what rules ask of it. */
const OWNED = rowType({ id: text, project_id: nullable(text), creator: nullable(text) });

interface Wish {
  readonly measures: MeasureList;
  readonly archive_policy_name?: string | undefined;
  readonly unit?: string | undefined;
}
interface Batch {
  readonly id: string;
  readonly original: string;
  readonly metrics: ReadonlyMap<string, Wish>;
}

const WISH = object({ measures: measureList }, { archive_policy_name: isText, unit });

/** @throws 400 */
function readBatch(caller: Caller, body: unknown): Batch[] {
  return Object.entries(members(body, [])).map(([original, value]) => {
    const id = timesOr(
      () => resourceId(original, caller.creator),
      (reason) => invalidInput(reason, [original]),
    );
    const metrics = Object.entries(members(value, [original])).map(([name, wish]): [string, Wish] => {
      const at = [original, name];
      return [metricName(name, at), Array.isArray(wish) ? { measures: measureList(wish, at) } : readWish(wish, at)];
    });
    return { id, original, metrics: new Map(metrics) };
  });
}

function readWish(value: unknown, path: readonly string[]): Wish {
  if (typeof value !== 'object' || value === null) throw invalidInput('unexpected measures format', path);
  return WISH(value, path);
}
