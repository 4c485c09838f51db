import type { DeleteVolumeRequest } from '#activities/contract';
import { Saga, operationId } from '../../engine/saga.js';
import { deleteVolumeFlow } from './flow.js';

/** Deletes a volume's bytes, if it has bytes at all, and then its record. */
export async function deleteVolume({ volumeId, volumeHost }: DeleteVolumeRequest): Promise<void> {
  const saga = new Saga(deleteVolumeFlow);
  await saga.insist(async () => {
    if (volumeHost !== undefined) {
      await saga.step('disconnectVolume', {
        volumeHost,
        volumes: [{ volumeId, create: true, sizeGb: 0, bootIndex: null, device: '' }],
      });
    }
    await saga.step('removeVolume', { volumeId, operationId: operationId(), story: saga.story });
  });
}
