import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '#config';

export const SCHEMA = path.join(ROOT, 'prisma/schema');
export const MIGRATIONS = path.join(ROOT, 'prisma/migrations');
/** Of each service its tables as SQL, and its part of the schema that the migrations lead to. */
export const SNAPSHOT = path.join(ROOT, 'prisma/snapshot');

/** The rows that a new database has. */
export const ROWS = path.join(SNAPSHOT, 'rows');

/** A file of SQL. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** Files of a folder that end so, by name. */
async function filesIn(folder: string, end: string): Promise<{ name: string; text: string }[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(end)).toSorted();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(path.join(folder, name), 'utf8') })));
}

/**
 * The migrations, in their order.
 * @param but those that are left out, by their names: the others alone are read
 */
export async function readMigrations(but: ReadonlySet<string> = new Set()): Promise<Migration[]> {
  const folders = (await readdir(MIGRATIONS, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return Promise.all(
    folders
      .map(({ name }) => name)
      .filter((name) => !but.has(name))
      .toSorted()
      .map(async (name) => ({ name, sql: await readFile(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8') })),
  );
}

/** The tables of every service, as the migrations leave them. */
export const readSnapshots = async (): Promise<Migration[]> =>
  (await filesIn(SNAPSHOT, '.sql')).map(({ name, text: sql }) => ({ name, sql }));

/** The rows that go into them, service by service. */
export const readRows = async (): Promise<Migration[]> =>
  (await filesIn(ROWS, '.sql')).map(({ name, text: sql }) => ({ name: `rows/${name}`, sql }));

/** Prisma's schema in a folder, as its engine takes it. */
export const readSchema = async (folder: string): Promise<{ path: string; content: string }[]> =>
  (await filesIn(folder, '.prisma')).map(({ name, text: content }) => ({ path: path.join(folder, name), content }));
