import { Context } from '@temporalio/activity';
import type { Services } from '#services/index';
import type { Operations } from '#services/operations';
import type { ControlActivities } from '../contract.js';

/** The conductor's activities: each is one call of a service. */
export function makeControlActivities(
  { keystone, nova, cinder, audit }: Services,
  operations: Operations,
): ControlActivities {
  return {
    validateToken: (input) => keystone.checkAuditId(input),
    scheduleServer: (input) => nova.scheduler.schedule(input),
    releaseClaim: (input) => nova.scheduler.release(input),
    allocateNetwork: (input) => nova.boots.allocateNetwork(input),
    releaseNetwork: (input) => nova.boots.releaseNetwork(input),
    requestVolume: async (input) => ({ volumeHost: (await nova.boots.requestVolume(input)).host }),
    releaseVolume: (input) => nova.boots.releaseVolume(input),
    activateServer: (input) => nova.boots.activate(input),
    closeBoot: ({ serverId }) => nova.boots.close(serverId),
    buryServer: (input) => nova.boots.bury(input),

    async prepareDelete({ serverId }) {
      // The server is `deleting`, so no step of a boot takes effect any more; what it did, it undoes itself.
      if (await nova.boots.isBuilding(serverId))
        await operations.stop(`boot-server/${serverId}`, () => Context.current().heartbeat());
      return nova.boots.remains(serverId);
    },
    finishDelete: (input) => nova.boots.finishDelete(input),

    placeVolume: async ({ volumeId }) => ({ volumeHost: (await cinder.placeVolume(volumeId)).host }),
    finishVolume: ({ volumeId, status }) => cinder.finishVolume(volumeId, status),
    removeVolume: ({ volumeId }) => cinder.removeVolume(volumeId),

    listMachines: () => audit.machines(),
    findOrphans: ({ hosts, minAgeSeconds }) => audit.findOrphans(hosts, minAgeSeconds),
    healRecord: async ({ orphan }) => (await audit.heal(orphan)) ?? null,
    recordAudit: (run) => audit.record(run),
  };
}
