import type { Readable } from 'node:stream';

/** What became known of an object while it was written. */
export interface WrittenObject {
  /** Where it is, as a URL that the same kind of store opens on any machine that reaches it. */
  readonly location: string;
  readonly size: number;
  readonly md5: string;
  readonly sha512: string;
}

/** Where image bytes live. */
export interface ObjectStore {
  /** Writes the stream; nothing is left when it breaks off. `limit` is in bytes. */
  write(name: string, body: Readable, limit?: number): Promise<WrittenObject>;
  /** @throws an error with code ENOENT when there is no such object */
  read(location: string): Promise<Readable>;
  /** No such object is fine. */
  remove(location: string): Promise<void>;
}
