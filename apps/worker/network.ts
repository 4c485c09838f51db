import path from 'node:path';
import { ApiClient } from '#activities/host/api-client';
import { answerMetadata } from '#activities/host/metadata';
import * as networkSteps from '#activities/network';
import { makeActivities } from '#activities/step';
import type { Config } from '#config';
import { FakeNetwork } from '#drivers/network/fake';
import type { NetworkDriver } from '#drivers/network/index';
import type { AtNetworkPoint } from '#drivers/network/points';
import { LinuxNetwork } from '#drivers/network/linux/linux';
import type { AnswerMetadata } from '#drivers/network/linux/metadata';
import { whyNotLinux } from '#drivers/network/linux/probe';
import { UserNetwork } from '#drivers/network/user';
import type { Logger } from '#services/kernel/log';
import { networkQueue } from '#workflows/engine/queues';
import { guestUserOf } from './guest-user.js';
import { NetworkFollower } from './network-state.js';
import { reportForever } from './reporting.js';
import type { RoleFactory } from './run.js';

/** A network driver, and why it is not a better one. */
interface ChosenNetwork {
  readonly driver: NetworkDriver;
  readonly reason?: string;
}

/** What a role has to do with the driver. */
interface Part {
  /** Who answers guests that ask for metadata: the agent's business. */
  readonly metadata?: AnswerMetadata;
  /** Told of each point that is reached on the way of a card: nova-compute's business. */
  readonly reach?: AtNetworkPoint;
}

/**
 * The network of this machine: nova-compute plugs cards into it, and the agent watches over them.
 * @throws where the driver that is asked for cannot be had: a guest must not lack a network that it was promised
 */
export async function openNetwork(config: Config, part: Part): Promise<ChosenNetwork> {
  const wanted = config.compute.network_driver;
  const cards = path.join(config.home, 'vifs');
  if (wanted === 'fake') return { driver: new FakeNetwork(cards) };
  const reason = wanted === 'user' ? 'QEMU’s own was asked for' : await whyNotLinux();
  const options = { outsideJoined: config.neutron.outside_joined, ...part };
  if (reason === undefined) return { driver: new LinuxNetwork(config.home, await guestUserOf(config), options) };
  if (wanted === 'linux') throw new Error(`NOVAFLOW_NETWORK_DRIVER=linux cannot be had on this machine: ${reason}.`);
  const driver = await UserNetwork.open(cards, config.home, await guestUserOf(config));
  return {
    driver,
    reason: driver.closed === undefined ? reason : `${reason}; guests have no way out: ${driver.closed}`,
  };
}

/** Says in the log which network a role has. */
function sayNetwork({ driver, reason }: ChosenNetwork, log: Logger): void {
  if (driver.type === 'fake') log.info('FAKE network: cards are recorded, no packet is carried');
  else log.info({ driver: driver.type, reason }, 'network driver chosen; the reason says why it is not linux');
}

/** neutron-agent: the cards of one machine's guests. */
export const network: RoleFactory = async (config, log) => {
  const machine = config.cloud.host;
  const api = new ApiClient(config, 'neutron-agent');
  const chosen = await openNetwork(config, { metadata: answerMetadata(api, log) });
  const { driver, reason } = chosen;
  sayNetwork(chosen, log);
  const { local_ip: tunnel_address, availability_zone } = config.neutron;
  const facts = { driver: driver.type, tunnel_address, availability_zone, ...(reason === undefined ? {} : { reason }) };
  // From now on, and not only once the roles of this process are ready: nova-compute starts the guests that the machine had, and
  // their cards are connected here.
  const leaving = new AbortController();
  const followed = new NetworkFollower(api, driver, log).run(leaving.signal);
  return {
    taskQueue: networkQueue(machine),
    options: { activities: makeActivities(networkSteps, { network: driver }), maxConcurrentActivityTaskExecutions: 50 },
    alongside: async (signal) => {
      const leave = (): void => leaving.abort();
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
      const intervalSeconds = config.nova.report_interval;
      const report = { binary: 'neutron-agent', machine, intervalSeconds, body: () => Promise.resolve({ facts }) };
      await Promise.all([reportForever(api, log, report, signal), followed]);
    },
    suspend: async () => {
      // Guests that stay keep their networks.
      if (config.compute.keep_guests) return;
      // A change that came now would make again what is taken down.
      leaving.abort();
      await followed;
      await driver.leave();
    },
    close: () => Promise.resolve(),
  };
};
