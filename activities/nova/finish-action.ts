import { Type } from 'typebox';
import { NullOr, ending, inGeneration } from '../schemas.js';
import { conductorStep } from '../step.js';

/** Says what the server is now: the last step of every action. */
export const finishAction = conductorStep(
  Type.Object({ ...inGeneration, ...ending, vm_state: Type.String(), power_state: Type.Integer() }),
  ({ services }, input) => services.nova.serverActions.finish(input),
);

/** The action has failed: its fault, and the server as it was or in ERROR. @returns `done` when it had succeeded after all */
export const failAction = conductorStep(
  Type.Object({
    ...inGeneration,
    ...ending,
    vm_state: NullOr(Type.String()),
    fault: Type.Object({ code: Type.Integer(), message: Type.String(), details: Type.String() }),
    state: Type.Enum(['failed', 'undone']),
  }),
  ({ services }, input) => services.nova.serverActions.fail(input),
);
