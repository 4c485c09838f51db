import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import type { Passwords } from '#apps/standalone/seed-data';
import type { Cloud } from '#apps/standalone/cloud';
import { startScratchCloud } from '#apps/standalone/scratch';

/** A cloud that tests use. */
export interface TestCloud {
  readonly home: string;
  readonly authUrl: string;
  readonly temporalAddress: string;
  /** Of the api, with those of the whole cloud. */
  readonly metricsUrl: string;
  /** Of every process. */
  readonly metricsUrls: readonly string[];
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

/** A cloud of a test's own, to be stopped by it. */
export interface OwnCloud {
  readonly cloud: Cloud;
  readonly at: TestCloud;
  stop(): Promise<void>;
}

/**
 * Starts a cloud of a test's own, with a state directory that goes away with it.
 * @param prefix of the state directory's name
 */
export async function startCloud(settings: Record<string, string>, prefix?: string): Promise<OwnCloud> {
  const scratch = await startScratchCloud(
    {
      NOVAFLOW_MODE: 'development',
      NOVAFLOW_LOG_LEVEL: 'info',
      // Tests hold boots up; those of one must not keep those of another from beginning.
      NOVAFLOW_BOOTS_UNDER_WAY: '1000',
      ...settings,
    },
    undefined,
    undefined,
    prefix,
  );
  const { cloud, home, ready, passwords } = scratch;
  const payloadKey = settings['TEMPORAL_PAYLOAD_KEY'];
  const at: TestCloud = {
    home,
    authUrl: ready.authUrl,
    metricsUrl: ready.metricsUrls['api']!,
    metricsUrls: Object.values(ready.metricsUrls),
    temporalAddress: cloud.temporalAddress,
    databaseUrl: cloud.databaseUrl,
    passwords,
    ...(payloadKey === undefined ? {} : { payloadKey }),
  };
  return { cloud, at, stop: () => scratch.stop() };
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const qemu = (process.env['PATH'] ?? '').split(':').some((d) => existsSync(path.join(d, 'qemu-system-x86_64')));
  if (!qemu) throw new Error('The tests boot real guests: install QEMU (apt-get install qemu-system-x86 qemu-utils).');
  const simulated = { NOVAFLOW_HYPERVISOR: 'fake', NOVAFLOW_SIMULATED_HOSTS: '2' };
  const settings = {
    fake: simulated,
    uncached: { ...simulated, NOVAFLOW_WORKFLOW_CACHE: '0' },
    real: {
      NOVAFLOW_HYPERVISOR: 'qemu',
      // What is measured, and alarms of it, are seen within seconds; on a busy machine samples come some seconds late.
      NOVAFLOW_CEILOMETER_INTERVAL: '2',
      NOVAFLOW_CEILOMETER_ARCHIVE_POLICY: 'ceilometer-high-rate',
      NOVAFLOW_ALARM_INTERVAL: '1',
      NOVAFLOW_ALARM_LAG: '10',
      // The receivers of tests.
      NOVAFLOW_WEBHOOK_NETWORKS: '127.0.0.0/8',
    },
  };
  const starts = await Promise.allSettled(
    Object.entries(settings).map(async ([name, one]) => {
      const started = await startCloud(one);
      project.provide(name as keyof typeof settings, started.at);
      return started;
    }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(starts.flatMap((s) => (s.status === 'fulfilled' ? [s.value.stop()] : [])));
  };
  const failed = starts.find((s) => s.status === 'rejected');
  if (!failed) return stop;
  await stop();
  throw failed.reason;
}
