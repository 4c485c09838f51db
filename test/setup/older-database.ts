import { createHash } from 'node:crypto';
import type pg from 'pg';
import { readMigrations } from '#services/kernel/migrations/files';

/** The first migration of each version that is not in the version before it. */
export const VERSIONS = { '0.3.0': '20261124184000_quotas', '0.4.0': '20261124220000_operations' } as const;

/** Makes the tables of an older version in an empty database, as its migrations and Prisma's engine left them. */
export async function makeOlder(db: pg.Client, version: keyof typeof VERSIONS): Promise<void> {
  await db.query(`
    CREATE TABLE _prisma_migrations (
      id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
      migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
      started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`);
  for (const { name, sql } of (await readMigrations()).filter((m) => m.name < VERSIONS[version])) {
    await db.query(sql);
    await db.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES (gen_random_uuid(), $1, $2, now(), 1)`,
      [createHash('sha256').update(sql).digest('hex'), name],
    );
  }
}
