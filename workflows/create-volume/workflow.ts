import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { Activities, ControlActivities } from '#activities/contract';
import { Saga } from '../saga.js';
import { control } from '../step-options.js';
import { createVolumeSteps } from './steps.js';

const { failVolume } = proxyActivities<ControlActivities>({ ...control, summary: 'Put the volume into error' });

/** Makes a volume, blank or from an image: `available`, or undone and in `error`. */
export async function createVolume({
  volumeId,
  sizeGb,
  imageId,
}: {
  volumeId: string;
  sizeGb: number;
  imageId?: string;
  requestId: string;
}): Promise<void> {
  const saga = new Saga<Activities, typeof createVolumeSteps>(createVolumeSteps);
  try {
    const { volumeHost } = await saga.step('placeVolume', { volumeId });
    const volume = {
      volumeId,
      create: true,
      sizeGb,
      bootIndex: null,
      device: '',
      ...(imageId === undefined ? {} : { imageId }),
    };
    await saga.step('connectVolume', { volumeHost, volumes: [volume] });
    await saga.step('finishVolume', { volumeId });
  } catch (error) {
    // Also when the workflow was cancelled: a volume must not stay in `creating`.
    const status = await saga.insist(() => failVolume({ volumeId }));
    // Its last step took effect and could not say so.
    if (status === 'available') return;
    await saga.unwind();
    throw ApplicationFailure.nonRetryable(error instanceof Error ? error.message : String(error), 'CreateVolumeFailed');
  }
}
