import { Type } from 'typebox';
import { ending } from '../schemas.js';
import { conductorStep } from '../step.js';

/** Records the end of an operation whose last step was not reached. */
export const endOperation = conductorStep(
  Type.Object({ end: Type.Enum(['done', 'failed', 'undone']), message: Type.String(), ...ending }),
  ({ services }, { end: state, ...end }) => services.operations.finishNow({ ...end, state }),
);
