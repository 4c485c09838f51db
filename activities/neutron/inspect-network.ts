import { Type } from 'typebox';
import type { HostInventory } from '#services/audit/index';
import { networkStep } from '../step.js';

/**
 * The network cards that the machine has, for an audit. Only nova-compute plugs and unplugs them, since it has their
 * fences.
 */
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
