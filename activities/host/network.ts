import type { NetworkDriver } from '#drivers/network/index';
import type { NetworkActivities } from '../contract.js';
import { beating } from './beat.js';
import { Cards } from './cards.js';

/** The network agent's activities. */
export function makeNetworkActivities(network: NetworkDriver): NetworkActivities {
  const cards = new Cards(network);
  return {
    unplugNetwork: (input) => beating(() => cards.unplug(input)),

    async inspectNetwork({ machine }) {
      const plugged = await network.list();
      return {
        machine,
        role: 'network',
        items: plugged.map((c) => ({ kind: 'vif', id: c.portId, owner: c.serverId, host: c.host })),
      };
    },
  };
}
