import { Context } from '@temporalio/activity';
import { LRUCache } from 'lru-cache';

/** Things whose last order is remembered. An attempt is late by minutes at most, so the newest ten thousand are plenty. */
const REMEMBERED = 10_000;

/**
 * Keeps an attempt that was given up for dead from acting when it comes back late: a paused process wakes up in the
 * middle of a spawn whose undo has long been done. Orders for one thing (a guest, a card, a volume) take effect in
 * the order in which the server gave them. In memory, because late attempts die with their process.
 */
export class Fence {
  private readonly newest = new LRUCache<string, number>({ max: REMEMBERED });

  /** To be called in the moment before the driver is. @throws when a newer order for the same thing has passed */
  pass(thing: string): void {
    const ordered = Context.current().info.currentAttemptScheduledTimestampMs;
    if (ordered < (this.newest.get(thing) ?? 0))
      throw new Error(`This attempt came back after a newer order for ${thing}; it does nothing.`);
    this.newest.set(thing, ordered);
  }
}
