import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DriverError } from '#drivers/errors';
import type { ObjectStore } from '#drivers/objects/index';
import { OneByOne } from '#drivers/one-by-one';
import type { CachedImage } from '../contract.js';
import { ApiError, type ApiClient } from './api-client.js';

interface ImageRecord {
  readonly status: string;
  readonly disk_format: string;
  readonly size: number;
  readonly virtual_size: number | null;
  readonly os_hash_value: string;
  /** Where the bytes are in the object store. */
  readonly direct_url?: string;
}
/** Told how many bytes of the image are here. */
export type Progress = (bytes: number, of: number) => void;

/** An unused image stays for a day (nova.conf: remove_unused_original_minimum_age_seconds). */
const KEEP_MS = 86_400_000;

/**
 * The host's images. Each is copied once, straight from the object store where the host reaches it (step 14) and
 * through Glance where it does not (the alternative), and checked against Glance's checksum before anyone sees it.
 */
export class ImageCache {
  private readonly turns = new OneByOne();

  constructor(
    private readonly directory: string,
    private readonly api: ApiClient,
    private readonly objects: ObjectStore,
  ) {}

  fetch(imageId: string, progress: Progress, signal: AbortSignal): Promise<CachedImage> {
    return this.turns.run(imageId, async () => {
      const cached = await this.cached(imageId);
      if (cached) return cached;
      const image = await this.record(imageId);
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      await this.copy(imageId, image, progress, signal);
      const entry: CachedImage = {
        path: this.fileOf(imageId),
        format: image.disk_format,
        virtualSize: image.virtual_size ?? image.size,
      };
      await writeFile(`${this.noteOf(imageId)}.new`, JSON.stringify(entry), { mode: 0o600 });
      await rename(`${this.noteOf(imageId)}.new`, this.noteOf(imageId));
      return entry;
    });
  }

  /** Removes images that nobody used for a day and no guest stands on. */
  async prune(inUse: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.directory).catch(() => [])) {
      const file = path.join(this.directory, name);
      if (!name.endsWith('.json') || inUse.has(file.slice(0, -'.json'.length))) continue;
      if (Date.now() - (await stat(file)).mtimeMs < KEEP_MS) continue;
      await rm(file, { force: true });
      await rm(file.slice(0, -'.json'.length), { force: true });
    }
  }

  private async cached(imageId: string): Promise<CachedImage | undefined> {
    const note = await readFile(this.noteOf(imageId), 'utf8').catch(() => undefined);
    if (note === undefined) return undefined;
    // The age by which the cache is pruned counts from the last use.
    await utimes(this.noteOf(imageId), new Date(), new Date());
    return JSON.parse(note) as CachedImage;
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

  private async copy(imageId: string, image: ImageRecord, progress: Progress, signal: AbortSignal): Promise<void> {
    const partial = `${this.fileOf(imageId)}.${randomUUID()}.partial`;
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
      await rename(partial, this.fileOf(imageId));
    } finally {
      await rm(partial, { force: true });
    }
  }

  private async source(imageId: string, image: ImageRecord, signal: AbortSignal): Promise<Readable> {
    const direct =
      image.direct_url === undefined ? undefined : await this.objects.read(image.direct_url).catch(() => undefined);
    return direct ?? this.api.stream(`/internal/images/${imageId}/file`, signal);
  }

  private fileOf(imageId: string): string {
    return path.join(this.directory, imageId);
  }
  private noteOf(imageId: string): string {
    return `${this.fileOf(imageId)}.json`;
  }
}
