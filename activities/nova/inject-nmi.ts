import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

/**
 * Sends the guest an NMI, by which its kernel dumps its memory. It has no generation of its own, since others may work on the
 * guest meanwhile: which of two orders is the newer one, the time says at which the server gave it (fence.ts).
 */
export const injectNmi = computeStep(Type.Object(onMachine), ({ hypervisor, fence }, input) =>
  beating(() => fence.inTurn(input.serverId, undefined, () => hypervisor.injectNmi(input))),
);
