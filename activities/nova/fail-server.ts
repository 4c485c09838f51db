import { Type } from 'typebox';
import { ending } from '../schemas.js';
import { conductorStep } from '../step.js';

/** Puts a server whose boot has failed into ERROR, with a fault that says why. */
export const failServer = conductorStep(
  Type.Object({
    serverId: Type.String(),
    fault: Type.Object({ code: Type.Integer(), message: Type.String(), details: Type.String() }),
    /** How the operation ends; absent while something of it is still being undone. */
    end: Type.Optional(Type.Enum(['failed', 'undone'])),
    ...ending,
  }),
  ({ services }, input) => services.nova.boots.fail(input),
);
