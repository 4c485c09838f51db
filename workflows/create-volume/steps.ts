import type { Activities } from '#activities/contract';
import { volumeQueue } from '../queues.js';
import { nothing, stepsOver } from '../saga.js';
import { control, onHost } from '../step-options.js';

export const createVolumeSteps = stepsOver<Activities>()({
  placeVolume: {
    title: 'Choose the backend',
    undo: nothing('a volume in error keeps its backend, for its delete'),
    // Five tries over some seconds: without any cinder-volume role the volume is better in error than for ever creating.
    options: { ...control, retry: { ...control.retry, maximumAttempts: 5 } },
    tells: ({ volumeHost }) => volumeHost,
  },
  connectVolume: {
    title: 'Make the volume',
    queue: ({ volumeHost }) => volumeQueue(volumeHost),
    undo: 'disconnectVolume',
    options: onHost,
  },
  finishVolume: {
    title: 'Make it available',
    undo: nothing('it is the last step'),
    options: control,
  },
});
