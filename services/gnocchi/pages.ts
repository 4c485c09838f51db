import { Prisma } from '../kernel/database.js';
import { badPage, GnocchiError } from './words.js';

/** Which page of a list is asked for. */
export interface Page {
  readonly limit: number;
  readonly marker?: string | undefined;
  /** `NAME`, `NAME:asc` or `NAME:desc`. */
  readonly sorts: readonly string[];
}

/** More sort keys than any list has. */
const MOST_SORTS = 32;

/**
 * Reads `limit`, `marker` and `sort` of a query. @param most the longest page (api.max_limit) @throws 400
 */
export function readPage(
  query: { limit?: string | undefined; marker?: string | undefined; sort?: readonly string[] | undefined },
  most: number,
  usual: readonly string[],
): Page {
  const { limit, marker, sort = [] } = query;
  const number = limit === undefined ? most : /^\s*[+-]?\d{1,15}\s*$/.test(limit) ? Number(limit) : NaN;
  const refuse = (reason: string) => new GnocchiError(400, 'BadRequest', { cause: 'Argument value error', reason });
  if (Number.isNaN(number)) throw refuse("expected int for dictionary value @ data['limit']");
  if (number < 1) throw refuse("value must be at least 1 for dictionary value @ data['limit']");
  if (sort.length > MOST_SORTS) throw badPage('too many sort keys');
  const sorts = sort.filter((one) => one !== '');
  return { limit: Math.min(number, most), marker, sorts: sorts.length > 0 ? sorts : usual };
}

const DIRECTIONS = ['asc', 'desc'].flatMap((way) => [way, `${way}-nullsfirst`, `${way}-nullslast`]);

/** A column that a list is sorted by, of the rows themselves and of the one that the page follows. */
export interface SortKey {
  readonly row: Prisma.Sql;
  readonly marker: Prisma.Sql;
  readonly descending: boolean;
  /** PostgreSQL's own: last, and first where it is sorted downwards. */
  readonly nullsFirst: boolean;
}

/** @param keyOf a column by its name, undefined where there is none @throws 400 */
export function sortKeys(
  sorts: readonly string[],
  unique: readonly string[],
  keyOf: (name: string) => Pick<SortKey, 'row' | 'marker'> | undefined,
): SortKey[] {
  const wanted = sorts.map((sort) => sort.split(':', 2).map((part) => part.trim()) as [string, string?]);
  const missing = unique.filter((name) => !wanted.some(([one]) => one === name));
  return [...wanted, ...missing.map((name): [string, string?] => [name])].map(([name, direction = 'asc']) => {
    const key = keyOf(name);
    if (key === undefined) throw badPage(`Sort key supplied is invalid: ${name}`);
    const [way = '', nulls] = direction.split('-');
    if (!DIRECTIONS.includes(direction))
      throw badPage(`Unknown sort direction, must be one of: ${DIRECTIONS.join(', ')}`);
    const descending = way === 'desc';
    return { ...key, descending, nullsFirst: nulls === undefined ? descending : nulls === 'nullsfirst' };
  });
}

export const orderOf = (keys: readonly SortKey[]): Prisma.Sql =>
  Prisma.join(
    keys.map(({ row, descending, nullsFirst }) => {
      const way = `${descending ? 'DESC' : 'ASC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`;
      return Prisma.sql`${row} ${Prisma.raw(way)}`;
    }),
  );

/** That a row comes after the marker. */
export const afterMarker = (keys: readonly SortKey[]): Prisma.Sql =>
  Prisma.sql`(${Prisma.join(
    keys.map((key, i) => {
      const same = keys.slice(0, i).map(({ row, marker }) => Prisma.sql`${row} IS NOT DISTINCT FROM ${marker}`);
      return Prisma.sql`(${Prisma.join([...same, beyond(key)], ' AND ')})`;
    }),
    ' OR ',
  )})`;

function beyond({ row, marker, descending, nullsFirst }: SortKey): Prisma.Sql {
  const after = descending ? Prisma.sql`${row} < ${marker}` : Prisma.sql`${row} > ${marker}`;
  return nullsFirst
    ? Prisma.sql`(${after} OR (${marker} IS NULL AND ${row} IS NOT NULL))`
    : Prisma.sql`(${after} OR (${row} IS NULL AND ${marker} IS NOT NULL))`;
}
