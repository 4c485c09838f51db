/** What a change of the schema needs: Prisma's engine, as WASM since not every machine can fetch the native one. */
import { randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { ROOT } from '#config';
import { MIGRATIONS, ROWS, SCHEMA, SNAPSHOT, readMigrations, readSchema } from '#services/kernel/migrations/files';
import { describeDatabase, describeRows } from './describe.js';

const NO_FILTER = { externalTables: [], externalEnums: [] };

interface Engine {
  diff(input: object): Promise<{ exitCode: number; stdout?: string | null }>;
}
/** Node has WebAssembly; its types for version 20 leave it to the DOM's. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};
interface EngineModule {
  SchemaEngine: { new: (options: object, log: () => void, adapter: object) => Promise<Engine> };
  __wbg_set_wasm(exports: object): void;
}

/** One for the process: the glue has place for one instance. */
let loading: Promise<Engine> | undefined;

/** @param url of any PostgreSQL: what is compared are schemas, but the engine begins with a connection */
async function loadEngine(url: string): Promise<Engine> {
  const glueName = '@prisma/schema-engine-wasm/schema_engine_bg';
  const glue = (await import(glueName)) as EngineModule;
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
  const wasm = await readFile(path.join(path.dirname(entry), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: url }));
  const datamodels = (await readSchema(SCHEMA)).map((f) => [f.path, f.content]);
  return glue.SchemaEngine.new({ datamodels }, () => undefined, adapter);
}

/**
 * The SQL that takes the schema of one folder to that of another. @param from nothing: from an empty database
 * @returns undefined when they are the same
 */
export async function schemaChange(url: string, from: string | undefined, to: string): Promise<string | undefined> {
  const engine = await (loading ??= loadEngine(url));
  const change = await engine.diff({
    from: from === undefined ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: await readSchema(from) },
    to: { tag: 'schemaDatamodel', files: await readSchema(to) },
    script: true,
    exitCode: true,
    filters: NO_FILTER,
  });
  return change.exitCode === 0 ? undefined : (change.stdout ?? '');
}

/** Writes the migration from the snapshot to the schema. What Prisma's schema cannot say is added to it by hand. */
export async function newMigration(url: string, name: string): Promise<string> {
  const sql = await schemaChange(url, SNAPSHOT, SCHEMA);
  if (sql === undefined) return 'no change';
  const directory = path.join(MIGRATIONS, `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`);
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'migration.sql'), sql);
  await writeSnapshots(url);
  return `wrote ${path.relative(ROOT, directory)}; after a change by hand: npm run migrate -- snapshot`;
}

/** Writes the snapshots: what every migration, one after the other, makes of an empty database. */
export async function writeSnapshots(url: string): Promise<void> {
  const [tables, rows] = await inScratchDatabase(url, async (db) => {
    for (const { sql } of await readMigrations()) await db.query(sql);
    return [await describeDatabase(db), await describeRows(db)];
  });
  await rm(SNAPSHOT, { recursive: true, force: true });
  await cp(SCHEMA, SNAPSHOT, { recursive: true });
  await mkdir(ROWS, { recursive: true });
  for (const [service, sql] of tables) await writeFile(path.join(SNAPSHOT, `${service}.sql`), sql);
  for (const [service, sql] of rows) await writeFile(path.join(ROWS, `${service}.sql`), sql);
}

/** Makes a database beside the one of `url`, for as long as `work` runs. */
export async function inScratchDatabase<T>(url: string, work: (db: pg.Client, url: string) => Promise<T>): Promise<T> {
  const name = `scratch_${randomUUID().replaceAll('-', '')}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const scratch = new URL(url);
  scratch.pathname = `/${name}`;
  const db = new pg.Client({ connectionString: scratch.href });
  try {
    await db.connect();
    return await work(db, scratch.href);
  } finally {
    await db.end();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
}
