import { OpenStackError } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { Operations } from '#services/kernel/operations';
import type { ControlActivities } from '../contract.js';

/** The conductor's activities: each is one call of a service. */
export function makeControlActivities(
  { keystone, nova, cinder, audit }: Services,
  operations: Operations,
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
    closeBoot: ({ serverId }) => nova.boots.close(serverId),
    buryServer: (input) => nova.boots.bury(input),

    async prepareDelete({ serverId }) {
      const boot = `boot-server/${serverId}`;
      // The server is `deleting`, so no step of a boot takes effect any more; what it did, it undoes itself. This must
      // not wait for that here: the undo needs a place among the conductor's steps, and deletes could take them all.
      if ((await nova.boots.isBuilding(serverId)) && (await operations.isOpen(boot))) {
        await operations.cancel(boot);
        throw stillUndone(serverId);
      }
      return nova.boots.remains(serverId);
    },
    finishDelete: (input) => nova.boots.finishDelete(input),

    placeVolume: async ({ volumeId }) => ({ volumeHost: (await cinder.placeVolume(volumeId)).host }),
    finishVolume: async ({ volumeId }) => void (await cinder.endCreation(volumeId, 'available')),
    failVolume: ({ volumeId }) => cinder.endCreation(volumeId, 'error'),
    removeVolume: ({ volumeId }) => cinder.removeVolume(volumeId),

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
  new OpenStackError(503, 'BootNotEnded', `The boot of ${serverId} is being undone; it is looked at again.`);
