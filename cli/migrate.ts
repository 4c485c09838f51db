/**
 * Brings a database to the tables of this version.
 *   npm run migrate                  does so with DATABASE_URL
 *   npm run migrate -- new NAME      writes the SQL that takes prisma/migrations to prisma/schema, and the snapshots after it
 *   npm run migrate -- snapshot      writes prisma/snapshot again, after a migration was edited or merged
 * The last two want a PostgreSQL on which they may make databases, and change none that is there.
 */
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { readMigrations, readSnapshots, type Migration } from './migrations/files.js';

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
  const missing = (await readMigrations()).filter(({ name }) => !there.has(name));
  const files: readonly Migration[] = there.size === 0 ? await readSnapshots() : missing;
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

async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('Set DATABASE_URL to the PostgreSQL database to migrate.');
  const [command, name] = process.argv.slice(2);
  if (command === undefined) console.log(`applied: ${(await applyMigrations(url)).join(', ') || 'nothing to do'}`);
  // What only a change of the schema needs comes with the packages for development.
  else if (command === 'new' && name) console.log(await (await import('./migrations/new.js')).newMigration(url, name));
  else if (command === 'snapshot') await (await import('./migrations/new.js')).writeSnapshots(url);
  else throw new Error('Usage: npm run migrate [-- new NAME | -- snapshot]');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
