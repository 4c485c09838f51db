import type { Activities } from '#activities/contract';
import { volumeQueue } from '../../engine/queues.js';
import { nothing, stepsOver } from '../../engine/saga.js';
import { control, onHost } from '../../engine/step-options.js';

/** The type of the failure when no cinder-volume role is up (services/cinder). */
export const NO_BACKEND = 'NoValidBackend';

export const createVolumeSteps = stepsOver<Activities>()({
  placeVolume: {
    title: 'Choose the backend',
    undo: nothing('a volume in error keeps its backend, for its delete'),
    // The workflow counts these itself: a conductor that is killed, or a database that is away, is no missing backend.
    options: { ...control, retry: { ...control.retry, nonRetryableErrorTypes: [NO_BACKEND] } },
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
