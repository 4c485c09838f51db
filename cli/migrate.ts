/**
 * Prisma migrations without Prisma's native schema engine, which not every machine can fetch: the same engine as WASM.
 *   npm run migrate                applies prisma/migrations to DATABASE_URL
 *   npm run migrate -- new NAME    writes the SQL that takes prisma/migrations to prisma/schema
 */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { ROOT } from '#config';

const SCHEMA = path.join(ROOT, 'prisma/schema');
const MIGRATIONS = path.join(ROOT, 'prisma/migrations');
/** The engine cannot read a live database here, so each migration keeps the schema it leads to. */
const SNAPSHOT = path.join(MIGRATIONS, 'schema.snapshot');
const NO_FILTER = { externalTables: [], externalEnums: [] };

interface Engine {
  applyMigrations(input: object): Promise<{ appliedMigrationNames: string[] }>;
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

async function loadEngine(url: string): Promise<Engine> {
  const glueName = '@prisma/schema-engine-wasm/schema_engine_bg';
  const glue = (await import(glueName)) as EngineModule;
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
  const wasm = await readFile(path.join(path.dirname(entry), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: url }));
  const datamodels = (await schemaFiles()).map((f) => [f.path, f.content]);
  return glue.SchemaEngine.new({ datamodels }, () => undefined, adapter);
}

async function schemaFiles(): Promise<{ path: string; content: string }[]> {
  const names = (await readdir(SCHEMA)).filter((n) => n.endsWith('.prisma')).toSorted();
  return Promise.all(
    names.map(async (n) => ({ path: path.join(SCHEMA, n), content: await readFile(path.join(SCHEMA, n), 'utf8') })),
  );
}

async function migrationsList(): Promise<object> {
  const directories = (await readdir(MIGRATIONS, { withFileTypes: true })).filter((d) => d.isDirectory());
  const names = directories.map((d) => d.name).toSorted();
  return {
    baseDir: MIGRATIONS,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(path.join(MIGRATIONS, 'migration_lock.toml'), 'utf8').catch(() => null),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => {
        const value = await readFile(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8');
        return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value } } };
      }),
    ),
  };
}

/** Applies what the database lacks, and returns the names of the migrations applied. */
export async function applyMigrations(url: string): Promise<string[]> {
  const engine = await loadEngine(url);
  const { appliedMigrationNames } = await engine.applyMigrations({
    migrationsList: await migrationsList(),
    filters: NO_FILTER,
  });
  return appliedMigrationNames;
}

async function writeMigration(url: string, name: string): Promise<string> {
  const before = await readFile(SNAPSHOT, 'utf8').catch(() => undefined);
  const files = await schemaFiles();
  const from =
    before === undefined
      ? { tag: 'empty' }
      : { tag: 'schemaDatamodel', files: [{ path: 'before.prisma', content: before }] };
  const engine = await loadEngine(url);
  const change = await engine.diff({
    from,
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: true,
    filters: NO_FILTER,
  });
  if (change.exitCode === 0) return 'no change';
  const directory = path.join(MIGRATIONS, `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`);
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'migration.sql'), change.stdout ?? '');
  await writeFile(SNAPSHOT, files.map((f) => f.content).join('\n'));
  await writeFile(path.join(MIGRATIONS, 'migration_lock.toml'), 'provider = "postgresql"\n');
  return `wrote ${path.relative(ROOT, directory)}`;
}

async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('Set DATABASE_URL to the PostgreSQL database to migrate.');
  const [command, name] = process.argv.slice(2);
  if (command === 'new' && name) console.log(await writeMigration(url, name));
  else if (command === undefined) console.log(`applied: ${(await applyMigrations(url)).join(', ') || 'nothing to do'}`);
  else throw new Error('Usage: npm run migrate [-- new NAME]');
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
