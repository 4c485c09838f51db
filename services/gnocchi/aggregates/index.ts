import { Prisma, type Sql } from '../../kernel/database.js';
import { badRequest } from '../../kernel/errors.js';
import type { Access, Caller } from '../access.js';
import { members, object } from '../checks.js';
import { bothOf, readFilter } from '../filters.js';
import { readUuid } from '../ids.js';
import {
  readGranularity,
  readRange,
  readSampling,
  type Answered,
  type Measures,
  type MeasuresQuery,
} from '../measures.js';
import { ACTIVE, listMetrics, unknownMetrics } from '../metric-rows.js';
import type { Metric, Metrics } from '../metrics.js';
import { RESOURCE_ORDER, listResources, type ResourceRow } from '../resource-rows.js';
import { matchesPattern } from '../rules.js';
import type { Filter } from '../search.js';
import { readNumber } from '../times.js';
import type { ResourceTypes } from '../type-records.js';
import { GnocchiError, invalidArgument, invalidInput, noMetric, noResourceType } from '../words.js';
import { readFill } from './grid.js';
import { HistoryReader, heldWithin, spansOf } from './history.js';
import { readOperations, referencesIn, type Operation, type Reference } from './operations.js';
import { processSources, type Reading, type Result, type Source } from './process.js';

export type { Nested, Result } from './process.js';

/** What a query says of how series are aggregated. */
export interface AggregatesQuery extends Omit<MeasuresQuery, 'aggregation' | 'resample'> {
  readonly needed_overlap?: string | undefined;
  readonly fill?: string | undefined;
  readonly use_history?: boolean;
}

/** What operations came to, and of what. */
export interface Aggregated {
  readonly measures: Result;
  readonly metrics?: readonly Metric[];
  readonly resources?: readonly ResourceRow[];
}
/** The same of resources that are alike in some attributes. */
export interface Group {
  readonly group: Readonly<Record<string, unknown>>;
  readonly measures: Aggregated;
}

/** Resources and series of one request: with more, a search is too wide to be of use, and would fill the memory. */
const [MOST_RESOURCES, MOST_SOURCES] = [10_000, 10_000];
/** Metrics times the letters of patterns that their names are compared with. */
const MOST_COMPARED = 2_000_000;

/** @throws 400 */
export function readReading(query: AggregatesQuery): Reading {
  const { needed_overlap, granularity } = query;
  // Without any word of what is missing, what is missing is left out.
  const given = query.fill ?? (needed_overlap === undefined ? 'dropna' : undefined);
  const range = readRange(query);
  const overlap = needed_overlap === undefined ? 100 : readNumber(needed_overlap);
  if (overlap === undefined) throw invalidArgument('needed_overlap', 'Must be a number');
  const granularities = granularity === undefined ? undefined : [readGranularity(granularity)];
  const fill = given === undefined ? undefined : readFill(given);
  if (given !== undefined && fill === undefined)
    throw invalidArgument('fill', "Must be a float, 'dropna', 'null', 'ffill', 'bfill', 'full_ffill' or 'full_bfill'");
  return { range, granularities, overlap, fill };
}

/** Series computed of others as they are asked for (gnocchi/rest/aggregates/api.py). */
export class Aggregates {
  constructor(
    private readonly sql: Sql,
    private readonly types: ResourceTypes,
    private readonly metrics: Metrics,
    private readonly measures: Measures,
    private readonly access: Access,
  ) {}

  /** @throws 400, 403, 404 */
  async compute(
    caller: Caller,
    body: unknown,
    query: AggregatesQuery,
    groupBy: readonly string[],
  ): Promise<Aggregated | Group[]> {
    const reading = readReading(query);
    const given = members(body, []);
    if (!Object.hasOwn(given, 'operations')) throw invalidInput('required key not provided', ['operations']);
    const operation = readOperations(given['operations']);
    const references = referencesIn(operation);
    if (references.length === 0)
      throw new GnocchiError(400, 'BadRequest', {
        cause: 'Operations is invalid',
        reason: "At least one 'metric' is required",
        detail: given['operations'],
      });
    const any = (value: unknown) => value;
    if (Object.hasOwn(given, 'resource_type') || Object.hasOwn(given, 'search')) {
      const { resource_type, search } = object({ operations: any, resource_type: any, search: any }, {})(body, []);
      const type = String(resource_type);
      const filter =
        typeof search === 'string'
          ? readFilter(undefined, search, caller.creator)
          : readFilter(search, undefined, caller.creator);
      return this.ofResources(caller, {
        type,
        filter,
        operation,
        references,
        reading,
        groupBy,
        history: query.use_history === true,
      });
    }
    object({ operations: any }, {})(body, []);
    return this.ofMetrics(caller, operation, references, reading);
  }

  private async ofMetrics(
    caller: Caller,
    operation: Operation,
    references: readonly Reference[],
    reading: Reading,
  ): Promise<Aggregated> {
    const named = references.map(([name, aggregation]) => ({ name, aggregation, id: readUuid(name) }));
    const bad = named.find(({ id }) => id === undefined);
    if (bad !== undefined)
      throw new GnocchiError(400, 'BadRequest', {
        cause: 'Invalid metric references',
        reason: 'badly formed hexadecimal UUID string',
        detail: references,
      });
    const ids = [...new Set(named.map(({ id }) => id!))];
    const metrics = await this.metrics.several(caller, ids, 'get metric', unknownMetrics);
    const byId = new Map(metrics.map((metric) => [metric.id, metric]));
    const sources = named.map(({ name, aggregation, id }) => ({ metric: byId.get(id!)!, aggregation, key: name }));
    return { measures: await processSources(this.sql, sources, operation, reading), metrics };
  }

  private async ofResources(
    caller: Caller,
    asked: {
      readonly type: string;
      readonly filter: Filter | undefined;
      readonly operation: Operation;
      readonly references: readonly Reference[];
      readonly reading: Reading;
      readonly groupBy: readonly string[];
      /** Whether resources are grouped by what they were, and not by what they are. */
      readonly history: boolean;
    },
  ): Promise<Aggregated | Group[]> {
    const { operation, references, reading, groupBy } = asked;
    // What is grouped by nothing is the same whatever it was.
    const history = asked.history && groupBy.length > 0;
    const filter = history ? bothOf(heldWithin(reading.range), asked.filter) : asked.filter;
    const resources = await this.search(caller, asked.type, filter, groupBy, 400, history);
    const metrics = await this.metricsOf(resources);
    const names = [...metrics.values()].reduce((count, of) => count + of.length, 0);
    if (references.reduce((letters, [pattern]) => letters + pattern.length, 0) * names > MOST_COMPARED)
      throw badRequest('Too many metrics to compare with too many patterns: look for fewer.');
    const sourcesOf = (some: readonly ResourceRow[]): Source[] =>
      some.flatMap(({ id }) =>
        references.flatMap(([pattern, aggregation]) =>
          (metrics.get(id) ?? [])
            .filter(({ name }) => matchesPattern(pattern, name ?? ''))
            .map((metric) => ({ metric, aggregation, resourceId: id, key: pattern })),
        ),
      );
    const missing = noMetric(`[${[...new Set(references.map(([name]) => `'${name}'`))].toSorted().join(', ')}]`);
    const compute = async (sources: readonly Source[], of: readonly ResourceRow[]): Promise<Aggregated> => {
      const used = new Set(sources.map(({ resourceId }) => resourceId));
      const measures = await processSources(this.sql, sources, operation, reading);
      return { measures, resources: of.filter(({ id }) => used.has(id)) };
    };
    const distinct = [...new Map(resources.map((row) => [row.id, row])).values()];
    const all = sourcesOf(distinct);
    if (all.length > MOST_SOURCES) throw badRequest(`More than ${MOST_SOURCES} metrics: look for fewer.`);
    if (all.length === 0) throw missing;
    if (groupBy.length === 0) return compute(all, resources);
    const groups: Group[] = [];
    if (history) {
      const withSources = distinct.map((row) => [row.id, sourcesOf([row])] as const);
      const read = withSources.filter(([, sources]) => sources.length > 0);
      const reader = await HistoryReader.of(this.sql, read, operation, reading);
      const spans = new Map(spansOf(resources, reading.range).map((span) => [span.row, span]));
      for (const { group, rows } of grouped(resources, groupBy)) {
        const aggregated = reader.measures(rows.flatMap((row) => spans.get(row) ?? []));
        if (aggregated.length > 0) groups.push({ group, measures: { measures: { aggregated }, resources: rows } });
      }
      if (groups.length === 0) throw missing;
      return groups;
    }
    for (const { group, rows } of grouped(resources, groupBy)) {
      const sources = sourcesOf(rows);
      if (sources.length > 0) groups.push({ group, measures: await compute(sources, rows) });
    }
    return groups;
  }

  /** @param unknown the status where the type is not there */
  private async search(
    caller: Caller,
    name: string,
    filter: Filter | undefined,
    sorts: readonly string[],
    unknown: 400 | 404,
    history = false,
  ): Promise<ResourceRow[]> {
    const type = (await this.types.some([name])).get(name);
    if (type === undefined) throw unknown === 404 ? noResourceType(name) : badRequest(noResourceType(name).message);
    const mine = this.access.resources(caller, 'search resource', type.name);
    const page = { limit: MOST_RESOURCES + 1, sorts: sorts.length > 0 ? sorts : RESOURCE_ORDER };
    const rows = await listResources(this.sql, { type, filter: bothOf(mine, filter), history }, page);
    if (rows.length > MOST_RESOURCES) throw badRequest(`More than ${MOST_RESOURCES} resources: look for fewer.`);
    return rows;
  }

  /** The metrics of resources, by their ids, in one query. */
  private async metricsOf(resources: readonly ResourceRow[], name?: string): Promise<Map<string, Metric[]>> {
    const rows = await listMetrics(this.sql, [
      ACTIVE,
      Prisma.sql`m.resource_id = ANY(${resources.map(({ id }) => id)}::uuid[])`,
      ...(name === undefined ? [] : [Prisma.sql`m.name = ${name}`]),
    ]);
    const byResource = new Map<string, Metric[]>();
    for (const metric of await this.metrics.withPolicy(rows)) {
      const of = byResource.get(metric.resource_id!) ?? [];
      of.push(metric);
      byResource.set(metric.resource_id!, of);
    }
    return byResource;
  }

  /** Gnocchi's older way: one aggregation across metrics that are named (`/v1/aggregation/metric`). @throws 400, 403, 404 */
  async across(caller: Caller, ids: readonly string[], query: AcrossQuery): Promise<Answered[]> {
    const metrics = await this.metrics.several(caller, ids, 'get metric', ([first]) => noMetric(first!));
    return this.acrossMetrics(metrics, query);
  }

  /** The same across a metric of resources that are looked for (`/v1/aggregation/resource/…`). @throws 400, 403, 404 */
  async acrossResources(
    caller: Caller,
    of: { readonly type: string; readonly metric: string; readonly filter: Filter | undefined },
    query: AcrossQuery,
    groupBy: readonly string[],
  ): Promise<Answered[] | { group: Readonly<Record<string, unknown>>; measures: Answered[] }[]> {
    const resources = await this.search(caller, of.type, of.filter, groupBy, 404);
    const metrics = await this.metricsOf(resources, of.metric);
    const some = (rows: readonly ResourceRow[]) => rows.flatMap(({ id }) => metrics.get(id) ?? []);
    if (groupBy.length === 0) return this.acrossMetrics(some(resources), query);
    const groups = [];
    for (const { group, rows } of grouped(resources, groupBy))
      groups.push({ group, measures: await this.acrossMetrics(some(rows), query) });
    return groups;
  }

  private async acrossMetrics(metrics: readonly Metric[], query: AcrossQuery): Promise<Answered[]> {
    const { aggregation = 'mean', reaggregation = aggregation, ...rest } = query;
    const fills = rest.fill === undefined ? { needed_overlap: rest.needed_overlap ?? '100' } : {};
    const reading = readReading({ ...rest, ...fills });
    if (metrics.length === 0) return [];
    const sampling = readSampling(query);
    if (metrics.length === 1) return this.measures.read(metrics[0]!, { ...query, aggregation });
    const references = metrics.map(({ id }): Reference => [id, aggregation]);
    const of = { kind: 'metric', of: references } as const;
    const inner =
      sampling === undefined ? of : ({ kind: 'resample', method: aggregation, span: Number(sampling), of } as const);
    const operation = readOperations(['aggregate', reaggregation, ['metric', ...references]]);
    const sources = metrics.map((metric) => ({ metric, aggregation, key: metric.id }));
    const result = await processSources(this.sql, sources, { ...operation, of: inner } as Operation, reading);
    return (result as { aggregated: Answered[] }).aggregated;
  }
}

export interface AcrossQuery extends AggregatesQuery {
  readonly aggregation?: string | undefined;
  readonly reaggregation?: string | undefined;
  readonly resample?: string | undefined;
}

/** Resources that are alike in some attributes, in the order in which they came. */
function grouped(resources: readonly ResourceRow[], groupBy: readonly string[]) {
  const groups = new Map<string, { group: Readonly<Record<string, unknown>>; rows: ResourceRow[] }>();
  for (const row of resources) {
    const values: Readonly<Record<string, unknown>> = { ...row.attributes, ...row };
    const group = Object.fromEntries(groupBy.map((name) => [name, values[name] ?? null]));
    const key = JSON.stringify(group);
    const known = groups.get(key) ?? { group, rows: [] };
    known.rows.push(row);
    groups.set(key, known);
  }
  return [...groups.values()];
}
