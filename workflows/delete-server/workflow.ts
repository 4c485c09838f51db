import type { Activities } from '#activities/contract';
import { Saga } from '../saga.js';
import { deleteServerSteps } from './steps.js';

interface DeleteRequest {
  readonly serverId: string;
  readonly requestId: string;
}

/** Deletes a server, at whatever point of its life it is. It only goes forward, and does not end before all is gone. */
export async function deleteServer(request: DeleteRequest): Promise<void> {
  const saga = new Saga<Activities, typeof deleteServerSteps>(deleteServerSteps);
  await saga.insist(() => deleteWith(saga, request));
}

async function deleteWith(
  saga: Saga<Activities, typeof deleteServerSteps>,
  { serverId, requestId }: DeleteRequest,
): Promise<void> {
  const { host, machine, vifs, volumeHost, volumes, doomedVolumes } = await saga.must('prepareDelete', { serverId });
  if (host !== null && machine !== null) await saga.must('destroyGuest', { serverId, host, machine, vifs });
  if (volumeHost !== null && volumes.length > 0) await saga.must('disconnectVolume', { volumeHost, volumes });
  await saga.must('finishDelete', { serverId, requestId, doomedVolumes, story: saga.story });
}
