import type { Activities, DeleteVolumeRequest } from '#activities/contract';
import { Saga, operationId } from '../../engine/saga.js';
import { deleteVolumeSteps } from './steps.js';

/** Deletes a volume's bytes, if it has bytes at all, and then its record. */
export async function deleteVolume({ volumeId, volumeHost }: DeleteVolumeRequest): Promise<void> {
  const saga = new Saga<Activities, typeof deleteVolumeSteps>(deleteVolumeSteps);
  await saga.insist(async () => {
    if (volumeHost !== undefined) {
      await saga.must('disconnectVolume', {
        volumeHost,
        volumes: [{ volumeId, create: true, sizeGb: 0, bootIndex: null, device: '' }],
      });
    }
    await saga.must('removeVolume', { volumeId, operationId: operationId(), story: saga.story });
  });
}
