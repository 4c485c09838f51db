import pg from 'pg';
import { readMigrations, readRows, readSnapshots, type Migration } from './files.js';

/** The number that Prisma locks by, too: who migrates with an older version waits as well. */
const LOCK = 72_707_369;
/** As Prisma makes it, so that databases of older versions go on with theirs. */
const RECORDS = `
  CREATE TABLE IF NOT EXISTS public._prisma_migrations (
    id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

/**
 * Applies what the database lacks: all of it or nothing, in one transaction. An empty database gets the tables as they are
 * now (prisma/snapshot), one of an older version the migrations since then. Who comes second waits, and finds nothing to do.
 * @returns the names of the migrations that it has more than before
 */
export async function applyMigrations(url: string): Promise<string[]> {
  const db = new pg.Client({ connectionString: url });
  // A connection that breaks says so here, too; the statement fails by it.
  db.on('error', () => undefined);
  await db.connect();
  try {
    await db.query('BEGIN');
    await db.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const added = await bringUpToDate(db);
    await db.query('COMMIT');
    return added;
  } finally {
    // Without its COMMIT the transaction ends with the connection.
    await db.end();
  }
}

async function bringUpToDate(db: pg.Client): Promise<string[]> {
  await db.query(RECORDS);
  const { rows: applied } = await db.query<{ name: string; finished: boolean }>(
    `SELECT migration_name AS name, finished_at IS NOT NULL AS finished
     FROM public._prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  const broken = applied.find(({ finished }) => !finished);
  if (broken)
    throw new Error(
      `The migration ${broken.name} was begun by an older version and has not ended. Restore the database from before it.`,
    );
  const there = new Set(applied.map(({ name }) => name));
  const missing = await readMigrations(there);
  const files: readonly Migration[] = there.size === 0 ? [...(await readSnapshots()), ...(await readRows())] : missing;
  for (const { name, sql } of files)
    await db.query(sql).catch((error: unknown) => {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    });
  await db.query(
    `INSERT INTO public._prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
     SELECT gen_random_uuid()::text, encode(sha256(convert_to(sql, 'UTF8')), 'hex'), name, now(), 1
     FROM unnest($1::text[], $2::text[]) AS added(name, sql)`,
    [missing.map(({ name }) => name), missing.map(({ sql }) => sql)],
  );
  return missing.map(({ name }) => name);
}
