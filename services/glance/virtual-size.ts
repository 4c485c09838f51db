import type { ObjectStore, WrittenObject } from '#drivers/objects/index';
import { badRequest } from '../errors.js';

const QCOW2_MAGIC = 0x514649fb;
/** The part of a qcow2 header that is looked at: version 3's incompatible features end at byte 80. */
const QCOW2_HEAD = 80;
const EXTERNAL_DATA_FILE = 4n;

/**
 * The size of the disk that an image holds, in bytes; null where the format does not say.
 * @throws 400 when the bytes are not of the format that the record claims (as Glance's format inspection)
 */
export async function virtualSize(
  objects: ObjectStore,
  written: WrittenObject,
  format: string,
): Promise<bigint | null> {
  if (format === 'raw' || format === 'iso') return BigInt(written.size);
  if (format !== 'qcow2') return null;
  const head = await firstBytes(objects, written.location, QCOW2_HEAD);
  const wrong = qcow2Fault(head);
  if (wrong) {
    await objects.remove(written.location);
    throw badRequest(wrong);
  }
  return head.readBigUInt64BE(24);
}

/** A qcow2 that refers to another file would show the host's files to a guest (OSSA-2024-001). */
function qcow2Fault(head: Buffer): string | undefined {
  if (head.length < QCOW2_HEAD || head.readUInt32BE(0) !== QCOW2_MAGIC)
    return 'Image format detection failed: the data is not qcow2, but disk_format says so.';
  if (head.readBigUInt64BE(8) !== 0n)
    return 'Image format inspection failed: a qcow2 image with a backing file is not accepted; flatten it with qemu-img convert.';
  if (head.readUInt32BE(4) >= 3 && (head.readBigUInt64BE(72) & EXTERNAL_DATA_FILE) !== 0n)
    return 'Image format inspection failed: a qcow2 image with an external data file is not accepted.';
  return undefined;
}

async function firstBytes(objects: ObjectStore, location: string, count: number): Promise<Buffer> {
  const stream = await objects.read(location);
  for await (const chunk of stream) {
    stream.destroy();
    return (chunk as Buffer).subarray(0, count);
  }
  return Buffer.alloc(0);
}
