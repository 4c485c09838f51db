import { Type } from 'typebox';
import { ending, inGeneration } from '../schemas.js';
import { conductorStep } from '../step.js';

const portOfServer = { serverId: Type.String(), operationId: Type.String(), portId: Type.String() };

/** Makes sure that the operation holds the port, which the API bound for it, and says how it is plugged. */
export const holdPort = conductorStep(Type.Object(portOfServer), ({ services }, input) =>
  services.nova.interfaceAttachments.hold(input),
);

/** The undo for an attach: a port that was made for it goes, and the user's own is free again. */
export const giveBackPort = conductorStep(Type.Object(portOfServer), ({ services }, input) =>
  services.nova.interfaceAttachments.giveBack(input),
);

/** The undo for a detach: the server keeps its card. */
export const keepPort = conductorStep(Type.Object(portOfServer), ({ services }, input) =>
  services.nova.interfaceAttachments.keep(input),
);

/** The card is up: the last step of its attach. */
export const finishAttachInterface = conductorStep(
  Type.Object({ ...inGeneration, ...ending, ...portOfServer }),
  ({ services }, input) => services.nova.interfaceAttachments.finishAttaching(input),
);

/** The card is gone: the last step of its detach. */
export const finishDetachInterface = conductorStep(
  Type.Object({ ...inGeneration, ...ending, ...portOfServer }),
  ({ services }, input) => services.nova.interfaceAttachments.finishDetaching(input),
);
