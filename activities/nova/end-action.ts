import { Type } from 'typebox';
import { ending, inGeneration } from '../schemas.js';
import { conductorStep } from '../step.js';

/** The last step of an action that runs beside others and does not change the server's record. */
export const endAction = conductorStep(Type.Object({ ...inGeneration, ...ending }), ({ services }, input) =>
  services.nova.serverActions.finishBeside(input),
);
