import { badRequest } from '../kernel/errors.js';

/**
 * The largest volume, in GiB: the largest file that ext4 holds (16 TiB, with its blocks of 4 KiB), which is what volumes
 * are made of. A request for more would fail on the storage host, after it was accepted.
 */
const MAX_VOLUME_GB = 16_384;

/** @param gb GiB, a whole number. @throws 400 in Cinder's words (VolumeSizeExceedsLimit) when no storage host can hold it */
export function checkVolumeSize(gb: number): void {
  if (gb > MAX_VOLUME_GB)
    throw badRequest(
      `Invalid input received: Requested volume size ${gb}G is larger than maximum allowed limit ${MAX_VOLUME_GB}G.`,
    );
}

/**
 * The size of a new volume.
 * @param asked GiB; what the image needs when left out
 * @param least GiB that the image needs
 * @throws 400 in Cinder's words when there is no size, or it is too small or too large
 */
export function sizeOf(asked: number | undefined, least = 0): number {
  const size = asked ?? least;
  if (size < 1)
    throw badRequest(
      'Invalid input received: Invalid volume size provided for create request: the size must be a number of GiB greater than 0.',
    );
  checkVolumeSize(size);
  if (size < least)
    throw badRequest(
      `Invalid input received: Size of specified image ${least}GB is larger than volume size ${size}GB.`,
    );
  return size;
}
