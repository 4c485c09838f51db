import { Type } from 'typebox';
import { conductorStep } from '../step.js';

/** Closes an action before it is undone. @returns `done` when it had succeeded after all, and must not be undone */
export const closeAction = conductorStep(
  Type.Object({ serverId: Type.String(), operationId: Type.String() }),
  ({ services }, input) => services.nova.serverActions.close(input),
);
