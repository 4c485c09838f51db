import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guestImage } from '#apps/standalone/guest-image';
import { letEnter, ownFolder, shareFile } from '#drivers/folder';
import { findGuestUser, type GuestUser } from '#drivers/guest-user';
import { FileVolumes } from '#drivers/volume/file';
import { patched, qcow2Images } from '../../setup/images.js';

describe('a volume of an image', () => {
  let top: string;
  let home: string;
  let user: GuestUser | undefined;
  let volumes: FileVolumes;
  beforeEach(async () => {
    top = await mkdtemp(path.join(os.tmpdir(), 'novaflow-volumes-'));
    home = path.join(top, 'home');
    await letEnter(home);
    user = await findGuestUser('', home);
    volumes = new FileVolumes(path.join(home, 'volumes'), user);
    await ownFolder(path.join(home, 'images'), { gid: user?.gid });
    await mkdir(path.join(top, 'made'));
  });
  afterEach(() => rm(top, { recursive: true }));

  async function imageOf(bytes: Buffer, format: string): Promise<{ path: string; format: string }> {
    const file = path.join(home, 'images', randomUUID());
    await writeFile(file, bytes, { mode: 0o600 });
    await shareFile(file, user?.gid);
    return { path: file, format };
  }

  it('has the bytes of a raw and of a qcow2 image, and is the role’s alone', async () => {
    const { good } = await qcow2Images(path.join(top, 'made'));
    for (const source of [await imageOf(guestImage(), 'raw'), await imageOf(good, 'qcow2')]) {
      const id = randomUUID();
      await volumes.create(id, 1, source);
      const { path: file } = await volumes.connect(id);
      const { size, uid, mode } = await stat(file);
      expect([size, uid, mode & 0o777]).toEqual([2 ** 30, process.getuid!(), 0o600]);
      const handle = await open(file);
      const { buffer } = await handle.read(Buffer.alloc(guestImage().length));
      await handle.close();
      expect(buffer.equals(guestImage())).toBe(true);
    }
  });

  it('is not made of an image that is larger, or that qemu-img cannot read', async () => {
    const { good } = await qcow2Images(path.join(top, 'made'));
    // The first entry of its L1 table leads into the middle of a cluster.
    const torn = patched(good, Number(good.readBigUInt64BE(40)), '8000000000000200');
    const large = patched(good, 24, '0000000080000000');
    large.writeUInt32BE(4, 36);
    for (const [bytes, words] of [
      [torn, /qemu-img: /],
      [large, /has 2147483648 bytes/],
    ] as const) {
      const order = volumes.create(randomUUID(), 1, await imageOf(bytes, 'qcow2'));
      await expect(order).rejects.toMatchObject({
        name: 'DriverError',
        blame: 'input',
        message: expect.stringMatching(words) as string,
      });
    }
    expect((await readdir(path.join(home, 'volumes'))).filter((name) => name.endsWith('.raw'))).toEqual([]);
  });
});
