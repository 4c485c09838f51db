import { Type } from 'typebox';
import type { HostInventory } from '#services/audit/index';
import { computeStep } from '../step.js';

/** The guests, and the disks of guests, that the machine has: for an audit. */
export const inspectCompute = computeStep(
  Type.Object({ machine: Type.String() }),
  async ({ hypervisor }, { machine }): Promise<HostInventory> => {
    const traces = await hypervisor.list();
    return {
      machine,
      role: 'compute',
      items: traces.map(({ kind, id, serverId, host }) => ({ kind, id, owner: serverId, host })),
    };
  },
);
