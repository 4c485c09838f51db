import { Type } from 'typebox';
import type { HostInventory } from '#services/audit/index';
import { volumeStep } from '../step.js';

/** The volumes that the storage host has, for an audit. */
export const inspectVolumes = volumeStep(
  Type.Object({ machine: Type.String() }),
  async ({ driver }, { machine }): Promise<HostInventory> => {
    const ids = await driver.list();
    return { machine, role: 'volume', items: ids.map((id) => ({ kind: 'volume bytes', id, owner: id })) };
  },
);
