import { Type } from 'typebox';
import { Flavor, inGeneration } from '../schemas.js';
import { conductorStep } from '../step.js';

/** Picks a host by filters and weighers, and claims the server's resources on it. */
export const scheduleServer = conductorStep(
  Type.Object({
    ...inGeneration,
    projectId: Type.String(),
    userId: Type.String(),
    flavor: Flavor,
    /** Whether the root disk is on the host. */
    localDisk: Type.Boolean(),
    availabilityZone: Type.Optional(Type.String()),
    requestedHost: Type.Optional(Type.String()),
    excludedHosts: Type.Array(Type.String()),
    /** Why each excluded host is excluded. */
    failures: Type.Array(Type.String()),
  }),
  ({ services }, input) => services.nova.scheduler.schedule(input),
);

/** Gives the claim back and takes the server off its host. */
export const releaseClaim = conductorStep(Type.Object(inGeneration), ({ services }, input) =>
  services.nova.scheduler.release(input),
);
