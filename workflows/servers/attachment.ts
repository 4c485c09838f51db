import type { ServerActionRules, VolumeOfServer } from '#activities/contract';
import { at, type AtServer } from '../engine/server-action.js';

/**
 * What attaching and detaching have in common, whatever it is (nova/compute/api.py). Others may work on the server meanwhile:
 * the lock is what is attached, the volume or the port.
 */
export const attachment = <Body extends object>() =>
  ({
    from: { vm_state: ['active', 'paused', 'stopped'], task_state: [null] },
    during: null,
    failed: 'unchanged',
    plan: ({
      server,
      body,
      operationId,
    }: Parameters<ServerActionRules<Body>['plan']>[0]): AtServer & Body & { readonly operationId: string } => ({
      ...at(server),
      ...body,
      operationId,
    }),
  }) as const;

/** What the volume role has to know of a volume that is there already. */
export const toConnect = ({ volumeId, volumeHost, sizeGb, device }: VolumeOfServer) => ({
  volumeHost,
  volumes: [{ volumeId, create: false, sizeGb, bootIndex: null, device }],
});
