import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '#config';
import { Api, type Login } from './api.js';
import type { Passwords } from './seed-data.js';
import { Cloud, type Ready } from './cloud.js';
import { freePort } from './ports.js';
import { seedCloud, writeClientFiles } from './seed.js';

/** A cloud of a tool's or a test's own: its state directory goes away with it. */
export interface ScratchCloud {
  readonly cloud: Cloud;
  readonly home: string;
  readonly ready: Ready;
  readonly passwords: Passwords;
  readonly admin: Login;
  /** May be called twice. */
  stop(): Promise<void>;
}

/**
 * A state directory and free ports for a cloud, which is not started.
 * @returns the directory, and the environment that makes it the cloud's
 */
export async function scratchHome(
  settings: Readonly<Record<string, string>>,
  prefix: string,
): Promise<{ home: string; env: NodeJS.ProcessEnv }> {
  const home = await mkdtemp(path.join(os.tmpdir(), prefix));
  const names = ['api', 'postgres', 'temporal', 'temporalUi', 'metrics', 'conductorMetrics', 'hostMetrics'] as const;
  const chosen = await Promise.all(names.map(async (name) => [name, await freePort()] as const));
  const { api, ...ports } = Object.fromEntries(chosen) as Record<(typeof names)[number], number>;
  await writeFile(path.join(home, 'ports.json'), JSON.stringify(ports));
  return { home, env: { ...process.env, NOVAFLOW_HOME: home, NOVAFLOW_PORT: String(api), ...settings } };
}

/**
 * Starts a cloud on ports of its own, so that any number of them run side by side.
 * @param settings environment variables of config/
 * @param tell is given a line for each phase of the start
 * @param prefix of the name of its state directory
 */
export async function startScratchCloud(
  settings: Readonly<Record<string, string>>,
  tell: (line: string) => void = () => undefined,
  databaseSettings: Readonly<Record<string, string>> = {},
  prefix = 'novaflow-scratch-',
): Promise<ScratchCloud> {
  const { home, env } = await scratchHome(settings, prefix);
  const config = loadConfig(env);
  const cloud = new Cloud({
    config,
    env,
    phase: async (title, work) => (tell(title), work(tell)),
    tell,
    postgres: databaseSettings,
  });
  const stop = async (): Promise<void> => {
    await cloud.stop();
    if (process.env['NOVAFLOW_KEEP'] === undefined) await rm(home, { recursive: true, force: true });
  };
  try {
    const { ready, passwords } = await cloud.start();
    const admin: Login = { authUrl: ready.authUrl, username: 'admin', password: passwords.admin, project: 'admin' };
    await seedCloud(await Api.login(admin));
    await writeClientFiles(home, ready.authUrl, passwords, config.cloud.region);
    await cloud.announce();
    return { cloud, home, ready, passwords, admin, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs a tool on a cloud of its own, and stops that also on Ctrl-C. */
export async function onScratchCloud<T>(
  settings: Readonly<Record<string, string>>,
  work: (scratch: ScratchCloud) => Promise<T>,
  databaseSettings?: Readonly<Record<string, string>>,
): Promise<T> {
  const scratch = await startScratchCloud(settings, (line) => console.log(`  … ${line}`), databaseSettings);
  const interrupt = (): void => void scratch.stop().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  try {
    return await work(scratch);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
    await scratch.stop();
  }
}
