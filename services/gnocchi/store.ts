import { Prisma, type Statements } from '../kernel/database.js';
import { float, nullable, rowType, rowsOf, text } from '../kernel/rows.js';
import { rollupOf } from './aggregation-methods.js';
import { blockOf, grainsOf, readPolicies, type ArchivePolicy } from './archive-policy.js';
import { roundTo } from './times.js';

/** Measures of one metric, by time in microseconds since 1970. */
export interface MetricMeasures {
  readonly metricId: string;
  readonly measures: readonly (readonly [time: number, value: number])[];
}

/** A number of microseconds as a time. */
export const timeOf = (microseconds: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`('epoch'::timestamptz + ${microseconds} * interval '1 microsecond')`;
const microsecondsOf = (column: string): Prisma.Sql => Prisma.raw(`(extract(epoch FROM ${column}) * 1000000)::float8`);

const LOCKED = rowType({ id: text, archive_policy_name: text, newest: nullable(float) });

/**
 * Stores measures and brings the rollups of their times up to date, in a transaction of the caller. What is given twice counts
 * once, the later one. A measure that is older than the back window of its metric allows is left out, as in Gnocchi.
 *
 * The metrics are locked in one order, so that two who store at the same time take turns. Each archive policy takes one statement
 * for its measures and one for their rollups, however many metrics there are.
 */
export async function storeMeasures(tx: Statements, given: readonly MetricMeasures[]): Promise<void> {
  const byMetric = new Map<string, Map<number, number>>();
  for (const { metricId, measures } of given) {
    const known = byMetric.get(metricId) ?? new Map<number, number>();
    for (const [time, value] of measures) known.set(time, value);
    if (known.size > 0) byMetric.set(metricId, known);
  }
  if (byMetric.size === 0) return;
  const metrics = await rowsOf(tx, LOCKED)`
    SELECT id::text, archive_policy_name, ${microsecondsOf('newest')} AS newest FROM gnocchi.metrics
    WHERE id = ANY(${[...byMetric.keys()]}::uuid[]) AND status = 'active' ORDER BY id FOR NO KEY UPDATE`;
  const policies = await readPolicies(tx, [...new Set(metrics.map((metric) => metric.archive_policy_name))]);
  for (const policy of policies.values()) {
    const taken = metrics
      .filter((metric) => metric.archive_policy_name === policy.name)
      .map(({ id, newest }) => ({ id, measures: withinWindow(policy, newest, byMetric.get(id)!) }))
      .filter(({ measures }) => measures.length > 0);
    if (taken.length === 0) continue;
    await writeMeasures(tx, taken);
    await writeRollups(tx, policy, taken);
  }
}

type Taken = readonly { readonly id: string; readonly measures: readonly (readonly [number, number])[] }[];

/** The measures that are not older than the block of the newest one, less the back window (BoundTimeSerie.first_block_timestamp). */
function withinWindow(
  policy: ArchivePolicy,
  newest: number | null,
  measures: ReadonlyMap<number, number>,
): readonly (readonly [number, number])[] {
  if (newest === null) return [...measures];
  const block = blockOf(policy);
  const first = roundTo(newest, block) - block * policy.back_window;
  return [...measures].filter(([time]) => time >= first);
}

async function writeMeasures(tx: Statements, taken: Taken): Promise<void> {
  const rows = taken.flatMap(({ id, measures }) => measures.map(([time, value]) => ({ id, time, value })));
  await tx.$executeRaw`
    INSERT INTO gnocchi.measures (metric_id, "timestamp", value)
    SELECT metric_id, ${timeOf(Prisma.raw('microseconds'))}, value FROM unnest(
      ${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ time }) => time)}::bigint[],
      ${rows.map(({ value }) => value)}::float8[]) AS given(metric_id, microseconds, value)
    ON CONFLICT (metric_id, "timestamp") DO UPDATE SET value = EXCLUDED.value`;
}

/**
 * Counts the rollups anew from the first measure on that came. A rate needs the last measure before its time, which Gnocchi looks
 * for within one granularity, and so does this.
 */
async function writeRollups(tx: Statements, policy: ArchivePolicy, taken: Taken): Promise<void> {
  const times = taken.map(({ measures }) => measures.map(([time]) => time));
  const first = times.map((one) => one.reduce((least, time) => Math.min(least, time)));
  const last = times.map((one) => one.reduce((most, time) => Math.max(most, time)));
  const granularities = grainsOf(policy).map(({ granularity }) => granularity);
  await tx.$executeRaw`
    WITH given AS (
      SELECT id, ${timeOf(Prisma.raw('first'))} AS first, ${timeOf(Prisma.raw('last'))} AS last FROM unnest(
        ${taken.map(({ id }) => id)}::uuid[], ${first}::bigint[], ${last}::bigint[]) AS g(id, first, last)),
    moved AS (
      UPDATE gnocchi.metrics m SET newest = GREATEST(m.newest, g.last) FROM given g
      WHERE m.id = g.id AND (m.newest IS NULL OR m.newest < g.last)),
    spans AS (
      SELECT g.id, granularity, step, date_bin(step, g.first, 'epoch') AS since FROM given g
      CROSS JOIN (SELECT granularity, granularity * interval '1 microsecond' AS step
                  FROM unnest(${granularities}::bigint[]) AS granularity) AS steps)
    INSERT INTO gnocchi.rollups (metric_id, granularity, "timestamp", "values")
    SELECT s.id, s.granularity, counted.bucket, counted.made FROM spans s
    CROSS JOIN LATERAL (
      SELECT bucket, ${rollupOf(policy.aggregation_methods)} AS made FROM (
        SELECT "timestamp", value, date_bin(s.step, "timestamp", 'epoch') AS bucket,
          value - lag(value) OVER (ORDER BY "timestamp") AS change
        FROM gnocchi.measures WHERE metric_id = s.id AND "timestamp" >= s.since - s.step
      ) AS points WHERE bucket >= s.since GROUP BY bucket) AS counted
    ON CONFLICT (metric_id, granularity, "timestamp") DO UPDATE SET "values" = EXCLUDED."values"`;
}
