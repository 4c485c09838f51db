import { Type } from 'typebox';
import { OpenStackError } from '#services/kernel/errors';
import { conductorStep } from '../step.js';

/** Stops what works on the server, and says what is left to delete. @throws NotEnded until that is undone */
export const prepareDelete = conductorStep(
  Type.Object({ serverId: Type.String(), operationId: Type.String() }),
  async ({ services: { nova, operations }, engine }, { serverId, operationId }) => {
    // The server is `deleting`, so no step of anything else takes effect any more; what it did, it undoes itself. This
    // must not wait for that here: the undo needs a place among the conductor's steps, and deletes could take them all.
    for (const { id } of await operations.openOf(serverId, operationId)) {
      if (await engine.isOpen(id)) {
        await engine.cancel(id);
        throw stillUndone(serverId);
      }
      // It never began, or somebody ended its workflow.
      await operations.finishNow({ operationId: id, state: 'undone', message: 'Error', story: [] });
    }
    return nova.boots.remains(serverId);
  },
);

/** Not an error, but the way to look again later without taking anybody's place meanwhile. */
const stillUndone = (serverId: string): OpenStackError =>
  new OpenStackError(503, 'NotEnded', `What worked on ${serverId} is being undone; it is looked at again.`);
