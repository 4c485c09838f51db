import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { ConnectedVolume, onMachine } from '../schemas.js';
import { computeStep } from '../step.js';

const diskOfServer = Type.Object({ ...onMachine, disk: ConnectedVolume });

/**
 * Gives the guest a disk; its undo is detachDisk, and the other way round. Neither has a generation of its own, since others
 * may work on the guest meanwhile: which of two orders is the newer one, the time says at which the server gave it (fence.ts).
 */
export const attachDisk = computeStep(diskOfServer, ({ hypervisor, fence }, input) =>
  beating(() => fence.inTurn(input.serverId, undefined, () => hypervisor.attachDisk(input, input.disk))),
);

/** Takes the disk away from the guest. @throws DeviceDetachFailed when the guest does not let go of it */
export const detachDisk = computeStep(diskOfServer, ({ hypervisor, fence }, input) =>
  beating(() => fence.inTurn(input.serverId, undefined, () => hypervisor.detachDisk(input, input.disk.volumeId))),
);
