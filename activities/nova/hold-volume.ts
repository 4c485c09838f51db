import { Type } from 'typebox';
import { ending, inGeneration } from '../schemas.js';
import { conductorStep } from '../step.js';

const volumeOfServer = { serverId: Type.String(), operationId: Type.String(), volumeId: Type.String() };

/** Makes sure that the operation holds the volume, which the API reserved for it. */
export const holdVolume = conductorStep(Type.Object(volumeOfServer), ({ services }, input) =>
  services.nova.volumeAttachments.hold(input),
);

/** The undo for an attach: the volume is available again. */
export const unreserveVolume = conductorStep(Type.Object(volumeOfServer), ({ services }, input) =>
  services.nova.volumeAttachments.giveBack(input),
);

/** The undo for a detach: the server keeps the volume. */
export const keepVolume = conductorStep(Type.Object(volumeOfServer), ({ services }, input) =>
  services.nova.volumeAttachments.keep(input),
);

/** The volume is in use: the last step of its attach. */
export const finishAttachVolume = conductorStep(
  Type.Object({ ...inGeneration, ...ending, ...volumeOfServer }),
  ({ services }, input) => services.nova.volumeAttachments.finishAttaching(input),
);

/** The volume is available: the last step of its detach. */
export const finishDetachVolume = conductorStep(
  Type.Object({ ...inGeneration, ...ending, ...volumeOfServer }),
  ({ services }, input) => services.nova.volumeAttachments.finishDetaching(input),
);
