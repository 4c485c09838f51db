import { OpenStackError } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { Engine } from '#services/kernel/engine';
import type { ControlActivities } from '../contract.js';

/** The conductor's activities: each is one call of a service. */
export function makeControlActivities(
  { keystone, nova, cinder, audit, operations }: Services,
  engine: Engine,
): ControlActivities {
  return {
    validateToken: (input) => keystone.checkToken(input),
    scheduleServer: (input) => nova.scheduler.schedule(input),
    releaseClaim: (input) => nova.scheduler.release(input),
    allocateNetwork: (input) => nova.boots.allocateNetwork(input),
    releaseNetwork: (input) => nova.boots.releaseNetwork(input),
    requestVolume: async (input) => ({ backends: await nova.boots.requestVolume(input) }),
    releaseVolume: (input) => nova.boots.releaseVolume(input),
    activateServer: (input) => nova.boots.activate(input),
    closeBoot: (input) => nova.boots.close(input),
    failServer: (input) => nova.boots.fail(input),

    async prepareDelete({ serverId, operationId }) {
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
    finishDelete: (input) => nova.boots.finishDelete(input),

    placeVolume: async ({ volumeId }) => ({ volumeHost: (await cinder.placeVolume(volumeId)).host }),
    finishVolume: ({ volumeId, ...end }) => cinder.finishCreation(volumeId, end),
    failVolume: ({ volumeId }) => cinder.endCreation(volumeId, 'error'),
    removeVolume: ({ volumeId, ...end }) => cinder.removeVolume(volumeId, end),

    endOperation: ({ end: state, ...end }) => operations.finishNow({ ...end, state }),

    listMachines: () => audit.machines(),
    findOrphans: ({ hosts, minAgeSeconds }) => audit.findOrphans(hosts, minAgeSeconds),
    clearForRepair: ({ orphan }) => audit.clearForRepair(orphan),
    healRecord: async ({ orphan }) => (await audit.heal(orphan)) ?? null,
    recordAudit: (run) => audit.record(run),

    purgeDeleted: () => nova.purge.batch(),
  };
}

/** Not an error, but the way to look again later without taking anybody's place meanwhile. */
const stillUndone = (serverId: string): OpenStackError =>
  new OpenStackError(503, 'NotEnded', `What worked on ${serverId} is being undone; it is looked at again.`);
