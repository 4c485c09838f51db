import type { VolumeOfServer } from '#activities/contract';
import { serverAction, workflowOf } from '../engine/server-action.js';
import { attachment, toConnect } from './attachment.js';

export const attachVolumeAction = serverAction({
  ...attachment<VolumeOfServer>(),
  kind: 'attachVolume',
  action: 'attach_volume',
  policy: 'os_compute_api:os-volumes-attachments:create',
})
  .step('holdVolume', { title: 'Hold the volume', on: 'conductor', undo: 'unreserveVolume' })
  .step('connectVolume', {
    title: 'Connect the volume to the host',
    on: 'volume',
    undo: 'disconnectVolume',
    input: toConnect,
  })
  .step('attachDisk', {
    title: 'Give the guest the disk',
    on: 'compute',
    undo: 'detachDisk',
    input: (plan, { connectVolume: [disk] }) => ({ ...plan, disk: disk! }),
  })
  .end('finishAttachVolume', 'Say that the volume is in use');

export const attachVolume = workflowOf(attachVolumeAction);
