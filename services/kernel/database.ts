import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Prisma, PrismaClient } from '#prisma';
import { Sql, type Lock, type Statements } from './sql.js';
import { traced } from './traced-pool.js';

export { Prisma };
export type { Lock, Sql, Statements };

/** The control plane's database. Only services (and so control activities) hold one. */
export type Database = PrismaClient;
/** A database or a transaction on it: what a query needs. */
export type Queries = Prisma.TransactionClient;

/** Two ways to one pool: Prisma for what reads well, and statements as they are for what every boot goes through. */
export interface OpenDatabase {
  readonly db: Database;
  readonly sql: Sql;
  /** How many connections there are now, and who waits for one. */
  readonly pool: () => PoolState;
  readonly close: () => Promise<void>;
}
export interface PoolState {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Opens a pool. Connections are made when first needed and closed after 5 s without use, since each is a process of 16 MiB at the server. */
export function openDatabase(
  url: string,
  max: number,
  parameters: Readonly<Record<string, string>> = {},
): OpenDatabase {
  const options = Object.entries(parameters)
    .map(([name, value]) => `-c novaflow.${name}=${value}`)
    .join(' ');
  const pool = traced(
    new pg.Pool({
      connectionString: url,
      ...(options === '' ? {} : { options }),
      max,
      idleTimeoutMillis: 5_000,
      connectionTimeoutMillis: 5_000,
    }),
  );
  // A connection that breaks while nobody uses it is dropped by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  const nameOf = preparedStatements();
  const db = new PrismaClient({
    adapter: new PrismaPg(pool, { statementNameGenerator: ({ sql }) => nameOf(sql) }),
    // A transaction of ours takes milliseconds; 10 s is a machine in trouble, and giving up frees its locks. The level
    // is PostgreSQL's own, read committed: to name it would be one more round trip for each.
    transactionOptions: { maxWait: 10_000, timeout: 10_000 },
  });
  return {
    db,
    sql: new Sql(pool, nameOf),
    pool: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async close() {
      await db.$disconnect();
      await pool.end();
    },
  };
}

/**
 * Names statements by their text, so that each connection parses and plans one once. Ours are some two hundred texts;
 * lists of ids come in every length, and what is over the limit goes unnamed as it would without this.
 */
function preparedStatements(limit = 500): (text: string) => string {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= limit) return known ?? '';
    const name = `novaflow_${names.size}`;
    names.set(text, name);
    return name;
  };
}

/** True when a unique constraint refused the write. */
export function isConflict(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
