import { Prisma, type Sql } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { withPatterns } from './patterns.js';

/** Filters of a list of servers that are regular expressions, as Nova's are. */
export interface ServerPatterns {
  readonly name?: string;
  /** Of a fixed address, from its beginning. */
  readonly ip?: string;
  readonly ip6?: string;
}

/** Which servers a list has, and in which order. */
export interface ServerFilters {
  readonly where: Prisma.ServerWhereInput;
  readonly allProjects: boolean;
  readonly patterns: ServerPatterns;
  /** Whether `where` lets deleted servers through. */
  readonly withDeleted: boolean;
  readonly orderBy: Prisma.ServerOrderByWithRelationInput[];
}

/** How many servers an expression may match. With more ids, the query that then fetches the page would be too long. */
const MAX_MATCHES = 10_000;
const MATCH = rowType({ id: text });

/**
 * The ids of the servers that match every expression. Undefined if there is no expression.
 * @throws 400 for an expression that is invalid, too long, or too slow
 */
export async function idsMatching(
  sql: Sql,
  {
    projectId,
    withDeleted,
    patterns,
  }: { projectId: string | undefined; withDeleted: boolean; patterns: ServerPatterns },
): Promise<string[] | undefined> {
  const given = Object.entries(patterns) as [keyof ServerPatterns, string][];
  if (given.length === 0) return undefined;
  const conditions = [
    ...(projectId === undefined ? [] : [Prisma.sql`project_id = ${projectId}`]),
    ...(withDeleted ? [] : [Prisma.sql`deleted_at IS NULL`]),
    ...given.map(([field, pattern]) =>
      field === 'name' ? Prisma.sql`name ~ ${pattern}` : hasAddress(field === 'ip' ? 4 : 6, `^(?:${pattern})`),
    ),
  ];
  const rows = await withPatterns(
    sql,
    given,
    (tx) => rowsOf(tx, MATCH)`
      SELECT id FROM nova.servers WHERE ${Prisma.join(conditions, ' AND ')} LIMIT ${MAX_MATCHES + 1}`,
  );
  if (rows.length > MAX_MATCHES)
    throw badRequest(`More than ${MAX_MATCHES} servers match. Ask for fewer by a narrower expression.`);
  return rows.map((r) => r.id);
}

const hasAddress = (version: 4 | 6, pattern: string): Prisma.Sql => Prisma.sql`EXISTS (
  SELECT 1 FROM jsonb_each(addresses) network, jsonb_array_elements(network.value) a
  WHERE (a ->> 'version')::int = ${version} AND a ->> 'addr' ~ ${pattern})`;
