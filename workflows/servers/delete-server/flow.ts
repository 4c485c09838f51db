import { Flow, nothing } from '../../engine/flow.js';
import { control } from '../../engine/step-options.js';

const forward = nothing('a delete only goes forward');

/** A delete: the guest first, then what it used, and the records last, in one transaction. */
export const deleteServerFlow = Flow.of('deleteServer', { forward: true })
  .step('prepareDelete', {
    title: 'Stop what works on the server and see what is left',
    on: 'conductor',
    undo: forward,
    // This step fails while a boot is being undone. Its first retries come soon: most undos take less than a second.
    options: {
      ...control,
      retry: { initialInterval: '100ms', backoffCoefficient: 1.5, maximumInterval: '2s' },
    },
    localFirst: true,
    tells: ({ host }) => (host === null ? 'nothing on any host' : `on ${host}`),
  })
  .step('destroyGuest', {
    title: 'Destroy the guest and unplug its cards',
    on: 'compute',
    undo: forward,
  })
  .step('disconnectVolume', {
    title: 'Disconnect the volumes',
    on: 'volume',
    undo: forward,
  })
  .step('finishDelete', {
    title: 'Release ports, volumes and claim, and delete the record',
    on: 'conductor',
    undo: forward,
    localFirst: true,
  });
