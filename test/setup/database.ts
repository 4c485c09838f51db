import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort } from '#apps/standalone/ports';
import { embeddedPostgres, ensureDatabase } from '#apps/standalone/postgres';
import { Supervisor } from '#apps/standalone/supervisor';
import { applyMigrations } from '#services/kernel/migrations/apply';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a PostgreSQL with every table and no rows, for tests of services that need nothing else. */
    databaseUrl: string;
  }
}

/** One PostgreSQL for all tests of the size `service`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-database-'));
  const supervisor = new Supervisor(
    home,
    () => undefined,
    () => undefined,
  );
  const stop = async (): Promise<void> => {
    await supervisor.stop(['postgres']);
    await rm(home, { recursive: true, force: true });
  };
  try {
    const { url, prepare } = embeddedPostgres(home, await freePort(), 'only-for-tests');
    await supervisor.start(await prepare());
    await ensureDatabase(url);
    await applyMigrations(url);
    project.provide('databaseUrl', url);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}
