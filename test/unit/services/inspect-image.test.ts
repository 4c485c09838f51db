import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { guestImage } from '#apps/standalone/guest-image';
import type { ObjectStore } from '#drivers/objects/index';
import { inspectImage } from '#services/glance/inspect-image';
import { VMDK_TEXT, isoImage, patched } from '../../setup/images.js';

/** A store with one object, which comes in pieces. The look can do nothing but read. */
function storeOf(bytes: Buffer, piece: number): Pick<ObjectStore, 'read'> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, i) =>
    bytes.subarray(i * piece, (i + 1) * piece),
  );
  return { read: () => Promise.resolve(Readable.from(pieces)) };
}
const inspect = (bytes: Buffer, format: string, mustMatch?: boolean, piece = 1000): Promise<bigint> =>
  inspectImage(storeOf(bytes, piece), { location: 'file:///x', size: bytes.length }, format, mustMatch);

describe('Glance’s look at what was uploaded', () => {
  it('sees all of the beginning, in however small pieces it comes', async () => {
    for (const piece of [1, 7, 32_769, 1_000_000]) {
      expect(await inspect(isoImage(), 'iso', true, piece)).toBe(65_536n);
      await expect(inspect(isoImage(), 'raw', true, piece)).rejects.toMatchObject({ status: 415 });
    }
  });

  it('answers 415 and removes nothing itself', async () => {
    await expect(inspect(Buffer.from(VMDK_TEXT), 'raw')).rejects.toMatchObject({
      status: 415,
      message: 'Image disk_format raw does not match stream data vmdk',
    });
    await expect(inspect(Buffer.alloc(0), 'raw')).rejects.toMatchObject({ status: 415 });
  });

  it('takes bytes of another format where the operator said so, and none that are not safe', async () => {
    expect(await inspect(guestImage(), 'qcow2', false)).toBe(65_536n);
    const backed = patched(Buffer.alloc(4096), 0, '514649fb00000003000000000000020000000000');
    await expect(inspect(backed, 'qcow2', false)).rejects.toMatchObject({ status: 415 });
    await expect(inspect(guestImage(), 'vmdk', false)).rejects.toMatchObject({ status: 415 });
  });
});
