import type { Activities } from '#activities/contract';
import { volumeQueue } from '../../engine/queues.js';
import { nothing, stepsOver } from '../../engine/saga.js';
import { control, untilDoneOnHost } from '../../engine/step-options.js';

const forward = nothing('a delete only goes forward');

export const deleteVolumeSteps = stepsOver<Activities>()({
  disconnectVolume: {
    title: 'Remove the bytes',
    queue: ({ volumeHost }) => volumeQueue(volumeHost),
    undo: forward,
    options: untilDoneOnHost,
  },
  removeVolume: {
    title: 'Delete the record',
    undo: forward,
    options: control,
  },
});
