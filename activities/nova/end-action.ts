import { Type } from 'typebox';
import { ending, inGeneration } from '../schemas.js';
import { conductorStep } from '../step.js';

/** The last step of an action that leaves the server as it is, and beside which others may have gone on. */
export const endAction = conductorStep(Type.Object({ ...inGeneration, ...ending }), ({ services }, input) =>
  services.nova.serverActions.finishBeside(input),
);
