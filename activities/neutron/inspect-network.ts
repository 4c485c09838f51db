import { Type } from 'typebox';
import type { HostInventory } from '#services/audit/index';
import { networkStep } from '../step.js';

/** What the machine has of cards, for an audit. They are plugged and unplugged by nova-compute alone, which fences them. */
export const inspectNetwork = networkStep(
  Type.Object({ machine: Type.String() }),
  async ({ network }, { machine }): Promise<HostInventory> => {
    const plugged = await network.list();
    return {
      machine,
      role: 'network',
      items: plugged.map((c) => ({ kind: 'vif', id: c.portId, owner: c.serverId, host: c.host })),
    };
  },
);
