import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadConfig } from '#config';
import { Api } from '#cli/api';
import type { Passwords } from '#cli/seed-data';
import { Cloud } from '#cli/up/cloud';
import { freePort } from '#cli/up/ports';
import { seedCloud, writeClientFiles } from '#cli/up/seed';

/** A cloud that tests use. */
export interface TestCloud {
  readonly home: string;
  readonly authUrl: string;
  readonly temporalAddress: string;
  readonly metricsUrl: string;
  readonly databaseUrl: string;
  /** File of the key that payloads are encrypted with, where they are. */
  readonly payloadKey?: string;
  readonly passwords: Passwords;
}
declare module 'vitest' {
  interface ProvidedContext {
    /** Two simulated hosts, failure injection on: for everything that needs no real guest. */
    fake: TestCloud;
    /** The same with a conductor that keeps no workflow in memory. */
    uncached: TestCloud;
    /** Real QEMU guests. */
    real: TestCloud;
  }
}

/** Starts a cloud of a test's own, with a state directory that goes away with it. */
export async function startCloud(
  settings: Record<string, string>,
): Promise<{ cloud: Cloud; at: TestCloud; stop(): Promise<void> }> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-test-'));
  const env = {
    ...process.env,
    NOVAFLOW_HOME: home,
    NOVAFLOW_PORT: String(await freePort()),
    NOVAFLOW_MODE: 'development',
    NOVAFLOW_LOG_LEVEL: 'info',
    ...settings,
  };
  // Clouds start side by side: each gets ports of its own instead of trying for the usual ones.
  const [postgres, temporal, temporalUi, metrics] = await Promise.all([1, 2, 3, 4].map(() => freePort()));
  await writeFile(path.join(home, 'ports.json'), JSON.stringify({ postgres, temporal, temporalUi, metrics }));
  const config = loadConfig(env);
  const cloud = new Cloud({ config, env, phase: (_title, work) => work(() => undefined), tell: () => undefined });
  const stop = async (): Promise<void> => {
    await cloud.stop();
    if (process.env['NOVAFLOW_TEST_KEEP'] === undefined) await rm(home, { recursive: true, force: true });
  };
  try {
    const { ready, passwords } = await cloud.start();
    await seedCloud(
      await Api.login({ authUrl: ready.authUrl, username: 'admin', password: passwords.admin, project: 'admin' }),
    );
    await writeClientFiles(home, ready.authUrl, passwords, config.NOVAFLOW_REGION);
    await cloud.announce();
    return {
      cloud,
      at: {
        home,
        authUrl: ready.authUrl,
        metricsUrl: ready.metricsUrl,
        temporalAddress: cloud.temporalAddress,
        databaseUrl: cloud.databaseUrl,
        passwords,
        ...(settings['TEMPORAL_PAYLOAD_KEY'] === undefined ? {} : { payloadKey: settings['TEMPORAL_PAYLOAD_KEY'] }),
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const qemu = (process.env['PATH'] ?? '').split(':').some((d) => existsSync(path.join(d, 'qemu-system-x86_64')));
  if (!qemu) throw new Error('The tests boot real guests: install QEMU (apt-get install qemu-system-x86 qemu-utils).');
  const simulated = { NOVAFLOW_HYPERVISOR: 'fake', NOVAFLOW_SIMULATED_HOSTS: '2' };
  const settings = {
    fake: simulated,
    uncached: { ...simulated, NOVAFLOW_WORKFLOW_CACHE: '0' },
    real: { NOVAFLOW_HYPERVISOR: 'qemu' },
  };
  const starts = await Promise.allSettled(
    Object.entries(settings).map(async ([name, one]) => {
      const started = await startCloud(one);
      project.provide(name as keyof typeof settings, started.at);
      return started;
    }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(starts.map((s) => (s.status === 'fulfilled' ? s.value.stop() : undefined)));
  };
  const failed = starts.find((s) => s.status === 'rejected');
  if (!failed) return stop;
  await stop();
  throw failed.reason;
}
