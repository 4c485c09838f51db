import { Type } from 'typebox';
import { conductorStep } from '../step.js';

/** Checks that the token with which the boot was requested is still valid: a boot may begin long after its request. */
export const validateToken = conductorStep(
  Type.Object({
    serverId: Type.String(),
    auditId: Type.String(),
    userId: Type.String(),
    projectId: Type.String(),
    /**
     * The token generations of the user and of the project at the time of the request. A new password or the end of a
     * grant raises one, and then the token is not valid any more.
     */
    generations: Type.Optional(Type.Tuple([Type.Integer(), Type.Integer()])),
  }),
  ({ services }, input) => services.keystone.tokens.check(input),
);
