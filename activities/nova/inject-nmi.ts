import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

/**
 * Sends the guest an NMI, on which its kernel dumps its memory. It has no generation, since other operations may work
 * on the guest at the same time. Of two orders the newer one is that which Temporal scheduled later (fence.ts).
 */
export const injectNmi = computeStep(Type.Object(onMachine), ({ hypervisor, fence }, input) =>
  beating(() => fence.inTurn(input.serverId, undefined, () => hypervisor.injectNmi(input))),
);
