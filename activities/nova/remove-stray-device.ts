import { Type } from 'typebox';
import type { NamedDevices } from '#services/audit/index';
import { beating } from '../host/beat.js';
import { onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

const strayDevice = Type.Object({
  ...onMachine,
  /** Whether it is the disk of a volume or the card of a port. */
  of: Type.Enum(['volumes', 'ports']),
  id: Type.String(),
});

/**
 * Takes a device from the guest that no record names. The records are asked in the guest's turn: whoever attaches it by
 * then has a record first, and has his turn after this one. @returns false when a record names it after all
 */
export const removeStrayDevice = computeStep(strayDevice, ({ hypervisor, cards, fence, api }, { of, id, ...at }) =>
  beating(() =>
    fence.inTurn(at.serverId, undefined, async () => {
      const named = await api.get<NamedDevices>(`/internal/servers/${at.serverId}/devices`);
      if (named[of].includes(id)) return false;
      if (of === 'volumes') await hypervisor.detachDisk(at, id);
      else {
        await hypervisor.detachCard(at, id);
        await cards.unplug({ host: at.host, vifs: [{ portId: id }] });
      }
      return true;
    }),
  ),
);
