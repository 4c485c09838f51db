import { Type } from 'typebox';
import type { HostInventory } from '#services/audit/index';
import { computeStep } from '../step.js';

/** The guests, their disks and their devices that the machine has: for an audit. */
export const inspectCompute = computeStep(
  Type.Object({ machine: Type.String() }),
  async ({ hypervisor }, { machine }): Promise<HostInventory> => {
    const [traces, devices] = await Promise.all([hypervisor.list(), hypervisor.devices()]);
    return {
      machine,
      role: 'compute',
      items: traces.map(({ kind, id, serverId, host }) => ({ kind, id, owner: serverId, host })),
      devices: devices.map(({ serverId, host, volumes, ports }) => ({ owner: serverId, host, volumes, ports })),
    };
  },
);
