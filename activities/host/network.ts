import type { NetworkDriver } from '#drivers/network/index';
import type { NetworkActivities } from '../contract.js';

/** The network agent's activities. Cards are plugged and unplugged by nova-compute alone, which fences them. */
export const makeNetworkActivities = (network: NetworkDriver): NetworkActivities => ({
  async inspectNetwork({ machine }) {
    const plugged = await network.list();
    return {
      machine,
      role: 'network',
      items: plugged.map((c) => ({ kind: 'vif', id: c.portId, owner: c.serverId, host: c.host })),
    };
  },
});
