import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

/** Runs the guest from its saved memory. */
export const resumeGuest = computeStep(
  Type.Object({ ...onMachine, generation: Type.Integer() }),
  ({ hypervisor, fence }, input) =>
    beating(() => fence.inTurn(input.serverId, input.generation, () => hypervisor.resume(input))),
);
