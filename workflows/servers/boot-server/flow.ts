import { Flow, nothing } from '../../engine/flow.js';

/**
 * The flow of the seed documents, steps 4 to 16. Network, volumes and image run side by side. What the conductor does before the
 * host begins stands in one workflow task: of a boot's costs Temporal's are more than half, and they go by its tasks.
 */
export const bootServerFlow = Flow.of('bootServer')
  .step('validateToken', {
    title: 'Validate the token',
    seed: '4',
    on: 'conductor',
    undo: nothing('it only reads'),
    localFirst: true,
  })
  .step('scheduleServer', {
    title: 'Schedule the server and claim its host',
    seed: '7, 8',
    on: 'conductor',
    undo: 'releaseClaim',
    localFirst: true,
    tells: ({ host, passed, considered }) => `${host}: ${passed} of ${considered} hosts passed the filters`,
  })
  .step('allocateNetwork', {
    title: 'Allocate the network',
    seed: '10',
    on: 'conductor',
    undo: 'releaseNetwork',
    localFirst: true,
    tells: (vifs) => vifs.flatMap((v) => v.fixedIps.map((f) => f.ip)).join(', ') || 'no address',
  })
  .step('requestVolume', {
    title: 'Request the volumes',
    seed: '11',
    on: 'conductor',
    undo: 'releaseVolume',
    tells: ({ backends }) =>
      backends.map(({ volumeHost, volumeIds }) => `${volumeIds.length} on ${volumeHost}`).join(', '),
  })
  .step('connectVolume', {
    title: 'Connect the volume',
    seed: '11',
    on: 'volume',
    undo: 'disconnectVolume',
  })
  .step('fetchImage', {
    title: 'Fetch the image',
    seed: '12, 13, 14',
    on: 'compute',
    undo: nothing('the cache is shared by servers and pruned by age'),
    tells: (image) => `${image.format}, ${image.virtualSize} bytes`,
  })
  .step('spawnServer', {
    title: 'Plug its cards and spawn the guest',
    seed: '15',
    on: 'compute',
    undo: 'destroyGuest',
    tells: ({ accelerator }) => accelerator,
  })
  .step('activateServer', {
    title: 'Activate the server',
    seed: '16',
    on: 'conductor',
    undo: nothing('it is the last step'),
    localFirst: true,
  });
