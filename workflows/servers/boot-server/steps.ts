import type { Activities } from '#activities/contract';
import { computeQueue, volumeQueue } from '../../engine/queues.js';
import { nothing, stepsOver } from '../../engine/saga.js';
import { control, onHost } from '../../engine/step-options.js';

/** The flow of the seed documents, steps 4 to 16. Network, volume and image run side by side. */
export const bootServerSteps = stepsOver<Activities>()({
  validateToken: {
    title: 'Validate the token',
    seed: '4',
    undo: nothing('it only reads'),
    options: control,
  },
  scheduleServer: {
    title: 'Schedule the server and claim its host',
    seed: '7, 8',
    undo: 'releaseClaim',
    options: control,
    tells: ({ host, passed, considered }) => `${host}: ${passed} of ${considered} hosts passed the filters`,
  },
  allocateNetwork: {
    title: 'Allocate the network',
    seed: '10',
    undo: 'releaseNetwork',
    options: control,
    tells: (vifs) => vifs.flatMap((v) => v.fixedIps.map((f) => f.ip)).join(', ') || 'no address',
  },
  requestVolume: {
    title: 'Request the volume',
    seed: '11',
    undo: 'releaseVolume',
    options: control,
    tells: ({ backends }) =>
      backends.map(({ volumeHost, volumeIds }) => `${volumeIds.length} on ${volumeHost}`).join(', '),
  },
  connectVolume: {
    title: 'Connect the volume',
    seed: '11',
    queue: ({ volumeHost }) => volumeQueue(volumeHost),
    undo: 'disconnectVolume',
    options: onHost,
  },
  fetchImage: {
    title: 'Fetch the image',
    seed: '12, 13, 14',
    queue: ({ machine }) => computeQueue(machine),
    undo: nothing('the cache is shared by servers and pruned by age'),
    options: onHost,
    tells: (image) => `${image.format}, ${image.virtualSize} bytes`,
  },
  spawnServer: {
    title: 'Plug its cards and spawn the guest',
    seed: '15',
    queue: ({ machine }) => computeQueue(machine),
    undo: 'destroyGuest',
    options: onHost,
    tells: ({ accelerator }) => accelerator,
  },
  activateServer: {
    title: 'Activate the server',
    seed: '16',
    undo: nothing('it is the last step'),
    options: control,
    localFirst: true,
  },
});
