import type { VolumeOfServer } from '#activities/contract';
import { nothing } from '../engine/flow.js';
import { serverAction, workflowOf } from '../engine/server-action.js';
import { attachment, toConnect } from './attachment.js';

export const detachVolumeAction = serverAction({
  ...attachment<VolumeOfServer>(),
  kind: 'detachVolume',
  action: 'detach_volume',
  policy: 'os_compute_api:os-volumes-attachments:delete',
})
  .step('holdVolume', { title: 'Hold the volume', on: 'conductor', undo: 'keepVolume' })
  .step('connectVolume', {
    title: 'Ask how the host has the volume, to give it back if this fails',
    on: 'volume',
    undo: nothing('it was connected before'),
    input: toConnect,
  })
  .step('detachDisk', {
    title: 'Take the disk away from the guest',
    on: 'compute',
    undo: 'attachDisk',
    input: (plan, { connectVolume: [disk] }) => ({ ...plan, disk: disk! }),
  })
  .step('disconnectVolume', {
    title: 'Disconnect the volume from the host',
    on: 'volume',
    undo: nothing('the guest can open it again as it did before'),
    input: toConnect,
  })
  .end('finishDetachVolume', 'Say that the volume is available');

export const detachVolume = workflowOf(detachVolumeAction);
