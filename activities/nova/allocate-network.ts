import { Type } from 'typebox';
import { PortRequest, inGeneration, onHost } from '../schemas.js';
import { conductorStep } from '../step.js';

/** Makes or binds the server's ports, with their addresses. */
export const allocateNetwork = conductorStep(
  Type.Object({ ...onHost, ports: Type.Array(PortRequest) }),
  ({ services }, input) => services.nova.boots.allocateNetwork(input),
);

/** Deletes the ports that the boot made and unbinds the others. */
export const releaseNetwork = conductorStep(Type.Object(inGeneration), ({ services }, input) =>
  services.nova.boots.releaseNetwork(input),
);
