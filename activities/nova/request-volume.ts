import { Type } from 'typebox';
import { VolumeRequest, inGeneration, onHost } from '../schemas.js';
import { conductorStep } from '../step.js';

/** Records the volumes that a boot makes, reserves those it uses, and says which volume role serves which. */
export const requestVolume = conductorStep(
  Type.Object({ ...onHost, volumes: Type.Array(VolumeRequest) }),
  async ({ services }, input) => ({ backends: await services.nova.boots.requestVolume(input) }),
);

/** Detaches them; the records of those that the boot made go. */
export const releaseVolume = conductorStep(
  Type.Object({ ...inGeneration, volumes: Type.Array(VolumeRequest) }),
  ({ services }, input) => services.nova.boots.releaseVolume(input),
);
