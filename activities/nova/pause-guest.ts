import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

/** Stops the guest's processors. */
export const pauseGuest = computeStep(
  Type.Object({ ...onMachine, generation: Type.Integer() }),
  ({ hypervisor, fence }, input) =>
    beating(() => fence.inTurn(input.serverId, input.generation, () => hypervisor.pause(input))),
);
