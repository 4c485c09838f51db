import { Prisma, type Sql, type Statements } from '../kernel/database.js';
import { badRequest, OpenStackError } from '../kernel/errors.js';

/** A name has at most 255 characters, and no expression for one needs more. */
const MAX_LENGTH = 255;
/**
 * The time that an expression may take. Matching a thousand names takes milliseconds, unless the expression is an
 * attack.
 */
const TIME_LIMIT = Prisma.raw("SET LOCAL statement_timeout = '2s'");
/** PostgreSQL's codes (appendix A). */
const INVALID_EXPRESSION = '2201B';
const TIMED_OUT = '57014';

/**
 * Runs a query with regular expressions that a client gave. PostgreSQL's own expressions are used, which is what a Nova
 * over PostgreSQL does.
 * @param given the expressions by the query parameter that each came in
 * @throws 400 for an expression that is none, too long, or too much work
 */
export async function withPatterns<T>(
  sql: Sql,
  given: readonly (readonly [parameter: string, pattern: string])[],
  query: (tx: Statements) => Promise<T>,
): Promise<T> {
  for (const [parameter, pattern] of given)
    if (pattern.length > MAX_LENGTH) throw invalid(parameter, pattern, `'${pattern}' is too long`);
  try {
    return await sql.transaction(async (tx) => {
      await tx.$executeRaw(Prisma.sql`${TIME_LIMIT}`);
      return query(tx);
    });
  } catch (error) {
    const code = codeOf(error);
    const [parameter, pattern] = given[0]!;
    if (code === INVALID_EXPRESSION) throw invalid(parameter, pattern, `'${pattern}' is not a 'regex'`);
    if (code === TIMED_OUT) throw invalid(parameter, pattern, `'${pattern}' takes too long to match`);
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  const cause = error instanceof OpenStackError ? error.cause : error;
  return (cause as { code?: string } | undefined)?.code;
}

const invalid = (parameter: string, pattern: string, why: string): OpenStackError =>
  badRequest(`Invalid input for query parameters ${parameter}. Value: ${pattern}. ${why}`);
