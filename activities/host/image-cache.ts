import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { replaceFile } from '#drivers/durable';
import { LRUCache } from 'lru-cache';
import { DriverError } from '#drivers/errors';
import { ownFolder, shareFile } from '#drivers/folder';
import { checkFormat, inspectFile } from '#drivers/image/inspect';
import { checkedId } from '#drivers/names';
import type { ObjectStore } from '#drivers/objects/index';
import { OneByOne } from '#drivers/one-by-one';
import type { CachedImage } from '../schemas.js';
import { ApiError, type ApiClient } from './api-client.js';
import { pruneImages } from './prune-images.js';

interface ImageRecord {
  readonly status: string;
  readonly disk_format: string;
  readonly size: number;
  readonly os_hash_value: string;
  /** Where the bytes are in the object store. */
  readonly direct_url?: string;
}
/** Called during a copy: how many bytes of the image have arrived, and how many there are. */
export type Progress = (bytes: number, of: number) => void;

/** A host boots from a few images again and again, and from others rarely. To inspect one again costs one read. */
const REMEMBERED = 1_000;

/**
 * The host's images. Each is copied once: straight from the object store where the host reaches it (step 14), otherwise
 * through Glance (the alternative). It is checked against Glance's checksum and inspected before any program opens it.
 * A note (<image id>.json) says where the bytes are. Every copy has a name of its own, so that a copy and a prune, in
 * this process or in another one of the machine, never touch the same file.
 */
export class ImageCache {
  private readonly turns = new OneByOne();
  /** Size in bytes of the disk in each file that this process has inspected. */
  private readonly inspected = new LRUCache<string, number>({ max: REMEMBERED });

  /** @param gid the group of the user that guests run as, where it is not the role's own */
  constructor(
    private readonly directory: string,
    private readonly api: ApiClient,
    private readonly objects: ObjectStore,
    private readonly gid?: number,
  ) {}

  fetch(imageId: string, progress: Progress, signal: AbortSignal): Promise<CachedImage> {
    return this.turns.run(imageId, async () => {
      await this.openFolder();
      const cached = await this.cached(imageId);
      if (cached) return cached;
      const image = await this.record(imageId);
      // Checked before the copy: an older control plane accepted formats that are not opened here.
      checkFormat(image.disk_format);
      const entry = await this.copy(imageId, image, progress, signal);
      const note = this.noteOf(imageId);
      const partial = `${note}.${randomUUID()}.partial`;
      await writeFile(partial, JSON.stringify(entry), { mode: 0o600 });
      await replaceFile(partial, note);
      return entry;
    });
  }

  /** Makes the cache's folder, which guests' user may enter. */
  openFolder(): Promise<void> {
    return ownFolder(this.directory, { gid: this.gid, mayBeLink: true });
  }

  /**
   * Removes images that were not used for a day and that no guest's disk is based on, and incomplete copies of killed
   * roles.
   */
  async prune(inUse: ReadonlySet<string>): Promise<void> {
    await this.openFolder();
    await pruneImages(this.directory, inUse);
  }

  private async cached(imageId: string): Promise<CachedImage | undefined> {
    const note = this.noteOf(imageId);
    try {
      // The note's time is the image's last use, by which the cache is pruned. It is set before the note is read. So if
      // the note is being pruned at this moment, either it is gone here, or the prune sees the new time and keeps it.
      await utimes(note, new Date(), new Date());
      const entry = JSON.parse(await readFile(note, 'utf8')) as CachedImage;
      await utimes(entry.path, new Date(), new Date());
      // An older version may have cached it without an inspection.
      const virtualSize = this.inspected.get(entry.path) ?? (await this.inspect(entry.path, imageId, entry.format));
      await shareFile(entry.path, this.gid);
      this.inspected.set(entry.path, virtualSize);
      return { ...entry, virtualSize };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  private async record(imageId: string): Promise<ImageRecord> {
    try {
      const image = await this.api.get<ImageRecord>(`/internal/images/${imageId}`);
      if (image.status !== 'active')
        throw new DriverError('input', 'ImageNotActive', `Image ${imageId} is ${image.status}.`);
      return image;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404)
        throw new DriverError('input', 'ImageNotFound', `Image ${imageId} could not be found.`);
      throw error;
    }
  }

  private async copy(
    imageId: string,
    image: ImageRecord,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<CachedImage> {
    const file = path.join(this.directory, `${imageId}.${randomUUID()}`);
    const partial = `${file}.partial`;
    const hash = createHash('sha512');
    let bytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        bytes += chunk.length;
        progress(bytes, image.size);
        done(null, chunk);
      },
    });
    try {
      await pipeline(await this.source(imageId, image, signal), measure, createWriteStream(partial, { mode: 0o600 }), {
        signal,
      });
      if (hash.digest('hex') !== image.os_hash_value)
        throw new DriverError('input', 'ImageCorrupt', `Image ${imageId}: the bytes do not match the checksum.`);
      const virtualSize = await this.inspect(partial, imageId, image.disk_format);
      await shareFile(partial, this.gid);
      await replaceFile(partial, file);
      return { path: file, format: image.disk_format, virtualSize };
    } finally {
      await rm(partial, { force: true });
    }
  }

  /** @returns the size of the disk in bytes, found by an inspection of the file: the image's record is not trusted */
  private async inspect(file: string, imageId: string, format: string): Promise<number> {
    return Number(await inspectFile(file, format, imageId));
  }

  private async source(imageId: string, image: ImageRecord, signal: AbortSignal): Promise<Readable> {
    const direct =
      image.direct_url === undefined ? undefined : await this.objects.read(image.direct_url).catch(() => undefined);
    return direct ?? this.api.stream(`/internal/images/${imageId}/file`, signal);
  }

  private noteOf(imageId: string): string {
    return path.join(this.directory, `${checkedId('image', imageId)}.json`);
  }
}
