import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from '#prisma';

export { Prisma };

/** The control plane's database. Only services (and so control activities) hold one. */
export type Database = PrismaClient;
/** A database or a transaction on it: what a query needs. */
export type Queries = Prisma.TransactionClient;

/** Opens a pool. Connections are made when first needed and closed after 5 s without use, since each is a process of 16 MiB at the server. */
export function openDatabase(url: string, pool: number): Database {
  const adapter = new PrismaPg(
    { connectionString: url, max: pool, idleTimeoutMillis: 5_000, connectionTimeoutMillis: 5_000 },
    { statementNameGenerator: preparedStatements() },
  );
  return new PrismaClient({
    adapter,
    // A transaction of ours takes milliseconds; 10 s is a machine in trouble, and giving up frees its locks. The level
    // is PostgreSQL's own, read committed: to name it would be one more round trip for each.
    transactionOptions: { maxWait: 10_000, timeout: 10_000 },
  });
}

/**
 * Names statements by their text, so that each connection parses and plans one once. Ours are some two hundred texts;
 * lists of ids come in every length, and what is over the limit goes unnamed as it would without this.
 */
function preparedStatements(limit = 500): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined || names.size >= limit) return known ?? '';
    const name = `novaflow_${names.size}`;
    names.set(sql, name);
    return name;
  };
}

/** True when a unique constraint refused the write. */
export function isConflict(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
