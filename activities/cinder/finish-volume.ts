import { Type } from 'typebox';
import { ending } from '../schemas.js';
import { conductorStep } from '../step.js';

/** Available: the last step of a creation. */
export const finishVolume = conductorStep(
  Type.Object({ volumeId: Type.String(), ...ending }),
  ({ services }, { volumeId, ...end }) => services.cinder.finishCreation(volumeId, end),
);

/** The creation has failed. @returns the volume's status: `available` when it had succeeded after all */
export const failVolume = conductorStep(Type.Object({ volumeId: Type.String() }), ({ services }, { volumeId }) =>
  services.cinder.endCreation(volumeId, 'error'),
);
