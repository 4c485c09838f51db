import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from '#prisma';

export { Prisma };

/** The control plane's database. Only services (and so control activities) hold one. */
export type Database = PrismaClient;
/** A database or a transaction on it: what a query needs. */
export type Queries = Prisma.TransactionClient;

/** Opens a pool. Connections are made when first needed and closed after 5 s without use, since each is a process of 16 MiB at the server. */
export function openDatabase(url: string, pool: number): Database {
  const adapter = new PrismaPg({
    connectionString: url,
    max: pool,
    idleTimeoutMillis: 5_000,
    connectionTimeoutMillis: 5_000,
  });
  return new PrismaClient({
    adapter,
    // A transaction of ours takes milliseconds; 10 s is a machine in trouble, and giving up frees its locks.
    transactionOptions: { maxWait: 10_000, timeout: 10_000, isolationLevel: 'ReadCommitted' },
  });
}

/** True when a unique constraint refused the write. */
export function isConflict(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
