import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, opendir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { replaceFile } from '../durable.js';
import type { ObjectStore, StoredBytes, WrittenObject } from './index.js';

/** The folder for incomplete files. It is in the store itself: a rename is atomic only within one file system. */
const PARTIAL = '.partial';
/** A file whose time of writing is the store's own "now". */
const CLOCK = '.clock';
/** The store's clock is read at most once in this time, in ms. Ages are counted in seconds. */
const CLOCK_MS = 500;

/** Objects as files of one directory, which hosts on the same machine read directly. */
export class FilesystemObjects implements ObjectStore {
  private now: { readonly at: number; readonly ms: Promise<number> } | undefined;

  constructor(private readonly directory: string) {}

  async write(name: string, body: Readable, limit = Infinity): Promise<WrittenObject> {
    const partial = path.join(this.directory, PARTIAL, name);
    const final = path.join(this.directory, name);
    const md5 = createHash('md5');
    const sha512 = createHash('sha512');
    let size = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (size > limit)
          return done(Object.assign(new Error(`More than ${limit} bytes were sent.`), { code: 'EFBIG' }));
        md5.update(chunk);
        sha512.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await mkdir(path.dirname(partial), { recursive: true, mode: 0o700 });
      // `wx` fails if the file exists: each write has a name of its own, and such a file would be another one's.
      await pipeline(body, measure, createWriteStream(partial, { mode: 0o600, flags: 'wx' }));
      await replaceFile(partial, final);
    } catch (error) {
      await this.discard(name);
      throw error;
    }
    return { location: pathToFileURL(final).href, size, md5: md5.digest('hex'), sha512: sha512.digest('hex') };
  }

  async read(location: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    // Opened before it is returned, so that a missing object is an error of this call and not of the stream.
    const file = await open(this.pathOf(location));
    return createReadStream('', { fd: file, ...range });
  }

  async remove(location: string): Promise<void> {
    await rm(this.pathOf(location), { force: true });
  }

  async discard(name: string): Promise<void> {
    await rm(path.join(this.directory, PARTIAL, name), { force: true });
    await rm(path.join(this.directory, name), { force: true });
  }

  async *list(): AsyncGenerator<StoredBytes> {
    for (const folder of [this.directory, path.join(this.directory, PARTIAL)]) {
      const entries = await opendir(folder).catch(() => undefined);
      // Entries come in small batches: a store of millions of objects takes no more memory than one of ten.
      for await (const entry of entries ?? [])
        if (entry.isFile() && entry.name !== CLOCK) yield this.stored(folder, entry.name);
    }
  }

  async find(name: string): Promise<StoredBytes | undefined> {
    // A name must not lead out of this store's folder.
    if (name !== path.basename(name) || name === '..') return undefined;
    for (const folder of [this.directory, path.join(this.directory, PARTIAL)]) {
      const found = this.stored(folder, name);
      if (await this.exists(found.location)) return found;
    }
    return undefined;
  }

  exists(location: string): Promise<boolean> {
    return stat(this.pathOf(location)).then(
      (found) => found.isFile(),
      () => false,
    );
  }

  async describe(location: string): Promise<{ size: number; ageSeconds: number } | undefined> {
    const file = await stat(this.pathOf(location)).catch(() => undefined);
    if (file === undefined) return undefined;
    return { size: file.size, ageSeconds: Math.max(0, (await this.clock()) - file.mtimeMs) / 1000 };
  }

  async reachable(): Promise<boolean> {
    return stat(this.directory).then(
      (found) => found.isDirectory(),
      () => false,
    );
  }

  /** What time it is where the files are: a store on another machine has a clock of its own. */
  private clock(): Promise<number> {
    const at = performance.now();
    if (this.now === undefined || at - this.now.at > CLOCK_MS) {
      const file = path.join(this.directory, CLOCK);
      const ms = writeFile(file, '.', { mode: 0o600 }).then(async () => (await stat(file)).mtimeMs);
      this.now = { at, ms };
    }
    return this.now.ms;
  }

  private stored(folder: string, name: string): StoredBytes {
    // Earlier versions wrote incomplete files beside the complete ones, with a dot in front of the name.
    const partial = folder !== this.directory || name.startsWith('.');
    return { name, location: pathToFileURL(path.join(folder, name)).href, partial };
  }

  private pathOf(location: string): string {
    return fileURLToPath(location);
  }
}
