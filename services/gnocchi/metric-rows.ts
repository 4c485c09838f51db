import { randomUUID } from 'node:crypto';

import { Prisma, type Statements } from '../kernel/database.js';
import { badRequest, type OpenStackError } from '../kernel/errors.js';
import { nullable, rowType, rowsOf, text, type Row } from '../kernel/rows.js';
import { listOf, object, readBody, text as isText, textUpTo, type Check } from './checks.js';
import { readUuid } from './ids.js';
import { matchingRule, readRules } from './rules.js';
import { GnocchiError, invalidInput, namedMetricExists, noArchivePolicy, noMetric } from './words.js';

const METRIC = rowType({
  id: text,
  creator: nullable(text),
  name: nullable(text),
  unit: nullable(text),
  status: text,
  resource_id: nullable(text),
  resource_project: nullable(text),
  archive_policy_name: text,
});
/** A metric, with the project of its resource. */
export type MetricRow = Row<typeof METRIC>;

const SHOWN = Prisma.raw(`
  m.id::text, m.creator, m.name, m.unit, m.status, m.resource_id::text, r.project_id AS resource_project, m.archive_policy_name
  FROM gnocchi.metrics m LEFT JOIN gnocchi.resources r ON r.id = m.resource_id`);

/** Metrics under some conditions on metrics `m` and their resources `r`. @param most all of them when left out */
export const listMetrics = (
  db: Statements,
  conditions: readonly Prisma.Sql[],
  order: Prisma.Sql = Prisma.sql`m.id ASC`,
  most?: number,
): Promise<MetricRow[]> => rowsOf(db, METRIC)`
  SELECT ${SHOWN} WHERE ${Prisma.join([...conditions, Prisma.sql`TRUE`], ' AND ')} ORDER BY ${order} LIMIT ${most ?? null}::bigint`;

export const ACTIVE = Prisma.sql`m.status = 'active'`;

/** The active metrics of some ids. */
export const metricsById = (db: Statements, ids: readonly string[]): Promise<MetricRow[]> =>
  listMetrics(db, [ACTIVE, Prisma.sql`m.id = ANY(${[...ids]}::uuid[])`]);

/** What a request says of a metric that is to be made. */
export interface NewMetric {
  readonly name?: string | undefined;
  readonly unit?: string | undefined;
  readonly archive_policy_name?: string | undefined;
}

/** Names are in unique keys, and what is longer than this has no place in one (indexer: String(255)). */
export const metricName: Check<string> = (value, path) => {
  const name = textUpTo(255)(value, path);
  if (name.includes('/')) throw badRequest("'/' is not supported in metric name");
  return name;
};
export const unit = textUpTo(31);
/** The fields of a metric in a body. */
export const METRIC_FIELDS = { archive_policy_name: isText, name: metricName, unit };
const METRIC_BODY = object({}, METRIC_FIELDS);

/** What a body makes of a resource's metrics: ones that are there, by their ids, or new ones, under their names. */
export type GivenMetrics = Readonly<Record<string, string | NewMetric>>;

export const metricsOfBody: Check<GivenMetrics> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidInput('expected a dictionary', path);
  return Object.fromEntries(
    Object.entries(value).map(([name, given]) => {
      metricName(name, [...path, name]);
      if (typeof given !== 'string') return [name, { ...METRIC_BODY(given, [...path, name]), name }];
      const uuid = readUuid(given);
      if (uuid === undefined) throw invalidInput('not a valid value', [...path, name]);
      return [name, uuid];
    }),
  );
};

/** The archive policy of each metric: the one that it names, else that of a rule. @throws 400 where there is none */
export async function withPolicies<M extends NewMetric>(
  db: Statements,
  metrics: readonly M[],
): Promise<(M & { readonly archive_policy_name: string })[]> {
  const rules = metrics.some((metric) => metric.archive_policy_name === undefined) ? await readRules(db) : [];
  return metrics.map((metric) => {
    const policy = metric.archive_policy_name ?? matchingRule(rules, metric.name ?? '')?.archive_policy_name;
    if (policy !== undefined) return { ...metric, archive_policy_name: policy };
    throw badRequest(
      `No archive policy name specified and no archive policy rule found matching the metric name ${metric.name ?? 'None'}`,
    );
  });
}

/** A metric as it is written. */
export interface MadeMetric {
  readonly creator: string | null;
  readonly resource_id: string | null;
  readonly name: string | null;
  readonly unit: string | null;
  readonly archive_policy_name: string;
}

/**
 * Writes metrics. @returns their ids, in their order; none for one whose name its resource has already
 * @throws 400 for an archive policy that is not there
 */
export async function insertMetrics(tx: Statements, metrics: readonly MadeMetric[]): Promise<(string | undefined)[]> {
  const rows = metrics.map((metric) => ({ id: randomUUID() as string, ...metric }));
  const names = [...new Set(rows.map(({ archive_policy_name }) => archive_policy_name))];
  const known = await rowsOf(tx, rowType({ name: text }))`
    SELECT name FROM gnocchi.archive_policies WHERE name = ANY(${names}::text[]) FOR KEY SHARE`;
  const missing = names.find((name) => !known.some((policy) => policy.name === name));
  if (missing !== undefined) throw noArchivePolicy(missing, 400);
  const made = await rowsOf(tx, rowType({ id: text }))`
    INSERT INTO gnocchi.metrics (id, creator, resource_id, name, unit, archive_policy_name)
    SELECT id, creator, resource_id, name, unit, archive_policy_name FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS r(id uuid, creator text, resource_id uuid, name text, unit text, archive_policy_name text)
    ON CONFLICT (resource_id, name) DO NOTHING RETURNING id::text`;
  const ids = new Set(made.map(({ id }) => id));
  return rows.map(({ id }) => (ids.has(id) ? id : undefined));
}

/**
 * Gives metrics to a resource: those that its creator made before, by their ids, and new ones.
 * @throws 400 for a metric or an archive policy that is not there, 409 for a name that the resource has already
 */
export async function setMetrics(
  tx: Statements,
  resource: { readonly id: string; readonly creator: string | null },
  given: GivenMetrics,
): Promise<void> {
  const known = Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const taken = await rowsOf(tx, rowType({ id: text, name: nullable(text) }))`
    SELECT id::text, name FROM gnocchi.metrics WHERE resource_id = ${resource.id}::uuid AND name = ANY(${Object.keys(given)}::text[])`;
  const other = taken.find(({ id, name }) => name !== null && given[name] !== id);
  if (other !== undefined) throw namedMetricExists(other.name!);
  const found = await rowsOf(tx, rowType({ id: text }))`
    UPDATE gnocchi.metrics m SET resource_id = ${resource.id}::uuid, name = given.name
    FROM unnest(${known.map(([, id]) => id)}::uuid[], ${known.map(([name]) => name)}::text[]) AS given(id, name)
    WHERE m.id = given.id AND m.status = 'active' AND m.creator IS NOT DISTINCT FROM ${resource.creator} RETURNING m.id::text`;
  const lost = known.find(([, id]) => !found.some((one) => one.id === id));
  if (lost !== undefined) throw noMetric(lost[1], 400);
  const wanted = Object.entries(given).flatMap(([name, one]) => (typeof one === 'string' ? [] : [{ ...one, name }]));
  if (wanted.length === 0) return;
  const rows = (await withPolicies(tx, wanted)).map(({ name, unit: of, archive_policy_name }) => ({
    creator: resource.creator,
    resource_id: resource.id,
    name,
    unit: of ?? null,
    archive_policy_name,
  }));
  const ids = await insertMetrics(tx, rows);
  const twice = ids.indexOf(undefined);
  if (twice >= 0) throw namedMetricExists(rows[twice]!.name);
}

/** A metric's target of a rule. */
export const targetOfMetric = ({
  creator,
  name,
  unit: of,
  resource_id,
  resource_project,
  archive_policy_name,
}: MetricRow) => ({
  creator,
  created_by_user_id: creator?.split(':')[0] ?? null,
  created_by_project_id: creator === null ? null : creator.slice(creator.indexOf(':') + 1),
  name,
  unit: of,
  resource_id,
  archive_policy_name,
  ...(resource_id === null ? {} : { 'resource.project_id': resource_project }),
});

/** What is missing where one of several metrics is. */
export const unknownMetrics = (detail: readonly string[]): OpenStackError =>
  new GnocchiError(404, 'NoSuchMetric', {
    cause: 'Unknown metrics',
    reason: "Provided metrics don't exists",
    detail,
  });

/** A list of ids. @throws 400 */
export const readIds = (body: unknown): string[] =>
  readBody(
    listOf((value, path) => {
      const id = typeof value === 'string' ? readUuid(value) : undefined;
      if (id === undefined) throw invalidInput('badly formed hexadecimal UUID string', path);
      return id;
    }),
    body,
  );
