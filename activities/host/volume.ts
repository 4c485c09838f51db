import { Context } from '@temporalio/activity';
import type { VolumeDriver } from '#drivers/volume/index';
import type { ConnectedVolume, VolumeActivities, VolumeToConnect } from '../contract.js';
import { beating } from './beat.js';
import { Fence } from './fence.js';
import type { ImageCache } from './image-cache.js';
import { point } from './points.js';

/** cinder-volume's activities. */
export function makeVolumeActivities(driver: VolumeDriver, images: ImageCache): VolumeActivities {
  const fence = new Fence();
  const connect = async (volume: VolumeToConnect, signal: AbortSignal): Promise<ConnectedVolume> => {
    const source =
      volume.create && volume.imageId !== undefined
        ? await images.fetch(volume.imageId, (bytes, of) => Context.current().heartbeat({ bytes, of }), signal)
        : undefined;
    const { volumeId, bootIndex, device } = volume;
    return fence.inTurn(volumeId, async () => {
      if (volume.create) {
        await driver.create(volumeId, volume.sizeGb, source);
        await point('connectVolume:created');
      }
      return { volumeId, bootIndex, device, ...(await driver.connect(volumeId)) };
    });
  };
  return {
    connectVolume: ({ volumes }) => beating((signal) => Promise.all(volumes.map((v) => connect(v, signal)))),

    disconnectVolume: ({ volumes }) =>
      beating(async () => {
        await Promise.all(
          volumes.filter((v) => v.create).map((v) => fence.inTurn(v.volumeId, () => driver.remove(v.volumeId))),
        );
      }),

    async inspectVolumes({ machine }) {
      const ids = await driver.list();
      return { machine, role: 'volume', items: ids.map((id) => ({ kind: 'volume bytes', id, owner: id })) };
    },
  };
}
