/** Every flow by the kind of its operation: the docs, the failure matrix and failure injection are made of it. */
import { rowsOf } from './engine/flow.js';
import { bootServerFlow } from './servers/boot-server/flow.js';
import { createVolumeFlow } from './volumes/create-volume/flow.js';
import { deleteServerFlow } from './servers/delete-server/flow.js';
import { deleteVolumeFlow } from './volumes/delete-volume/flow.js';
import { ATTACHMENTS, SERVER_ACTIONS } from './server-actions.js';

export { rowsOf };

export const FLOWS = {
  bootServer: bootServerFlow,
  deleteServer: deleteServerFlow,
  createVolume: createVolumeFlow,
  deleteVolume: deleteVolumeFlow,
  stopServer: SERVER_ACTIONS['os-stop'].flow,
  startServer: SERVER_ACTIONS['os-start'].flow,
  rebootServer: SERVER_ACTIONS.reboot.flow,
  pauseServer: SERVER_ACTIONS.pause.flow,
  unpauseServer: SERVER_ACTIONS.unpause.flow,
  suspendServer: SERVER_ACTIONS.suspend.flow,
  resumeServer: SERVER_ACTIONS.resume.flow,
  triggerCrashDump: SERVER_ACTIONS.trigger_crash_dump.flow,
  attachVolume: ATTACHMENTS.attach_volume.flow,
  detachVolume: ATTACHMENTS.detach_volume.flow,
  attachInterface: ATTACHMENTS.attach_interface.flow,
  detachInterface: ATTACHMENTS.detach_interface.flow,
} as const;

/** Every activity that is a step, undoes one, or ends an operation that failed. */
export const ACTIVITY_NAMES: readonly string[] = [
  ...new Set([
    ...Object.values(FLOWS).flatMap((flow) =>
      rowsOf(flow).flatMap(([step, { undo }]) => (typeof undo === 'string' ? [step, undo] : [step])),
    ),
    'closeBoot',
    'failServer',
    'failVolume',
    'endOperation',
    'closeAction',
    'failAction',
  ]),
];
