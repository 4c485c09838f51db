import { Type } from 'typebox';
import type { Statements } from '../kernel/database.js';
import { float, integer, nullable, rowType, rowsOf, text, texts } from '../kernel/rows.js';
import { SECOND } from './times.js';

const DEFINITION = Type.Object({ granularity: float, points: nullable(float), timespan: nullable(float) });
const POLICY = rowType({
  name: text,
  back_window: integer,
  definition: Type.Array(DEFINITION),
  aggregation_methods: texts,
});

/** How finely and how long, in seconds. */
export interface Definition {
  readonly granularity: number;
  /** As many as are kept; null for all of them. */
  readonly points: number | null;
  readonly timespan: number | null;
}

/** How the measures of a metric are kept. */
export interface ArchivePolicy {
  readonly name: string;
  /** How many blocks, each as long as the coarsest granularity, a measure may be older than the newest one. */
  readonly back_window: number;
  readonly definition: readonly Definition[];
  readonly aggregation_methods: readonly string[];
}

/** One definition in microseconds. */
export interface Grain {
  readonly granularity: number;
  readonly timespan: number | null;
}
export const grainsOf = (policy: ArchivePolicy): Grain[] =>
  policy.definition.map(({ granularity, timespan }) => ({
    granularity: Math.round(granularity * SECOND),
    timespan: timespan === null ? null : Math.round(timespan * SECOND),
  }));

/** How long one block is: the coarsest granularity, in microseconds. */
export const blockOf = (policy: ArchivePolicy): number =>
  Math.max(...grainsOf(policy).map(({ granularity }) => granularity));

/** The archive policies of some names, or all of them. Those that are not there are left out. */
export async function readPolicies(db: Statements, names?: readonly string[]): Promise<Map<string, ArchivePolicy>> {
  const rows = await rowsOf(db, POLICY)`
    SELECT name, back_window, definition, aggregation_methods FROM gnocchi.archive_policies
    WHERE ${names ?? null}::text[] IS NULL OR name = ANY(${names ?? null}::text[]) ORDER BY name`;
  return new Map(rows.map((row) => [row.name, row]));
}
