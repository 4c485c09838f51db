import { createHash, randomUUID } from 'node:crypto';
import { chmod, lchown, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiClient } from '#activities/host/api-client';
import { ImageCache } from '#activities/host/image-cache';
import { guestImage } from '#apps/standalone/guest-image';
import { ownFolder } from '#drivers/folder';
import { FakeHypervisor } from '#drivers/hypervisor/fake';
import { FakeNetwork } from '#drivers/network/fake';
import { FilesystemObjects } from '#drivers/objects/filesystem';
import { FileVolumes } from '#drivers/volume/file';
import { VMDK_TEXT } from '../../setup/images.js';

const asRoot = process.getuid?.() === 0;
const BAD_IDS = ['.', '..', '../../x', '', `${randomUUID()}/..`, randomUUID().toUpperCase()];
const INPUT = { name: 'DriverError', blame: 'input' };
const HOUR_MS = 3_600_000;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'novaflow-host-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** An order that is refused, at once or by its promise. */
const refused = (order: () => Promise<unknown>): Promise<void> =>
  expect((async () => order())()).rejects.toMatchObject(INPUT);

describe('what a host does with names', () => {
  it('takes only a lower-case uuid for a volume, in an order and in a file name', async () => {
    const volumes = new FileVolumes(path.join(directory, 'volumes'));
    const id = randomUUID();
    await volumes.create(id, 1);
    for (const name of ['..raw', 'x.raw', 'lost+found', `${id.toUpperCase()}.raw`])
      await writeFile(path.join(directory, 'volumes', name), '');
    expect(await volumes.list()).toEqual([id]);
    for (const bad of BAD_IDS) {
      await refused(() => volumes.create(bad, 1));
      await refused(() => volumes.connect(bad));
      await refused(() => volumes.remove(bad));
    }
    expect((await volumes.connect(id)).format).toBe('raw');
  });

  it('takes only a lower-case uuid for a card and for a simulated guest', async () => {
    const network = new FakeNetwork(path.join(directory, 'vifs'));
    const guests = new FakeHypervisor(path.join(directory, 'hosts'), 0);
    for (const folder of ['vifs', 'hosts']) {
      await mkdir(path.join(directory, folder, 'host'), { recursive: true });
      await writeFile(path.join(directory, folder, 'host', '..json'), '{}');
      await writeFile(path.join(directory, folder, 'host', 'x.json'), '{}');
      await writeFile(path.join(directory, folder, 'file'), '');
    }
    expect(await network.list()).toEqual([]);
    expect(await guests.list()).toEqual([]);
    for (const bad of BAD_IDS) {
      await refused(() => network.unplug({ portId: bad, host: 'host' }));
      await refused(() => guests.destroy({ serverId: bad, host: 'host' }));
    }
    for (const host of ['..', '.', '', 'a/b', 'a..b', '-v']) {
      await refused(() => network.unplug({ portId: randomUUID(), host }));
      await refused(() => guests.destroy({ serverId: randomUUID(), host }));
    }
  });
});

describe('a folder of the host', () => {
  const folder = (): string => path.join(directory, 'folder');
  const UNSAFE = { name: 'DriverError', blame: 'host', type: 'UnsafeFolder' };

  it('is made for its owner alone, and is made so again when it is found wider', async () => {
    await ownFolder(folder());
    expect((await stat(folder())).mode & 0o777).toBe(0o700);
    await chmod(folder(), 0o755);
    await ownFolder(folder());
    expect((await stat(folder())).mode & 0o777).toBe(0o700);
  });

  it('is not used when others may write in it, or it is a link or a file', async () => {
    await mkdir(folder());
    for (const mode of [0o777, 0o770, 0o702]) {
      await chmod(folder(), mode);
      await expect(ownFolder(folder())).rejects.toMatchObject(UNSAFE);
    }
    await rm(folder(), { recursive: true });
    await symlink(os.tmpdir(), folder());
    await expect(ownFolder(folder())).rejects.toMatchObject(UNSAFE);
    await rm(folder());
    await writeFile(folder(), '');
    await expect(ownFolder(folder())).rejects.toMatchObject(UNSAFE);
  });

  it.runIf(asRoot)('is not used when it is another user’s, or a link that another user made', async () => {
    await mkdir(folder(), { mode: 0o700 });
    await lchown(folder(), 65_534, 65_534);
    await expect(ownFolder(folder())).rejects.toMatchObject(UNSAFE);
    await rm(folder(), { recursive: true });
    const target = path.join(directory, 'target');
    await mkdir(target, { mode: 0o700 });
    await symlink(target, folder());
    await ownFolder(folder(), { mayBeLink: true });
    await lchown(folder(), 65_534, 65_534);
    await expect(ownFolder(folder(), { mayBeLink: true })).rejects.toMatchObject(UNSAFE);
  });
});

describe('the image cache of a host', () => {
  const at = (): string => path.join(directory, 'images');
  const signal = new AbortController().signal;

  /** A cache whose Glance has one image. */
  async function cacheOf(bytes: Buffer, disk_format: string): Promise<ImageCache> {
    const record = {
      status: 'active',
      disk_format,
      size: bytes.length,
      os_hash_value: createHash('sha512').update(bytes).digest('hex'),
    };
    const api = { get: () => Promise.resolve(record), stream: () => Promise.resolve(Readable.from([bytes])) };
    return new ImageCache(at(), api as unknown as ApiClient, new FilesystemObjects(directory));
  }
  const fetch = (cache: ImageCache, id: string) => cache.fetch(id, () => undefined, signal);
  async function age(name: string, ms: number): Promise<void> {
    const then = new Date(Date.now() - ms);
    await utimes(path.join(at(), name), then, then);
  }

  it('takes no image of another format, and none whose bytes are not what Glance says', async () => {
    const text = Buffer.from(VMDK_TEXT);
    for (const [format, words] of [
      ['vmdk', 'Images of format vmdk are not accepted'],
      ['raw', 'does not match stream data vmdk'],
      ['qcow2', 'does not match stream data vmdk'],
    ] as const) {
      const order = fetch(await cacheOf(text, format), randomUUID());
      await expect(order).rejects.toMatchObject({ ...INPUT, message: expect.stringContaining(words) as string });
    }
    expect(await readdir(at())).toEqual([]);
    for (const bad of BAD_IDS) await refused(async () => fetch(await cacheOf(guestImage(), 'raw'), bad));
  });

  it('does not hand out what an earlier version let in', async () => {
    const id = randomUUID();
    await mkdir(at(), { recursive: true });
    const entry = { path: path.join(at(), id), format: 'vmdk', virtualSize: 4096 };
    await writeFile(entry.path, VMDK_TEXT);
    await writeFile(`${entry.path}.json`, JSON.stringify(entry));
    await expect(fetch(await cacheOf(guestImage(), 'raw'), id)).rejects.toMatchObject(INPUT);
  });

  it('forgets what nobody used for a day, and keeps what a guest stands on', async () => {
    const cache = await cacheOf(guestImage(), 'raw');
    const [old, used, fresh] = [randomUUID(), randomUUID(), randomUUID()];
    const entries = [];
    for (const id of [old, used, fresh]) entries.push(await fetch(cache, id));
    for (const name of await readdir(at())) if (!name.startsWith(fresh)) await age(name, 25 * HOUR_MS);
    await cache.prune(new Set([entries[1]!.path]));
    const left = await readdir(at());
    expect(left.filter((name) => name.startsWith(old))).toEqual([]);
    expect(left.filter((name) => name.startsWith(used))).toHaveLength(2);
    expect(left.filter((name) => name.startsWith(fresh))).toHaveLength(2);
  });

  it('removes what a killed role left half copied, and no copy that goes on', async () => {
    const cache = await cacheOf(guestImage(), 'raw');
    const names = [1, 2, 3].map(() => `${randomUUID()}.${randomUUID()}`);
    const [dead, alive, orphan] = [`${names[0]}.partial`, `${names[1]}.partial`, names[2]!];
    await mkdir(at(), { recursive: true });
    for (const name of [dead, alive, orphan, 'not-ours']) await writeFile(path.join(at(), name), 'x');
    await age(dead, 2 * HOUR_MS);
    await age(orphan, 25 * HOUR_MS);
    await age('not-ours', 999 * HOUR_MS);
    await cache.prune(new Set());
    expect((await readdir(at())).toSorted()).toEqual([alive, 'not-ours'].toSorted());
  });

  it('hands out an image that is there, however often the cache is pruned beside it', async () => {
    const cache = await cacheOf(guestImage(), 'raw');
    const other = await cacheOf(guestImage(), 'raw');
    const id = randomUUID();
    for (let round = 0; round < 50; round++) {
      await fetch(cache, id);
      for (const name of await readdir(at())) await age(name, 25 * HOUR_MS).catch(() => undefined);
      const [mine, , theirs] = await Promise.all([
        fetch(cache, id),
        cache.prune(new Set()).then(() => other.prune(new Set())),
        fetch(other, id),
      ]);
      for (const { path: file } of [mine, theirs]) expect((await stat(file)).size).toBe(guestImage().length);
    }
  });
});
