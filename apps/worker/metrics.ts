import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Counter, Histogram } from 'prom-client';
import type { RuntimeOptions } from '@temporalio/worker';
import { serveMetrics } from '#apps/metrics/endpoint';
import type { Config } from '#config';
import type { Logger } from '#services/kernel/log';
import type { StepEnd } from './interceptors.js';

/** From a marker's few milliseconds to an image that is fetched. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

const steps = new Histogram({
  name: 'novaflow_step_seconds',
  help: 'Attempts of steps (activities, undos too) in this process, by how they ended: done, cancelled, or the verdict of their failure.',
  labelNames: ['step', 'outcome'],
  buckets: BUCKETS,
});
const again = new Counter({
  name: 'novaflow_step_retries_total',
  help: 'Attempts of steps in this process that were not the first.',
  labelNames: ['step'],
});

export function countStep({ step, attempt, outcome, ms }: StepEnd): void {
  steps.observe({ step, outcome }, ms / 1000);
  if (attempt > 1) again.inc({ step });
}

type Telemetry = NonNullable<RuntimeOptions['telemetryOptions']>;

/** Somebody may take the port between the moment that it was found free and its use: then another one is tried. */
const TRIES = 5;

/**
 * Lets Temporal's SDK count (in its native part, at no cost for ours), and serves all of this process's metrics on one port. The SDK
 * serves its own by itself only: on a port of this machine's loopback, which nobody else needs to know.
 * @param install makes the SDK's runtime. @throws when it cannot be made for another reason than its port
 */
export async function measure(
  config: Config,
  log: Logger,
  install: (telemetry: Telemetry) => void,
): Promise<{ close(): void } | undefined> {
  for (let tries = 1; ; tries++) {
    const bindAddress = `127.0.0.1:${await anyPort()}`;
    try {
      install({
        metrics: {
          prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
        },
      });
    } catch (error) {
      if (tries === TRIES) throw error;
      continue;
    }
    return serveMetrics(config, log, [async () => (await fetch(`http://${bindAddress}/metrics`)).text()]);
  }
}

async function anyPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
