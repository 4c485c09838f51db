import { Type } from 'typebox';
import { BOOT_SERVER } from '#services/nova/index';
import type { StepRecord } from '#services/kernel/engine';
import { OpenStackError } from '#services/kernel/errors';
import { conductorStep } from '../step.js';

/**
 * Seconds that a cancelled action has for its undo before the delete terminates its workflow: more than an undo takes
 * that meets no obstacle, and less than a user would wait. Some undos never succeed (the guest keeps the device), and
 * the delete removes all that the action did anyway.
 */
const PATIENCE_SECONDS = 10;

/**
 * Stops the other operations on the server, and returns what is left to delete. @throws NotEnded until they are undone
 */
export const prepareDelete = conductorStep(
  Type.Object({ serverId: Type.String(), operationId: Type.String() }),
  async ({ services: { nova, operations }, engine }, { serverId, operationId }) => {
    // The server is `deleting`, so no step of another operation takes effect any more, and each operation undoes what
    // it did. This step must not wait for that: the undos need slots of the conductor's workers, and waiting deletes
    // could take them all.
    for (const { id, kind, resting_seconds: waited } of await operations.openOf(serverId, operationId)) {
      let story: readonly StepRecord[] = [];
      if (await engine.isOpen(id)) {
        // A boot is not terminated: only its undo gives its claims back. What an action did, the delete removes.
        if (kind === BOOT_SERVER.kind || waited < PATIENCE_SECONDS) {
          await engine.cancel(id);
          throw stillUndone(serverId);
        }
        story = (await engine.story(id)) ?? [];
        await engine.terminate(id, 'Its server is being deleted, which takes along what it did.');
      }
      // Its workflow never started, or was terminated.
      await operations.finishNow({ operationId: id, state: 'undone', message: 'Error', story });
    }
    return nova.boots.leftOf(serverId);
  },
);

/** Not a real error: it makes Temporal try the step again later, and frees the worker's slot until then. */
const stillUndone = (serverId: string): OpenStackError =>
  new OpenStackError(503, 'NotEnded', `What worked on ${serverId} is being undone; it is looked at again.`);
