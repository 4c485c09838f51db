import { LRUCache } from 'lru-cache';
import type { Listener } from '../../kernel/listen.js';
import type { TokenInfo } from './token.js';

/**
 * How long a validation is used again while changes are heard of, in ms: what only time ends (a group's membership that an identity
 * provider gave, a domain that an operator changed in the database) is seen after that.
 */
const HEARD_TTL_MS = 60_000;
/** The same while changes may not be heard of, since the connection that they come by is broken: the longest that one goes unseen. */
const DEAF_TTL_MS = 1_000;
/** Tokens in use at once; each takes about a kilobyte. */
const MAX = 10_000;

/**
 * Tokens that were found valid, and those that are being read. Whatever changes what a token opens says so in its own transaction
 * (words.ts: `tellOfTokens`), and every process forgets all tokens then.
 */
export class TokenCache {
  private readonly valid = new LRUCache<string, { readonly info: TokenInfo; readonly readAt: number }>({ max: MAX });
  /** Requests that come at once with one token share one reading. */
  private readonly reading = new Map<string, Promise<TokenInfo>>();
  /** What was read before a change must not be kept after it. */
  private changes = 0;

  constructor(private readonly listener: Listener) {
    listener.onHeard(() => this.forget());
  }

  /** @param read reads what is not known; what it throws is not kept */
  async get(key: string, read: () => Promise<TokenInfo>): Promise<TokenInfo> {
    const known = this.valid.get(key);
    if (known && this.holds(known)) return known.info;
    const underWay = this.reading.get(key);
    if (underWay) return underWay;
    const before = this.changes;
    const readAt = performance.now();
    const reading = read();
    this.reading.set(key, reading);
    try {
      const info = await reading;
      if (before === this.changes) this.valid.set(key, { info, readAt });
      return info;
    } finally {
      if (this.reading.get(key) === reading) this.reading.delete(key);
    }
  }

  private holds({ info, readAt }: { readonly info: TokenInfo; readonly readAt: number }): boolean {
    const age = performance.now() - readAt;
    if (info.expiresAt.getTime() <= Date.now()) return false;
    return age < DEAF_TTL_MS || (age < HEARD_TTL_MS && this.listener.hears);
  }

  forget(): void {
    this.changes++;
    this.valid.clear();
    this.reading.clear();
  }
}
