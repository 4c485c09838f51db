import path from 'node:path';
import { ApiClient } from '#activities/host/api-client';
import * as networkSteps from '#activities/network';
import { makeActivities } from '#activities/step';
import type { Config } from '#config';
import { FakeNetwork } from '#drivers/network/fake';
import type { NetworkDriver } from '#drivers/network/index';
import { networkQueue } from '#workflows/engine/queues';
import { reportForever } from './reporting.js';
import type { RoleFactory } from './run.js';

/** The network of this machine: nova-compute plugs cards into it, and the agent watches over them. */
export const openNetwork = (config: Config): NetworkDriver => new FakeNetwork(path.join(config.home, 'vifs'));

/** neutron-agent: the cards of one machine's guests. */
export const network: RoleFactory = (config, log) => {
  const machine = config.cloud.host;
  const api = new ApiClient(config, 'neutron-agent');
  const driver = openNetwork(config);
  log.info({ driver: driver.type }, 'FAKE network: cards are recorded, no packet is carried');
  return {
    taskQueue: networkQueue(machine),
    options: { activities: makeActivities(networkSteps, { network: driver }), maxConcurrentActivityTaskExecutions: 50 },
    alongside: (signal) =>
      reportForever(
        api,
        log,
        {
          binary: 'neutron-agent',
          machine,
          intervalSeconds: config.nova.report_interval,
          body: () => Promise.resolve({ facts: { driver: driver.type } }),
        },
        signal,
      ),
    close: () => Promise.resolve(),
  };
};
