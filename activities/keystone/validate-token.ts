import { Type } from 'typebox';
import { conductorStep } from '../step.js';

/** Asks whether the token that a boot was asked for with still holds: a boot may begin long after its request. */
export const validateToken = conductorStep(
  Type.Object({
    serverId: Type.String(),
    auditId: Type.String(),
    userId: Type.String(),
    projectId: Type.String(),
    /** Of the user and the project: what began before another password does not begin after it. */
    generations: Type.Optional(Type.Tuple([Type.Integer(), Type.Integer()])),
  }),
  ({ services }, input) => services.keystone.tokens.check(input),
);
