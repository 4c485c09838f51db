import type { Readable } from 'node:stream';

/** What became known of an object while it was written. */
export interface WrittenObject {
  /** Where it is, as a URL that the same kind of store opens on any machine that reaches it. */
  readonly location: string;
  readonly size: number;
  readonly md5: string;
  readonly sha512: string;
}

/** Bytes that a store has, complete or not. */
export interface StoredBytes {
  /** The name that they were written under. */
  readonly name: string;
  readonly location: string;
  /** True while they are not complete: no record points at them. */
  readonly partial: boolean;
}

/** Where image bytes and objects live. */
export interface ObjectStore {
  /**
   * Writes the stream; nothing is left when it breaks off. What is complete is on the disk when this returns.
   * @param name of this write alone: two writers of one name would write into each other
   * @param limit in bytes
   * @throws an error with code EFBIG when there are more bytes than the limit
   */
  write(name: string, body: Readable, limit?: number): Promise<WrittenObject>;
  /**
   * @param range the first and the last byte, both included; everything without it
   * @throws an error with code ENOENT when there is no such object
   */
  read(location: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** No such object is fine. */
  remove(location: string): Promise<void>;
  /** Removes what was written under a name, complete or not. Nothing there is fine. */
  discard(name: string): Promise<void>;
  /** All that is in the store, in no order, as it is read: what comes or goes meanwhile may be in it or not. */
  list(): AsyncIterable<StoredBytes>;
  /** What was written under a name, complete or not. */
  find(name: string): Promise<StoredBytes | undefined>;
  exists(location: string): Promise<boolean>;
  /**
   * @returns bytes, and the seconds since they were last written to by the store's own clock; undefined when there is
   * no such object
   */
  describe(location: string): Promise<{ readonly size: number; readonly ageSeconds: number } | undefined>;
  /** Whether the store itself can be reached from here. If not, an object that is not found may still exist. */
  reachable(): Promise<boolean>;
}
