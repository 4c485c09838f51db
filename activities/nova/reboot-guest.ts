import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

/** Starts the guest anew; SOFT asks it first. */
export const rebootGuest = computeStep(
  Type.Object({
    ...onMachine,
    type: Type.Enum(['SOFT', 'HARD']),
    graceSeconds: Type.Integer(),
    generation: Type.Integer(),
  }),
  ({ hypervisor, fence }, input) =>
    beating(() =>
      fence.inTurn(input.serverId, input.generation, () => hypervisor.reboot(input, input.type, input.graceSeconds)),
    ),
);
