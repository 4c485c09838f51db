import { Type } from 'typebox';
import { ending } from '../schemas.js';
import { conductorStep } from '../step.js';

/** Releases ports, volumes and claim, and deletes the record: the last step of a delete. */
export const finishDelete = conductorStep(
  Type.Object({ serverId: Type.String(), removedVolumes: Type.Array(Type.String()), ...ending }),
  ({ services }, input) => services.nova.boots.finishDelete(input),
);
