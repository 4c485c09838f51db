import { Type } from 'typebox';
import { BOOT_SERVER } from '#services/nova/index';
import type { StepRecord } from '#services/kernel/engine';
import { OpenStackError } from '#services/kernel/errors';
import { conductorStep } from '../step.js';

/**
 * How long an action has for undoing itself before a delete ends its workflow, in seconds: longer than an undo takes that
 * nothing hinders, shorter than a user waits. A guest may keep a device that an undo wants back; the delete takes it all.
 */
const PATIENCE_SECONDS = 10;

/** Stops what works on the server, and says what is left to delete. @throws NotEnded until that is undone */
export const prepareDelete = conductorStep(
  Type.Object({ serverId: Type.String(), operationId: Type.String() }),
  async ({ services: { nova, operations }, engine }, { serverId, operationId }) => {
    // The server is `deleting`, so no step of anything else takes effect any more; what it did, it undoes itself. This
    // must not wait for that here: the undo needs a place among the conductor's steps, and deletes could take them all.
    for (const { id, kind, resting_seconds: waited } of await operations.openOf(serverId, operationId)) {
      let story: readonly StepRecord[] = [];
      if (await engine.isOpen(id)) {
        // A boot has claims that only its undo gives back. All that an action did, the delete takes along.
        if (kind === BOOT_SERVER.kind || waited < PATIENCE_SECONDS) {
          await engine.cancel(id);
          throw stillUndone(serverId);
        }
        story = (await engine.story(id)) ?? [];
        await engine.terminate(id, 'Its server is being deleted, which takes along what it did.');
      }
      // It never began, or its workflow was ended.
      await operations.finishNow({ operationId: id, state: 'undone', message: 'Error', story });
    }
    return nova.boots.leftOf(serverId);
  },
);

/** Not an error, but the way to look again later without taking anybody's place meanwhile. */
const stillUndone = (serverId: string): OpenStackError =>
  new OpenStackError(503, 'NotEnded', `What worked on ${serverId} is being undone; it is looked at again.`);
