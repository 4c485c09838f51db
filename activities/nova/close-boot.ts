import { Type } from 'typebox';
import { conductorStep } from '../step.js';

/** Closes a boot before it is undone. @returns `active` when it had succeeded after all, and must not be undone */
export const closeBoot = conductorStep(
  Type.Object({ serverId: Type.String(), operationId: Type.String() }),
  ({ services }, input) => services.nova.boots.close(input),
);
