import { Type } from 'typebox';
import { conductorStep } from '../step.js';

/** Gives a volume that is being made its backend. */
export const placeVolume = conductorStep(Type.Object({ volumeId: Type.String() }), async ({ services }, input) => ({
  volumeHost: (await services.cinder.placeVolume(input.volumeId)).host,
}));
