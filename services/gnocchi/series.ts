import { Type } from 'typebox';
import { Prisma, type Statements } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { float, integer, rowType, rowsOf } from '../kernel/rows.js';
import { timeOf } from './store.js';
import { roundTo } from './times.js';

/** Which rollups of a metric are wanted. */
export interface Wanted {
  readonly metricId: string;
  /** In microseconds. */
  readonly granularity: number;
  /** How far back the archive policy keeps them, in microseconds; null: for ever. */
  readonly timespan: number | null;
  /** Where the aggregation method is among those of the archive policy, from 0 on. */
  readonly place: number;
}

/** Values by their times in microseconds, the earliest first. */
export interface Points {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** From when (that time's own granule included) and until when (excluded), in microseconds. */
export interface Range {
  readonly start?: number | undefined;
  readonly stop?: number | undefined;
}

/**
 * What one request may read: some eight megabytes of numbers. A year of an archive policy with one value a second has thirty times as
 * many, which nobody can look at, and which would be the whole memory of an api.
 */
const MOST_POINTS = 500_000;
/** The first microsecond and the last one that the database is asked for. */
const EVER = [0, Number.MAX_SAFE_INTEGER] as const;

const SERIES = rowType({ place: integer, times: Type.Array(float), values: Type.Array(float) });

/**
 * Reads series: those of each wanted, in its place, in one statement that computes nothing over measures.
 * @throws 400 when they have more points than one request may read
 */
export async function readSeries(db: Statements, wanted: readonly Wanted[], { start, stop }: Range): Promise<Points[]> {
  const series: Points[] = wanted.map(() => ({ times: [], values: [] }));
  if (wanted.length === 0) return series;
  const starts = wanted.map(({ granularity }) => (start === undefined ? EVER[0] : roundTo(start, granularity)));
  const rows = await rowsOf(db, SERIES)`
    SELECT place, array_agg(time ORDER BY time) AS times, array_agg(value ORDER BY time) AS values FROM (
      SELECT w.n::int - 1 AS place, (extract(epoch FROM r."timestamp") * 1000000)::float8 AS time, r."values"[w.place + 1] AS value
      FROM unnest(${wanted.map(({ metricId }) => metricId)}::uuid[], ${wanted.map(({ granularity }) => granularity)}::bigint[],
        ${wanted.map(({ timespan }) => timespan)}::bigint[], ${wanted.map(({ place }) => place)}::int[], ${starts}::bigint[])
        WITH ORDINALITY AS w(metric_id, granularity, timespan, place, start, n)
      JOIN gnocchi.metrics m ON m.id = w.metric_id AND m.newest IS NOT NULL
      JOIN gnocchi.rollups r ON r.metric_id = w.metric_id AND r.granularity = w.granularity
        AND r."timestamp" >= ${timeOf(Prisma.raw('w.start'))} AND r."timestamp" < ${timeOf(Prisma.sql`${stop ?? EVER[1]}::bigint`)}
        AND (w.timespan IS NULL OR r."timestamp" > date_bin(w.granularity * interval '1 microsecond', m.newest, 'epoch')
          - w.timespan * interval '1 microsecond')
      WHERE r."values"[w.place + 1] IS NOT NULL
      LIMIT ${MOST_POINTS + 1}) AS points
    GROUP BY place`;
  if (rows.reduce((sum, { times }) => sum + times.length, 0) > MOST_POINTS)
    throw badRequest(`More than ${MOST_POINTS} points: name a shorter time or a coarser granularity.`);
  for (const { place, times, values } of rows) series[place] = { times, values };
  return series;
}
