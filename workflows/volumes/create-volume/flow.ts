import { Flow, nothing } from '../../engine/flow.js';
import { control } from '../../engine/step-options.js';

/** The type of the failure when no cinder-volume role is up (services/cinder). */
export const NO_BACKEND = 'NoValidBackend';

export const createVolumeFlow = Flow.of('createVolume')
  .step('placeVolume', {
    title: 'Choose the backend',
    on: 'conductor',
    undo: nothing('a volume in error keeps its backend, for its delete'),
    // The workflow retries and counts this failure, and not Temporal: an attempt that fails because a conductor is
    // killed or the database is away does not mean that there is no backend.
    options: { ...control, retry: { ...control.retry, nonRetryableErrorTypes: [NO_BACKEND] } },
    tells: ({ volumeHost }) => volumeHost,
  })
  .step('connectVolume', {
    title: 'Make the volume',
    on: 'volume',
    undo: 'disconnectVolume',
  })
  .step('finishVolume', {
    title: 'Make it available',
    on: 'conductor',
    undo: nothing('it is the last step'),
  });
