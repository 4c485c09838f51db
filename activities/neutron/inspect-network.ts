import { Type } from 'typebox';
import type { HostInventory } from '#services/audit/index';
import { networkStep } from '../step.js';

/**
 * The network cards that the machine has, and all else that its networks are made of, for an audit. Only nova-compute plugs and unplugs them, since it has their
 * fences.
 */
export const inspectNetwork = networkStep(
  Type.Object({ machine: Type.String() }),
  async ({ network }, { machine }): Promise<HostInventory> => {
    const [plugged, parts] = await Promise.all([network.list(), network.parts()]);
    return {
      machine,
      role: 'network',
      parts,
      items: plugged.map((c) => ({ kind: 'vif', id: c.portId, owner: c.serverId, host: c.host })),
    };
  },
);
