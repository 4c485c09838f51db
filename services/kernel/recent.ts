import { LRUCache } from 'lru-cache';

/** How long what was read is used again, in ms: the longest that another api process's change goes unseen by a boot. */
const TTL_MS = 1_000;
/** Records that are kept at most; those used least go first. */
const MOST = 1_000;

/**
 * Records that every boot reads and few requests change: a flavor, an image, a network. Whoever changes one in this
 * process forgets them, so what one api process accepts is exact; what several accept is a second old at most, and the
 * boot finds out.
 */
export class Recent<T extends object> {
  private readonly kept = new LRUCache<string, T>({ max: MOST, ttl: TTL_MS });
  /** What was read before a change must not be kept after it. */
  private changes = 0;

  constructor(private readonly load: (id: string) => Promise<T | null>) {}

  async get(id: string): Promise<T | null> {
    const kept = this.kept.get(id);
    if (kept) return kept;
    const before = this.changes;
    const read = await this.load(id);
    if (read && before === this.changes) this.kept.set(id, read);
    return read;
  }

  /** To be called after a change has committed. */
  forget(): void {
    this.changes++;
    this.kept.clear();
  }
}
