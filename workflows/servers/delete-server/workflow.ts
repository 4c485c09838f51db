import type { Activities, DeleteRequest } from '#activities/contract';
import { Saga, operationId } from '../../engine/saga.js';
import { deleteServerSteps } from './steps.js';

/** Deletes a server, at whatever point of its life it is. It only goes forward, and does not end before all is gone. */
export async function deleteServer(request: DeleteRequest): Promise<void> {
  const saga = new Saga<Activities, typeof deleteServerSteps>(deleteServerSteps);
  await saga.insist(() => deleteWith(saga, request));
}

async function deleteWith(
  saga: Saga<Activities, typeof deleteServerSteps>,
  { serverId }: DeleteRequest,
): Promise<void> {
  const remains = await saga.must('prepareDelete', { serverId, operationId: operationId() });
  const { host, machine, vifs, storage, removedVolumes } = remains;
  if (host !== null && machine !== null) await saga.must('destroyGuest', { serverId, host, machine, vifs });
  await saga.together(...storage.map((volumes) => () => saga.must('disconnectVolume', volumes)));
  await saga.must('finishDelete', { serverId, removedVolumes, operationId: operationId(), story: saga.story });
}
