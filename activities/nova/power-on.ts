import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

/** Starts the guest with the disks and cards that it has now. */
export const powerOn = computeStep(
  Type.Object({ ...onMachine, generation: Type.Integer() }),
  ({ hypervisor, fence }, input) =>
    beating(() => fence.inTurn(input.serverId, input.generation, () => hypervisor.powerOn(input))),
);
