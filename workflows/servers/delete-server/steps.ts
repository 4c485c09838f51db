import type { Activities } from '#activities/contract';
import { computeQueue, volumeQueue } from '../../engine/queues.js';
import { nothing, stepsOver } from '../../engine/saga.js';
import { control, untilDoneOnHost } from '../../engine/step-options.js';

const forward = nothing('a delete only goes forward');

/** A delete: the guest first, then what it used, and the records last, in one transaction. */
export const deleteServerSteps = stepsOver<Activities>()({
  prepareDelete: {
    title: 'Stop a running boot and see what is left',
    undo: forward,
    // While the boot is undone this step fails and is tried again: often at first, since most undos take no second.
    options: {
      ...control,
      retry: { initialInterval: '100ms', backoffCoefficient: 1.5, maximumInterval: '2s' },
    },
    localFirst: true,
    tells: ({ host }) => (host === null ? 'nothing on any host' : `on ${host}`),
  },
  destroyGuest: {
    title: 'Destroy the guest and unplug its cards',
    queue: ({ machine }) => computeQueue(machine),
    undo: forward,
    options: untilDoneOnHost,
  },
  disconnectVolume: {
    title: 'Disconnect the volumes',
    queue: ({ volumeHost }) => volumeQueue(volumeHost),
    undo: forward,
    options: untilDoneOnHost,
  },
  finishDelete: {
    title: 'Release ports, volumes and claim, and delete the record',
    undo: forward,
    options: control,
    localFirst: true,
  },
});
