import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

/** Writes the guest's memory to its host's disk and ends its process. */
export const suspendGuest = computeStep(
  Type.Object({ ...onMachine, generation: Type.Integer() }),
  ({ hypervisor, fence }, input) =>
    beating(() => fence.inTurn(input.serverId, input.generation, () => hypervisor.suspend(input))),
);
