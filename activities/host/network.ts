import type { NetworkDriver } from '#drivers/network/index';
import type { NetworkActivities } from '../contract.js';
import { beating } from './beat.js';
import { Fence } from './fence.js';

/** The network agent's activities. */
export function makeNetworkActivities(network: NetworkDriver): NetworkActivities {
  const fence = new Fence();
  return {
    plugNetwork: ({ serverId, host, vifs }) =>
      beating(async () => {
        for (const { portId, networkId, mac, mtu, fixedIps } of vifs) {
          fence.pass(`${portId} on ${host}`);
          await network.plug({ portId, serverId, host, networkId, mac, mtu, ips: fixedIps.map((f) => f.ip) });
        }
      }),

    unplugNetwork: ({ host, vifs }) =>
      beating(async () => {
        for (const { portId } of vifs) {
          fence.pass(`${portId} on ${host}`);
          await network.unplug({ portId, host });
        }
      }),

    async inspectNetwork({ machine }) {
      const cards = await network.list();
      return {
        machine,
        role: 'network',
        items: cards.map((c) => ({ kind: 'vif', id: c.portId, owner: c.serverId, host: c.host })),
      };
    },
  };
}
