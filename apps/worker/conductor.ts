import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as conductorSteps from '#activities/conductor';
import { makeActivities } from '#activities/step';
import { TemporalEngine, makeClient } from '#apps/temporal/index';
import { ROOT } from '#config';
import { makeServices } from '#services/index';
import { CONDUCTOR_QUEUE } from '#workflows/engine/queues';
import { Notifier, watchAlarms } from './alarms.js';
import { placeNetworks } from './network-schedule.js';
import { passOn, webhooksOf } from './notifier.js';
import { sinksOf } from './operation-spans.js';
import type { RoleFactory } from './run.js';
import { repeat } from './upkeep.js';

/** Where `npm run build` puts the workflows, bundled ahead of time. */
export const BUNDLE = path.join(ROOT, 'dist/workflow-bundle.js');

/** How often the relay looks for workflows that still have to be started. */
const RELAY_MS = 1_000;
/** The same while boots wait for room: a fraction of what the boots under way take, so that none of the room is idle. */
const ADMIT_MS = 200;

/** nova-conductor: the workflows, and the activities that may use the database. */
export const conductor: RoleFactory = async (config, log, tracing) => {
  const webhooks = await webhooksOf(config);
  const client = makeClient(config);
  const engine = new TemporalEngine(client, tracing);
  const services = makeServices(config, engine, log);
  const measured = config.cloud.metrics_port > 0;
  if (measured) (await import('#apps/metrics/database-pool')).showPool(services.pool);
  const count = measured ? (await import('./alarm-metrics.js')).countNotification : () => undefined;
  const notifier = new Notifier(services.aodh, config, log, count);
  // A report that fails is followed by the next one; what stays away shows in the list of services.
  const reportConductor = (): Promise<void> =>
    services.nova.conductors.report(config.cloud.host).catch((error: unknown) => {
      log.debug({ error: error instanceof Error ? error.message : error }, 'report not taken; the next one follows');
    });
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: run npm run build.`);
  return {
    taskQueue: CONDUCTOR_QUEUE,
    options: {
      workflowBundle: { codePath: BUNDLE },
      activities: makeActivities(conductorSteps, { services, engine }),
      sinks: sinksOf(tracing),
      maxCachedWorkflows: config.temporal.workflow_cache,
      // Far more than the pool has connections: a step that waits here for one came with its workflow task's answer. A
      // step that finds no place goes through the task queue, which was a quarter of Temporal's CPU (operators/tune.md).
      maxConcurrentActivityTaskExecutions: 100,
      maxConcurrentWorkflowTaskExecutions: 40,
    },
    async alongside(signal) {
      void reportConductor();
      const reports = setInterval(() => void reportConductor(), config.nova.report_interval * 1000);
      signal.addEventListener('abort', () => clearInterval(reports));
      const passing = passOn(services, webhooks, config.ceilometer.interval, log, signal);
      const alarms = watchAlarms(services.aodh, notifier, log, signal);
      const keeping = repeat(
        'the upkeep of measures',
        config.gnocchi.upkeep_interval * 1000,
        () => services.gnocchi.upkeep.run(),
        log,
        signal,
      );
      const placing = placeNetworks(services, log, signal);
      while (!signal.aborted) {
        const due = await services.outbox.relay().catch((error: unknown) => {
          log.warn(
            { error: error instanceof Error ? error.message.split('\n').at(-1) : error },
            'the outbox cannot be read; trying again',
          );
          return 0;
        });
        if (due > 0) log.info({ due }, 'relayed workflow starts');
        const waiting = await services.nova.admission.release().catch(() => 0);
        await sleep(waiting > 0 ? ADMIT_MS : RELAY_MS, undefined, { signal }).catch(() => undefined);
      }
      await Promise.all([passing, alarms, keeping, placing]);
    },
    async close() {
      await services.close();
      await client.connection.close();
    },
  };
};
