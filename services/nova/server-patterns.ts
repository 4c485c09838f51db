import { Prisma, type Sql } from '../kernel/database.js';
import { badRequest, OpenStackError } from '../kernel/errors.js';

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

/** A name has 255 characters; an expression for one has no use for more. */
const MAX_LENGTH = 255;
/** Servers that one expression may match: more ids than that are no filter for the query that fetches the page. */
const MAX_MATCHES = 10_000;
/** What an expression may take. A thousand names are matched in milliseconds, unless it was made to take long. */
const TIME_LIMIT = Prisma.raw("SET LOCAL statement_timeout = '2s'");

/**
 * The servers that match every expression; undefined when there is none. PostgreSQL's own expressions are used, which
 * is what a Nova over PostgreSQL does.
 * @param among whose servers (no project: everybody's), and whether deleted ones count
 * @throws 400 for an expression that is none, too long, or too much work
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
  for (const [field, pattern] of given)
    if (pattern.length > MAX_LENGTH) throw invalid(field, pattern, `'${pattern}' is too long`);
  const conditions = [
    ...(projectId === undefined ? [] : [Prisma.sql`project_id = ${projectId}`]),
    ...(withDeleted ? [] : [Prisma.sql`deleted_at IS NULL`]),
    ...given.map(([field, pattern]) =>
      field === 'name' ? Prisma.sql`name ~ ${pattern}` : hasAddress(field === 'ip' ? 4 : 6, `^(?:${pattern})`),
    ),
  ];
  try {
    const rows = await sql.transaction(async (tx) => {
      await tx.$executeRaw(Prisma.sql`${TIME_LIMIT}`);
      return tx.$queryRaw<{ id: string }[]>`
        SELECT id FROM nova.servers WHERE ${Prisma.join(conditions, ' AND ')} LIMIT ${MAX_MATCHES + 1}`;
    });
    if (rows.length > MAX_MATCHES)
      throw badRequest(`More than ${MAX_MATCHES} servers match. Ask for fewer by a narrower expression.`);
    return rows.map((r) => r.id);
  } catch (error) {
    const code = codeOf(error);
    const [field, pattern] = given[0]!;
    if (code === INVALID_EXPRESSION) throw invalid(field, pattern, `'${pattern}' is not a 'regex'`);
    if (code === TIMED_OUT) throw invalid(field, pattern, `'${pattern}' takes too long to match`);
    throw error;
  }
}

/** PostgreSQL's codes (appendix A). */
const INVALID_EXPRESSION = '2201B';
const TIMED_OUT = '57014';

function codeOf(error: unknown): string | undefined {
  const cause = error instanceof OpenStackError ? error.cause : error;
  return (cause as { code?: string } | undefined)?.code;
}

const hasAddress = (version: 4 | 6, pattern: string): Prisma.Sql => Prisma.sql`EXISTS (
  SELECT 1 FROM jsonb_each(addresses) network, jsonb_array_elements(network.value) a
  WHERE (a ->> 'version')::int = ${version} AND a ->> 'addr' ~ ${pattern})`;

const invalid = (field: string, pattern: string, why: string): OpenStackError =>
  badRequest(`Invalid input for query parameters ${field}. Value: ${pattern}. ${why}`);
