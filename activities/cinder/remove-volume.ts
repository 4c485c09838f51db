import { Type } from 'typebox';
import { ending } from '../schemas.js';
import { conductorStep } from '../step.js';

/** Deletes the record: the last step of a delete. */
export const removeVolume = conductorStep(
  Type.Object({ volumeId: Type.String(), ...ending }),
  ({ services }, { volumeId, ...end }) => services.cinder.removeVolume(volumeId, end),
);
