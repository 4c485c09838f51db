import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { ConnectedVolume, onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

const diskOfServer = Type.Object({ ...onMachine, disk: ConnectedVolume });

/**
 * Attaches a disk to the guest. Its undo is detachDisk, whose undo is this. Neither has a generation, since other
 * operations may work on the guest at the same time. Of two orders the newer one is that which Temporal scheduled later
 * (fence.ts).
 */
export const attachDisk = computeStep(diskOfServer, ({ hypervisor, fence }, input) =>
  beating(() => fence.inTurn(input.serverId, undefined, () => hypervisor.attachDisk(input, input.disk))),
);

/** Detaches the disk from the guest. @throws DeviceDetachFailed when the guest does not release it */
export const detachDisk = computeStep(diskOfServer, ({ hypervisor, fence }, input) =>
  beating(() => fence.inTurn(input.serverId, undefined, () => hypervisor.detachDisk(input, input.disk.volumeId))),
);
