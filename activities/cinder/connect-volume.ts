import { Type } from 'typebox';
import { beating } from '../host/beat.js';
import { point } from '../host/points.js';
import { VolumeToConnect } from '../schemas.js';
import type { Input } from '../input.js';
import { volumeStep, type Roles } from '../step.js';
import { heartbeat } from '../heartbeat.js';

const input = Type.Object({ volumeHost: Type.String(), volumes: Type.Array(VolumeToConnect) });

/** Makes the volumes that are to be made, and says how a hypervisor opens each. */
export const connectVolume = volumeStep(input, (parts, { volumes }) =>
  beating((signal) => Promise.all(volumes.map((v) => connect(parts, v, signal)))),
);

/** Disconnects; the bytes of a volume that the operation itself created go with it. */
export const disconnectVolume = volumeStep(input, ({ driver, fence }, { volumes }) =>
  beating(async () => {
    await Promise.all(
      volumes.filter((v) => v.create).map((v) => fence.inTurn(v.volumeId, undefined, () => driver.remove(v.volumeId))),
    );
  }),
);

async function connect(
  { driver, images, fence }: Roles['volume'],
  volume: Input<typeof VolumeToConnect>,
  signal: AbortSignal,
) {
  const { volumeId, bootIndex, device, create, imageId, sizeGb } = volume;
  const source =
    create && imageId !== undefined
      ? await images.fetch(imageId, (bytes, of) => heartbeat({ bytes, of }), signal)
      : undefined;
  return fence.inTurn(volumeId, undefined, async () => {
    if (create) {
      await driver.create(volumeId, sizeGb, source);
      await point('connectVolume:created');
    }
    return { volumeId, bootIndex, device, ...(await driver.connect(volumeId)) };
  });
}
