import type { DeleteRequest } from '#activities/contract';
import { Saga, operationId } from '../../engine/saga.js';
import { deleteServerFlow } from './flow.js';

/** Deletes a server, at whatever point of its life it is. It only goes forward, and does not end before all is gone. */
export async function deleteServer({ serverId }: DeleteRequest): Promise<void> {
  const saga = new Saga(deleteServerFlow);
  await saga.insist(async () => {
    const left = await saga.step('prepareDelete', { serverId, operationId: operationId() });
    const { host, machine, generation, vifs, storage, removedVolumes } = left;
    if (host !== null && machine !== null)
      await saga.step('destroyGuest', { serverId, host, machine, generation, vifs });
    await saga.each(
      storage,
      ({ volumeHost }) => `volumes/${volumeHost}`,
      (branch, volumes) => branch.step('disconnectVolume', volumes),
    );
    await saga.step('finishDelete', { serverId, removedVolumes, operationId: operationId(), story: saga.story });
  });
}
