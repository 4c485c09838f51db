import { Context } from '@temporalio/activity';
import type { VolumeDriver } from '#drivers/volume/index';
import type { ConnectedVolume, VolumeActivities, VolumeToConnect } from '../contract.js';
import { beating } from './beat.js';
import { Fence } from './fence.js';
import type { ImageCache } from './image-cache.js';

/** cinder-volume's activities. */
export function makeVolumeActivities(driver: VolumeDriver, images: ImageCache): VolumeActivities {
  const fence = new Fence();
  const connect = async (volume: VolumeToConnect, signal: AbortSignal): Promise<ConnectedVolume> => {
    if (volume.create) {
      const source =
        volume.imageId === undefined
          ? undefined
          : await images.fetch(volume.imageId, (bytes, of) => Context.current().heartbeat({ bytes, of }), signal);
      fence.pass(volume.volumeId);
      await driver.create(volume.volumeId, volume.sizeGb, source);
    }
    return {
      volumeId: volume.volumeId,
      bootIndex: volume.bootIndex,
      device: volume.device,
      ...(await driver.connect(volume.volumeId)),
    };
  };
  return {
    connectVolume: ({ volumes }) => beating((signal) => Promise.all(volumes.map((v) => connect(v, signal)))),

    disconnectVolume: ({ volumes }) =>
      beating(async () => {
        await Promise.all(
          volumes
            .filter((v) => v.create)
            .map((v) => {
              fence.pass(v.volumeId);
              return driver.remove(v.volumeId);
            }),
        );
      }),

    async inspectVolumes({ machine }) {
      const ids = await driver.list();
      return { machine, role: 'volume', items: ids.map((id) => ({ kind: 'volume bytes', id, owner: id })) };
    },
  };
}
