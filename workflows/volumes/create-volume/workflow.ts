import { ApplicationFailure, proxyActivities, sleep } from '@temporalio/workflow';
import type { ConductorActivities, CreateVolumeRequest } from '#activities/contract';
import { StepFailed } from '../../engine/failures.js';
import { Saga, operationId } from '../../engine/saga.js';
import { untilDone } from '../../engine/step-options.js';
import { NO_BACKEND, createVolumeFlow } from './flow.js';

type VolumeSaga = Saga<(typeof createVolumeFlow)['rows']>;

/**
 * Eight seconds in all. A volume role reports in within one second of its start. If there is none by then, the volume
 * goes to `error`: that is better than `creating` for ever.
 */
const BACKEND = { tries: 5, apart: '2s' } as const;

const { failVolume } = proxyActivities<ConductorActivities>({ ...untilDone, summary: 'Put the volume into error' });
const { endOperation } = proxyActivities<ConductorActivities>({ ...untilDone, summary: 'Record the end' });

/** Makes a volume, blank or from an image: `available`, or undone and in `error`. */
export async function createVolume({ volumeId, sizeGb, imageId }: CreateVolumeRequest): Promise<void> {
  const saga: VolumeSaga = new Saga(createVolumeFlow);
  try {
    const { volumeHost } = await placeVolume(saga, volumeId);
    const volume = {
      volumeId,
      create: true,
      sizeGb,
      bootIndex: null,
      device: '',
      ...(imageId === undefined ? {} : { imageId }),
    };
    await saga.step('connectVolume', { volumeHost, volumes: [volume] });
    await saga.step('finishVolume', { volumeId, operationId: operationId(), story: saga.story });
  } catch (error) {
    // Also when the workflow was cancelled: a volume must not stay in `creating`.
    const status = await saga.insist(() => failVolume({ volumeId }));
    // The last step had committed, and only its answer was lost.
    if (status === 'available') return;
    await saga.unwind();
    const message = error instanceof Error ? error.message : String(error);
    await saga.insist(() => endOperation({ operationId: operationId(), end: 'failed', message, story: saga.story }));
    throw ApplicationFailure.nonRetryable(message, 'CreateVolumeFailed');
  }
}

/** Chooses the volume's backend, and waits a moment for one if none is up. */
async function placeVolume(saga: VolumeSaga, volumeId: string): Promise<{ volumeHost: string }> {
  for (let tries = 1; ; tries++) {
    try {
      return await saga.step('placeVolume', { volumeId });
    } catch (error) {
      const missing = error instanceof StepFailed && error.failure.type === NO_BACKEND;
      if (!missing || tries >= BACKEND.tries) throw error;
      await sleep(BACKEND.apart, { summary: 'A backend may come up' });
    }
  }
}
