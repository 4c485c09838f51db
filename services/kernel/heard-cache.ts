import { LRUCache } from 'lru-cache';
import type { Listener } from './listen.js';

/**
 * How long a value is used again while changes are heard, in ms. It bounds how late two things are seen that nobody
 * announces: the end of a membership that an identity provider gave, and a domain that an operator changed in the
 * database.
 */
const HEARD_TTL_MS = 60_000;
/** The same while the connection that announces changes is broken: the longest that a change goes unseen. */
const DEAF_TTL_MS = 1_000;

interface Options<V> {
  /** How many values are kept. */
  readonly max: number;
  /** Whether a value may still be used, whatever its age; all may when left out. */
  readonly holds?: (value: V) => boolean;
}

/**
 * Values that were read from the database, and those that are being read. Whatever changes them says so in its own transaction, on
 * the listener's channel, and every process forgets all of them then.
 */
export class HeardCache<V extends object> {
  private readonly known: LRUCache<string, { readonly value: V; readonly readAt: number }>;
  /** Requests that come at once for one value share one reading. */
  private readonly reading = new Map<string, Promise<V>>();
  /** What was read before a change must not be kept after it. */
  private changes = 0;

  constructor(
    private readonly listener: Listener,
    private readonly options: Options<V>,
  ) {
    this.known = new LRUCache({ max: options.max });
    listener.onHeard(() => this.forget());
  }

  /** @param read reads what is not known; what it throws is not kept */
  async get(key: string, read: () => Promise<V>): Promise<V> {
    const known = this.known.get(key);
    if (known && this.holds(known)) return known.value;
    const underWay = this.reading.get(key);
    if (underWay) return underWay;
    const before = this.changes;
    const readAt = performance.now();
    const reading = read();
    this.reading.set(key, reading);
    try {
      const value = await reading;
      if (before === this.changes) this.known.set(key, { value, readAt });
      return value;
    } finally {
      if (this.reading.get(key) === reading) this.reading.delete(key);
    }
  }

  private holds({ value, readAt }: { readonly value: V; readonly readAt: number }): boolean {
    const age = performance.now() - readAt;
    if (this.options.holds?.(value) === false) return false;
    return age < DEAF_TTL_MS || (age < HEARD_TTL_MS && this.listener.hears);
  }

  forget(): void {
    this.changes++;
    this.known.clear();
    this.reading.clear();
  }
}
