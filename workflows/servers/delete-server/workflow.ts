import type { Activities, Remains, VolumeToConnect } from '#activities/contract';
import { Saga } from '../../engine/saga.js';
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
  const remains = await saga.must('prepareDelete', { serverId });
  const { host, machine, vifs, doomedVolumes } = remains;
  if (host !== null && machine !== null) await saga.must('destroyGuest', { serverId, host, machine, vifs });
  await saga.together(...storageOf(remains).map((volumes) => () => saga.must('disconnectVolume', volumes)));
  await saga.must('finishDelete', { serverId, requestId, doomedVolumes, story: saga.story });
}

/** Until 0.3.0 one volume role had all of a server's volumes; a delete that began then has its name in its history. */
function storageOf(
  remains: Remains | { volumeHost: string | null; volumes: readonly VolumeToConnect[] },
): Remains['storage'] {
  if ('storage' in remains) return remains.storage;
  const { volumeHost, volumes } = remains;
  return volumeHost === null || volumes.length === 0 ? [] : [{ volumeHost, volumes }];
}
