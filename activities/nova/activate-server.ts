import { Type } from 'typebox';
import { ending, onHost } from '../schemas.js';
import { conductorStep } from '../step.js';

/** ACTIVE: the last step of a boot. */
export const activateServer = conductorStep(Type.Object({ ...onHost, ...ending }), ({ services }, input) =>
  services.nova.boots.activate(input),
);
