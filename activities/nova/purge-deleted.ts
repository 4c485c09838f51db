import { Type } from 'typebox';
import { conductorStep } from '../step.js';

/** Removes some of what was deleted long ago. */
export const purgeDeleted = conductorStep(Type.Object({}), ({ services }) => services.nova.purge.batch());
