import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { Vif, onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

/** For cards without a server: those of a server go with its guest. */
export const unplugNetwork = computeStep(Type.Object({ ...onMachine, vifs: Type.Array(Vif) }), ({ cards }, input) =>
  beating(() => cards.unplug(input)),
);
