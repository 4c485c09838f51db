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
