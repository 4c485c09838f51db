import { randomUUID } from 'node:crypto';
import type { Sql, Statements } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { readPolicies } from './archive-policy.js';
import { readAttribute, type AttributeValue } from './attributes.js';
import { resourceId } from './ids.js';
import { matchingRule, readRules } from './rules.js';
import { readTypes, type ResourceType } from './resource-types.js';
import { storeMeasures, type MetricMeasures } from './store.js';
import { noArchivePolicy, noResourceType } from './words.js';

/** A measure as an agent takes it, with all that is known of what it measured. */
export interface Sample {
  readonly resource: {
    /** A resource type that is there: `instance`, `volume`, … */
    readonly type: string;
    /** The id of what is measured; of one that is no UUID the resource's id is derived. */
    readonly id: string;
    readonly project_id: string | null;
    readonly user_id: string | null;
    /** Those that the type has are kept, if they are as it says; others are left out. */
    readonly attributes?: Readonly<Record<string, unknown>>;
  };
  /** `cpu`, `memory.usage`, … */
  readonly metric: string;
  readonly unit?: string | undefined;
  /** The one that a rule names for the metric, else `ceilometer-low`, where none is given. It counts when the metric is made. */
  readonly archive_policy?: string | undefined;
  readonly timestamp: Date;
  readonly value: number;
}

/** Ceilometer's own default (gnocchi_resources.yaml: archive_policy_default). */
const DEFAULT_POLICY = 'ceilometer-low';
/** Samples of one transaction: some hundred milliseconds, so that nobody waits long for the locks of their metrics. */
const BATCH = 5_000;

/**
 * Takes samples: makes the resources and metrics that are not there, notes what has changed of those that are, and stores the
 * measures. The same sample twice is there once.
 * @throws 400 for a resource type or an archive policy that is not there; then nothing of the batch is taken
 */
export async function collect(sql: Sql, samples: readonly Sample[]): Promise<void> {
  for (let at = 0; at < samples.length; at += BATCH)
    await sql.transaction((tx) => takeBatch(tx, samples.slice(at, at + BATCH)));
}

/** What comes of the samples of one resource. */
interface Collected {
  readonly id: string;
  readonly sample: Sample;
  attributes: Readonly<Record<string, AttributeValue>>;
  readonly metrics: Map<string, { readonly first: Sample; readonly measures: [number, number][] }>;
}

/** A name that Ceilometer's agents give has slashes where Gnocchi takes none (gnocchi_client: encode_resource_id). */
const encoded = (id: string): string => id.replaceAll('/', '_');

async function takeBatch(tx: Statements, samples: readonly Sample[]): Promise<void> {
  const types = await readTypes(tx, [...new Set(samples.map(({ resource }) => resource.type))]);
  const resources = gather(samples, types);
  await writeResources(tx, [...resources.values()]);
  await storeMeasures(tx, await withMetrics(tx, [...resources.values()]));
}

/** @throws 400 for a type that is not there */
function gather(samples: readonly Sample[], types: ReadonlyMap<string, ResourceType>): Map<string, Collected> {
  const resources = new Map<string, Collected>();
  for (const sample of samples) {
    if (!Number.isFinite(sample.value)) throw badRequest(`A sample of ${sample.metric} has no value.`);
    const type = types.get(sample.resource.type);
    if (type === undefined) throw badRequest(noResourceType(sample.resource.type).message);
    const id = resourceId(encoded(sample.resource.id), null);
    const known: Collected = resources.get(id) ?? { id, sample, attributes: {}, metrics: new Map() };
    known.attributes = { ...known.attributes, ...knownAttributes(type, sample.resource.attributes ?? {}) };
    const metric = known.metrics.get(sample.metric) ?? { first: sample, measures: [] };
    metric.measures.push([+sample.timestamp * 1_000, sample.value]);
    known.metrics.set(sample.metric, metric);
    resources.set(id, known);
  }
  return resources;
}

function knownAttributes(type: ResourceType, given: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  const known: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(given)) {
    const attribute = Object.hasOwn(type.attributes, name) ? type.attributes[name] : undefined;
    if (attribute === undefined || value === undefined || value === null) continue;
    try {
      known[name] = readAttribute(attribute, value);
    } catch (error) {
      // A name that is too long for its attribute is no reason to lose what was measured.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return known;
}

/** Makes those that are not there. Of one that is, what is new is written over what was, which goes into its history. */
async function writeResources(tx: Statements, resources: readonly Collected[]): Promise<void> {
  const rows = resources.map(({ id, sample: { resource }, attributes, metrics }) => ({
    id,
    original_resource_id: encoded(resource.id),
    type: resource.type,
    project_id: resource.project_id,
    user_id: resource.user_id,
    attributes,
    measured: Math.max(...[...metrics.values()].flatMap(({ measures }) => measures.map(([time]) => time / 1e6))),
  }));
  await tx.$executeRaw`
    WITH given AS MATERIALIZED (
      SELECT *, to_timestamp(measured) AS measured_at FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(
        id uuid, original_resource_id text, type text, project_id text, user_id text, attributes jsonb, measured float8)),
    locked AS MATERIALIZED (
      SELECT r.* FROM gnocchi.resources r WHERE r.id IN (SELECT id FROM given) ORDER BY r.id FOR NO KEY UPDATE),
    changed AS (
      SELECT l.*, g.attributes AS given_attributes, COALESCE(g.project_id, l.project_id) AS given_project,
        COALESCE(g.user_id, l.user_id) AS given_user,
        CASE WHEN l.ended_at > g.measured_at THEN l.ended_at END AS given_end
      FROM locked l JOIN given g USING (id)
      WHERE NOT l.attributes @> g.attributes OR l.project_id IS DISTINCT FROM COALESCE(g.project_id, l.project_id)
        OR l.user_id IS DISTINCT FROM COALESCE(g.user_id, l.user_id) OR l.ended_at <= g.measured_at),
    kept AS (
      INSERT INTO gnocchi.resource_history (id, type, creator, original_resource_id, user_id, project_id, started_at, ended_at,
        revision_start, revision_end, attributes)
      SELECT id, type, creator, original_resource_id, user_id, project_id, started_at, ended_at, revision_start, now(), attributes
      FROM changed),
    updated AS (
      UPDATE gnocchi.resources r SET attributes = r.attributes || c.given_attributes, project_id = c.given_project,
        user_id = c.given_user, ended_at = c.given_end, revision_start = now()
      FROM changed c WHERE r.id = c.id)
    INSERT INTO gnocchi.resources (id, type, creator, original_resource_id, user_id, project_id, attributes)
    SELECT id, type, NULL, original_resource_id, user_id, project_id, attributes FROM given
    WHERE id NOT IN (SELECT id FROM locked) ORDER BY id
    ON CONFLICT (id) DO NOTHING`;
}

const METRIC = rowType({ id: text, resource_id: text, name: text });

/** Makes the metrics that are not there. @returns the measures of all of them @throws 400 for an archive policy that is not there */
async function withMetrics(tx: Statements, resources: readonly Collected[]): Promise<MetricMeasures[]> {
  const wanted = resources.flatMap(({ id, metrics }) =>
    [...metrics].map(([name, { first, measures }]) => ({ resource_id: id, name, first, measures })),
  );
  const known = await idsOf(tx, wanted);
  const missing = wanted.filter((one) => !known.has(keyOf(one)));
  if (missing.length > 0) {
    await makeMetrics(tx, missing);
    for (const [key, id] of await idsOf(tx, missing)) known.set(key, id);
  }
  return wanted.flatMap((one) => {
    const metricId = known.get(keyOf(one));
    return metricId === undefined ? [] : [{ metricId, measures: one.measures }];
  });
}

interface Named {
  readonly resource_id: string;
  readonly name: string;
}
const keyOf = ({ resource_id, name }: Named): string => `${resource_id}/${name}`;

async function idsOf(tx: Statements, named: readonly Named[]): Promise<Map<string, string>> {
  const rows = await rowsOf(tx, METRIC)`
    SELECT m.id::text, m.resource_id::text, m.name FROM gnocchi.metrics m
    JOIN unnest(${named.map(({ resource_id }) => resource_id)}::uuid[], ${named.map(({ name }) => name)}::text[])
      AS w(resource_id, name) ON m.resource_id = w.resource_id AND m.name = w.name
    WHERE m.status = 'active'`;
  return new Map(rows.map((row) => [keyOf(row), row.id]));
}

async function makeMetrics(tx: Statements, missing: readonly (Named & { readonly first: Sample })[]): Promise<void> {
  const rules = await readRules(tx);
  const rows = missing
    .map(({ resource_id, name, first }) => ({
      id: randomUUID(),
      resource_id,
      name,
      unit: first.unit ?? null,
      archive_policy_name: first.archive_policy ?? matchingRule(rules, name)?.archive_policy_name ?? DEFAULT_POLICY,
    }))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const names = [...new Set(rows.map((row) => row.archive_policy_name))];
  const policies = await readPolicies(tx, names);
  const unknown = names.find((name) => !policies.has(name));
  if (unknown !== undefined) throw noArchivePolicy(unknown, 400);
  await tx.$executeRaw`
    INSERT INTO gnocchi.metrics (id, archive_policy_name, creator, resource_id, name, unit)
    SELECT id, archive_policy_name, NULL, resource_id, name, unit
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS r(id uuid, resource_id uuid, name text, unit text, archive_policy_name text)
    ON CONFLICT (resource_id, name) DO NOTHING`;
}
