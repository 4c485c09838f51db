import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

/** Presses the power button, and switches the guest off when it still runs after the grace. */
export const powerOff = computeStep(
  Type.Object({ ...onMachine, graceSeconds: Type.Integer(), generation: Type.Integer() }),
  ({ hypervisor, fence }, input) =>
    beating(() => fence.inTurn(input.serverId, input.generation, () => hypervisor.powerOff(input, input.graceSeconds))),
);
