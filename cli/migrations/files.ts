import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '#config';

export const SCHEMA = path.join(ROOT, 'prisma/schema');
export const MIGRATIONS = path.join(ROOT, 'prisma/migrations');
/** Of each service its tables as SQL, and its part of the schema that the migrations lead to. */
export const SNAPSHOT = path.join(ROOT, 'prisma/snapshot');

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

/** All migrations, in their order. */
export async function readMigrations(): Promise<Migration[]> {
  const folders = (await readdir(MIGRATIONS, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return Promise.all(
    folders
      .map(({ name }) => name)
      .toSorted()
      .map(async (name) => ({ name, sql: await readFile(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8') })),
  );
}

/** The tables of every service, as the migrations leave them. */
export const readSnapshots = async (): Promise<Migration[]> =>
  (await filesIn(SNAPSHOT, '.sql')).map(({ name, text: sql }) => ({ name, sql }));

/** Prisma's schema in a folder, as its engine takes it. */
export const readSchema = async (folder: string): Promise<{ path: string; content: string }[]> =>
  (await filesIn(folder, '.prisma')).map(({ name, text: content }) => ({ path: path.join(folder, name), content }));
