import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { applyMigrations } from '#services/kernel/migrations/apply';
import { describeDatabase, describeRows } from '#cli/migrations/describe';
import { SCHEMA, SNAPSHOT, readMigrations, readRows, readSnapshots } from '#services/kernel/migrations/files';
import { inScratchDatabase, schemaChange } from '#cli/migrations/new';
import { ROOT } from '#config';
import { VERSIONS, makeOlder } from '../setup/older-database.js';

const databaseUrl = provided('databaseUrl');
const run = promisify(execFile);

/** The tables as the snapshots say them. */
const snapshots = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await readSnapshots()).map(({ name, sql }) => [name.replace('.sql', ''), sql]));
/** The rows that come with them. */
const seeded = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await readRows()).map(({ name, sql }) => [path.basename(name, '.sql'), sql]));
const rowsOf = async (db: pg.Client): Promise<Record<string, string>> => Object.fromEntries(await describeRows(db));
const tablesOf = async (db: pg.Client): Promise<Record<string, string>> =>
  Object.fromEntries(await describeDatabase(db));
/** The same whatever the order of columns, which only tells when each was added. */
const linesOf = (tables: Record<string, string>): string[] =>
  Object.values(tables)
    .flatMap((sql) => sql.split('\n'))
    .map((line) => line.replace(/,$/, ''))
    .toSorted();
/** What Prisma's schema has no words for: indexes of some rows, and partitions. */
const BEYOND_PRISMA =
  /^(CREATE (UNIQUE )?INDEX .* (WHERE .*|NULLS NOT DISTINCT)|\) PARTITION BY .*|CREATE TABLE .* PARTITION OF .*);$/;
const recorded = async (db: pg.Client): Promise<string[]> => {
  const { rows } = await db.query<{ name: string }>(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY name',
  );
  return rows.map(({ name }) => name);
};

describe('the tables', () => {
  it('of a new database are those of the snapshots, which are those of one that went through every migration', async () => {
    const names = (await readMigrations()).map(({ name }) => name);
    await inScratchDatabase(databaseUrl, async (db, url) => {
      expect(await applyMigrations(url)).toEqual(names);
      expect(await recorded(db)).toEqual(names);
      expect(await tablesOf(db)).toEqual(await snapshots());
      expect(await rowsOf(db)).toEqual(await seeded());
      expect(await applyMigrations(url)).toEqual([]);
    });
    await inScratchDatabase(databaseUrl, async (db) => {
      for (const { sql } of await readMigrations()) await db.query(sql);
      expect(await tablesOf(db)).toEqual(await snapshots());
      expect(await rowsOf(db)).toEqual(await seeded());
    });
  });

  it('are those that Prisma makes of the schema, and beside them only indexes, partitions and triggers that it cannot say', async () => {
    expect(await schemaChange(databaseUrl, SNAPSHOT, SCHEMA), 'npm run migrate -- new NAME').toBeUndefined();
    const sql = await schemaChange(databaseUrl, undefined, SCHEMA);
    await inScratchDatabase(databaseUrl, async (db) => {
      await db.query(sql!);
      const { triggers: _ofOurs, ...tables } = await snapshots();
      const [bySchema, ours] = [linesOf(await tablesOf(db)), linesOf(tables)];
      const more = ours.filter((line) => !bySchema.includes(line));
      expect(bySchema.filter((line) => !ours.includes(line))).toEqual([]);
      expect(more.filter((line) => !BEYOND_PRISMA.test(line))).toEqual([]);
    });
  });
});

describe('an upgrade', () => {
  for (const version of ['0.3.0', '0.4.0'] as const)
    it(`of a database of ${version} loses nothing and leads to the tables of a new one`, async () => {
      await inScratchDatabase(databaseUrl, async (db, url) => {
        await makeOlder(db, version);
        await db.query(`
          INSERT INTO keystone.domains (id, name) VALUES ('default', 'Default');
          INSERT INTO keystone.projects (id, name, domain_id) VALUES ('p', 'demo', 'default');
          INSERT INTO neutron.networks (id, name, project_id) VALUES ('n', 'private', 'p');
          INSERT INTO neutron.ports (id, project_id, network_id, mac_address) VALUES ('o', 'p', 'n', 'm');
          INSERT INTO cinder.volumes (id, project_id, user_id, size, status) VALUES ('v', 'p', 'u', 2, 'available')`);
        expect(await applyMigrations(url)).toEqual(
          (await readMigrations()).map(({ name }) => name).filter((name) => name >= VERSIONS[version]),
        );
        expect(linesOf(await tablesOf(db))).toEqual(linesOf(await snapshots()));
        const { rows } = await db.query(`
          SELECT p.domain_id, d.name AS domain, n.name AS network, o.mac_address, v.size
          FROM keystone.projects p JOIN keystone.projects d ON d.id = p.domain_id AND d.is_domain
          JOIN neutron.networks n ON n.project_id = p.id JOIN neutron.ports o ON o.network_id = n.id
          JOIN cinder.volumes v ON v.project_id = p.id`);
        expect(rows).toEqual([
          { domain_id: 'default', domain: 'Default', network: 'private', mac_address: 'm', size: 2 },
        ]);
      });
    });

  it('that fails leaves all as it was, says which migration failed, and succeeds when its cause is gone', async () => {
    await inScratchDatabase(databaseUrl, async (db, url) => {
      await makeOlder(db, '0.4.0');
      const [tables, before] = [await tablesOf(db), await recorded(db)];
      // The last migration of all finds a table of its name.
      await db.query('CREATE TABLE nova.flavor_access (a INT)');
      await expect(applyMigrations(url)).rejects.toThrow(
        /_nova_flavor_access: relation "flavor_access" already exists/,
      );
      await db.query('DROP TABLE nova.flavor_access');
      expect([await tablesOf(db), await recorded(db)]).toEqual([tables, before]);
      await applyMigrations(url);
      expect(linesOf(await tablesOf(db))).toEqual(linesOf(await snapshots()));
    });
  });

  it('of a database in which an older version’s migration has not ended is refused', async () => {
    await inScratchDatabase(databaseUrl, async (db, url) => {
      await makeOlder(db, '0.4.0');
      await db.query(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name LIKE '%_identity'`);
      await expect(applyMigrations(url)).rejects.toThrow('_identity was begun by an older version and has not ended');
    });
  });

  it('that two processes begin at once is done by one while the other waits, and both succeed', async () => {
    await inScratchDatabase(databaseUrl, async (db, url) => {
      await makeOlder(db, '0.4.0');
      const migrate = async (): Promise<string> =>
        (
          await run(process.execPath, [path.join(ROOT, 'dist/cli/migrate.js')], {
            env: { ...process.env, DATABASE_URL: url },
          })
        ).stdout;
      // Both are there and wait before either begins.
      await db.query('SELECT pg_advisory_lock(72707369)');
      const both = [migrate(), migrate()];
      await until(
        async () => {
          const { rowCount } = await db.query(
            `SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()`,
          );
          return rowCount === 2 ? true : undefined;
        },
        20,
        60_000,
      );
      await db.query('SELECT pg_advisory_unlock(72707369)');
      const told = (await Promise.all(both)).toSorted((a, b) => a.length - b.length);
      expect(told[0]).toBe('applied: nothing to do\n');
      expect(told[1]).toMatch(/_operations.*_nova_flavor_access/);
      expect(await recorded(db)).toEqual((await readMigrations()).map(({ name }) => name));
    });
  });
});
