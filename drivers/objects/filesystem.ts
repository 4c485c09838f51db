import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ObjectStore, WrittenObject } from './index.js';

/** Objects as files of one directory, which hosts on the same machine read directly. */
export class FilesystemObjects implements ObjectStore {
  constructor(private readonly directory: string) {}

  async write(name: string, body: Readable, limit = Infinity): Promise<WrittenObject> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const partial = path.join(this.directory, `.${name}.${randomUUID()}`);
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
      await pipeline(body, measure, createWriteStream(partial, { mode: 0o600 }));
      await rename(partial, final);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return { location: pathToFileURL(final).href, size, md5: md5.digest('hex'), sha512: sha512.digest('hex') };
  }

  async read(location: string): Promise<Readable> {
    // Opened before it is returned, so that a missing object is an error of this call and not of the stream.
    const file = await open(this.pathOf(location));
    return createReadStream('', { fd: file });
  }

  async remove(location: string): Promise<void> {
    await rm(this.pathOf(location), { force: true });
  }

  private pathOf(location: string): string {
    return fileURLToPath(location);
  }
}
