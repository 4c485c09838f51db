import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { point } from '../host/points.js';
import { Vif, onMachine } from '../schemas.js';
import { computeStep } from '../step.js';
import { heartbeat } from '../heartbeat.js';

/** Destroys the guest, and unplugs its cards: the undo of spawnServer, and a step of a delete. */
export const destroyGuest = computeStep(
  Type.Object({ ...onMachine, vifs: Type.Array(Vif) }),
  ({ hypervisor, cards, fence }, input) =>
    beating(() =>
      fence.inTurn(input.serverId, input.generation, async () => {
        await hypervisor.destroy(input, heartbeat);
        await point('destroyGuest:destroyed');
        await cards.unplug(input);
      }),
    ),
);
