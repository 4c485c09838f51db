import { Type } from 'typebox';
import { Prisma, type Statements } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { json, nullable, rowType, rowsOf, text, type Row } from '../kernel/rows.js';
import { grainsOf, readPolicies, type ArchivePolicy } from './archive-policy.js';
import type { AttributeValue } from './attributes.js';
import { REAGGREGATIONS, reduce } from './reaggregate.js';
import { GENERIC, readTypes } from './resource-types.js';
import { conditionOf, type Filter } from './search.js';
import { readSeries, type Points, type Range, type Wanted } from './series.js';
import { SECOND } from './times.js';
import { noResourceType } from './words.js';

/** What is asked of measures by the services that read them: Aodh's evaluator, and the query API of Prometheus. */
export interface AggregateRequest {
  /** Metrics by their ids, or those of resources that are looked for, by their names. */
  readonly of:
    | { readonly metrics: readonly string[] }
    | {
        readonly resource_type: string;
        readonly search?: Filter | undefined;
        /** Every metric when left out. */
        readonly metrics?: readonly string[] | undefined;
      };
  /** Only what the project owns by its resource, or made itself. Left out: of all projects. */
  readonly project?: string | undefined;
  readonly aggregation: string;
  /** One series is made of all, over the times at which any of them has a value. */
  readonly reaggregation?: string | undefined;
  /** In seconds. Left out: the finest that each metric has. */
  readonly granularity?: number | undefined;
  readonly start?: Date | undefined;
  readonly stop?: Date | undefined;
}

const METRIC = rowType({
  id: text,
  name: nullable(text),
  unit: nullable(text),
  archive_policy_name: text,
  resource: nullable(
    Type.Object({
      id: text,
      type: text,
      original_resource_id: text,
      project_id: nullable(text),
      user_id: nullable(text),
      attributes: json<Readonly<Record<string, AttributeValue>>>(),
    }),
  ),
});

/** A metric, with the resource that it measures something of. */
export type MeasuredMetric = Omit<Row<typeof METRIC>, 'archive_policy_name'>;

export interface Series {
  /** Absent in what was made of several by a reaggregation. */
  readonly metric?: MeasuredMetric;
  /** In seconds. */
  readonly granularity: number;
  readonly points: readonly { readonly time: Date; readonly value: number }[];
}

/** Metrics of one request: a query that matches more is too wide to be of use, and would fill the memory. */
const MOST_METRICS = 10_000;

/**
 * Reads what was measured. A metric that does not keep the aggregation or the granularity is left out, and so is one without
 * measures in the time.
 * @throws 400 for a resource type or a field of the search that is not there, a reaggregation that there is none of, or too much
 */
export async function aggregate(db: Statements, request: AggregateRequest): Promise<Series[]> {
  const { reaggregation } = request;
  if (reaggregation !== undefined && !REAGGREGATIONS.includes(reaggregation))
    throw badRequest(`There is no aggregation method ${reaggregation}.`);
  const metrics = await metricsOf(db, request);
  const policies = await readPolicies(db, [...new Set(metrics.map((metric) => metric.archive_policy_name))]);
  const kept = metrics.flatMap((metric) => {
    const wanted = wantedOf(metric.id, policies.get(metric.archive_policy_name)!, request);
    return wanted === undefined ? [] : [{ metric, wanted }];
  });
  const points = await readSeries(
    db,
    kept.map(({ wanted }) => wanted),
    rangeOf(request),
  );
  const filled = kept
    .map((series, i) => ({ ...series, points: points[i]! }))
    .filter((series) => series.points.times.length > 0);
  if (reaggregation !== undefined) return together(reaggregation, filled);
  return filled.map(({ metric: { id, name, unit, resource }, wanted, points: one }) => ({
    metric: { id, name, unit, resource },
    granularity: wanted.granularity / SECOND,
    points: one.times.map((time, i) => ({ time: new Date(time / 1_000), value: one.values[i]! })),
  }));
}

const rangeOf = ({ start, stop }: AggregateRequest): Range => ({
  ...(start === undefined ? {} : { start: +start * 1_000 }),
  ...(stop === undefined ? {} : { stop: +stop * 1_000 }),
});

function wantedOf(
  metricId: string,
  policy: ArchivePolicy,
  { aggregation, granularity }: AggregateRequest,
): Wanted | undefined {
  const place = policy.aggregation_methods.indexOf(aggregation);
  const grains = grainsOf(policy).toSorted((a, b) => a.granularity - b.granularity);
  const grain =
    granularity === undefined ? grains[0] : grains.find((one) => one.granularity === Math.round(granularity * SECOND));
  return place < 0 || grain === undefined ? undefined : { metricId, ...grain, place };
}

/** The metrics themselves, with what they measure: whether or not anything was measured. @throws 400 as `aggregate` */
export const listMetrics = async (
  db: Statements,
  request: Pick<AggregateRequest, 'of' | 'project'>,
): Promise<MeasuredMetric[]> =>
  (await metricsOf(db, request)).map(({ id, name, unit, resource }) => ({ id, name, unit, resource }));

async function metricsOf(
  db: Statements,
  { of, project }: Pick<AggregateRequest, 'of' | 'project'>,
): Promise<Row<typeof METRIC>[]> {
  const conditions =
    'resource_type' in of ? await searchOf(db, of) : [Prisma.sql`m.id = ANY(${[...of.metrics]}::uuid[])`];
  if (project !== undefined)
    conditions.push(Prisma.sql`(r.project_id = ${project} OR split_part(m.creator, ':', 2) = ${project})`);
  const rows = await rowsOf(db, METRIC)`
    SELECT m.id::text, m.name, m.unit, m.archive_policy_name, CASE WHEN r.id IS NOT NULL THEN jsonb_build_object(
      'id', r.id, 'type', r.type, 'original_resource_id', r.original_resource_id, 'project_id', r.project_id,
      'user_id', r.user_id, 'attributes', r.attributes) END AS resource
    FROM gnocchi.metrics m LEFT JOIN gnocchi.resources r ON r.id = m.resource_id
    WHERE m.status = 'active' AND ${Prisma.join(conditions, ' AND ')} ORDER BY m.id LIMIT ${MOST_METRICS + 1}`;
  if (rows.length > MOST_METRICS) throw badRequest(`More than ${MOST_METRICS} metrics: look for fewer.`);
  return rows;
}

type OfResources = Extract<AggregateRequest['of'], { resource_type: string }>;

async function searchOf(db: Statements, { resource_type, search, metrics }: OfResources): Promise<Prisma.Sql[]> {
  const type = (await readTypes(db, [resource_type])).get(resource_type);
  if (type === undefined) throw badRequest(noResourceType(resource_type).message);
  const searched = { type: type.name, attributes: type.attributes, history: false };
  return [
    Prisma.sql`r.id IS NOT NULL`,
    ...(type.name === GENERIC ? [] : [Prisma.sql`r.type = ${type.name}`]),
    ...(search === undefined ? [] : [conditionOf(searched, search)]),
    ...(metrics === undefined ? [] : [Prisma.sql`m.name = ANY(${[...metrics]}::text[])`]),
  ];
}

/** One series of several of one granularity. Those of another are series of their own. */
function together(method: string, series: readonly { wanted: Wanted; points: Points }[]): Series[] {
  const byGranularity = new Map<number, Map<number, number[]>>();
  for (const { wanted, points } of series) {
    const at = byGranularity.get(wanted.granularity) ?? new Map<number, number[]>();
    byGranularity.set(wanted.granularity, at);
    points.times.forEach((time, i) => {
      const values = at.get(time) ?? [];
      values.push(points.values[i]!);
      at.set(time, values);
    });
  }
  return [...byGranularity].map(([granularity, at]) => ({
    granularity: granularity / SECOND,
    points: [...at.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(([time, values]) => ({ time: new Date(time / 1_000), value: reduce(method, values) })),
  }));
}
