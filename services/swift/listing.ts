import { Prisma } from '../kernel/database.js';
import { bool, integer, text } from '../kernel/rows.js';

/** What of a list is asked for (Swift's query parameters). */
export interface ListQuery {
  readonly prefix?: string;
  readonly marker?: string;
  readonly endMarker?: string;
  /** Names that have it after the prefix are shown as one `subdir`. */
  readonly delimiter?: string;
  /** What lies in this folder itself, in place of prefix and delimiter. */
  readonly path?: string;
  readonly reverse?: boolean;
  readonly limit: number;
}

/** What a listing adds to the columns of its source: a row is an item of it, or `shown` stands for all that begin so. */
export const LISTED = { at: integer, shown: text, subdir: bool };
export type Listed<T> = T & { readonly shown: string; readonly subdir: boolean };

/**
 * One page of a listing, by name, in one statement (swift/container/backend.py: list_objects_iter).
 * @param source a query with a column `name`
 */
export function listing(source: Prisma.Sql, query: ListQuery): Prisma.Sql {
  const { path, reverse = false, limit } = query;
  // The expression begins at the first slash of a run alone: else a path full of them would be read from each.
  const folder = path === undefined || path === '' ? path : `${path.replace(/(?<!\/)\/+$/, '')}/`;
  const prefix = folder ?? query.prefix ?? '';
  const delimiter = folder === undefined ? (query.delimiter ?? '') : '/';
  // Where the delimiter begins in what follows the prefix, from 1; 0 where it is not.
  const at =
    delimiter === ''
      ? Prisma.sql`0`
      : Prisma.sql`position(${delimiter}::text IN substr(name, length(${prefix}::text) + 1))`;
  const upToIt = Prisma.sql`left(name, length(${prefix}::text) + at + length(${delimiter}::text) - 1)`;
  const [lower, upper] = reverse ? [query.endMarker, query.marker] : [query.marker, query.endMarker];
  const conditions = [
    Prisma.sql`true`,
    ...(lower ? [Prisma.sql`shown > ${lower}`] : []),
    ...(upper ? [Prisma.sql`shown < ${upper}`] : []),
    // A folder's list has objects alone: those in it, and markers of folders in it; not the marker of itself.
    ...(folder === undefined ? [] : [Prisma.sql`(NOT subdir OR shown = name) AND name <> ${folder}`]),
  ];
  const shown = delimiter === '' ? Prisma.sql`name` : Prisma.sql`CASE WHEN at > 0 THEN ${upToIt} ELSE name END`;
  return Prisma.sql`
    SELECT DISTINCT ON (shown) * FROM (
      SELECT *, ${shown} AS shown, at > 0 AS subdir
      FROM (SELECT *, ${at} AS at FROM (${source}) source WHERE starts_with(name, ${prefix})) found) listed
    WHERE ${Prisma.join(conditions, ' AND ')}
    ORDER BY shown ${reverse ? Prisma.sql`DESC` : Prisma.sql`ASC`} LIMIT ${limit}`;
}
