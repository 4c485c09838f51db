import { HEAD_BYTES, ImageRefusal, inspectImage as inspect } from '#drivers/image/inspect';
import type { ObjectStore, WrittenObject } from '#drivers/objects/index';
import { OpenStackError } from '../kernel/errors.js';

/**
 * Looks at the bytes of an image that was written, as Glance does while they come in. It removes nothing.
 * @param format what the record says that they are
 * @param mustMatch whether bytes of another format are refused (glance-api.conf: require_image_format_match); hosts
 * refuse them in any case
 * @returns the size of the disk that the image holds, in bytes
 * @throws 415 in Glance's words when they are not accepted
 */
export async function inspectImage(
  objects: Pick<ObjectStore, 'read'>,
  written: Pick<WrittenObject, 'location' | 'size'>,
  format: string,
  mustMatch = true,
): Promise<bigint> {
  try {
    return inspect(await firstBytes(objects, written.location, HEAD_BYTES), written.size, format);
  } catch (error) {
    if (!(error instanceof ImageRefusal)) throw error;
    if (error.kind === 'mismatch' && !mustMatch) return BigInt(written.size);
    throw new OpenStackError(415, 'HTTPUnsupportedMediaType', error.message);
  }
}

async function firstBytes(objects: Pick<ObjectStore, 'read'>, location: string, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stream = await objects.read(location);
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    // The first chunk may be short: what is hidden behind it must not go unseen.
    if (length >= count) break;
  }
  return Buffer.concat(chunks).subarray(0, count);
}
