import { Flow, nothing } from '../../engine/flow.js';

const forward = nothing('a delete only goes forward');

export const deleteVolumeFlow = Flow.of('deleteVolume', { forward: true })
  .step('disconnectVolume', {
    title: 'Remove the bytes',
    on: 'volume',
    undo: forward,
  })
  .step('removeVolume', {
    title: 'Delete the record',
    on: 'conductor',
    undo: forward,
  });
