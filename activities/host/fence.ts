import { Context } from '@temporalio/activity';
import { LRUCache } from 'lru-cache';
import { OneByOne } from '#drivers/one-by-one';

/** Things whose last order is remembered. An attempt is late by minutes at most, so the newest ten thousand are plenty. */
const REMEMBERED = 10_000;

interface Order {
  /** Of the work on the server that it is a part of; the database checks the same number (services/nova/generations.ts). */
  readonly generation: number | undefined;
  /** When the server ordered this attempt, in ms. */
  readonly at: number;
}

/**
 * Keeps an attempt that the server has given up from acting when it comes back late: a paused process wakes up in the
 * middle of a spawn whose undo has long been done. Orders for one thing (a guest, a card, a volume) are carried out one
 * by one, each to its end, and none after one of a newer generation, or after one of its own that the server gave later. In
 * memory, because late attempts die with their process.
 */
export class Fence {
  private readonly turns = new OneByOne();
  private readonly newest = new LRUCache<string, Order>({ max: REMEMBERED });

  /**
   * Carries out an order when its turn has come. Whether a newer one has been carried out is looked at in that turn and
   * not before it: between the two another order could begin.
   * @param generation undefined where the thing has none
   * @throws when a newer order for the same thing has begun before, or this attempt was cancelled while it waited
   */
  inTurn<T>(thing: string, generation: number | undefined, order: () => Promise<T>): Promise<T> {
    const { info, cancellationSignal } = Context.current();
    const at = info.currentAttemptScheduledTimestampMs;
    return this.turns.run(thing, () => {
      cancellationSignal.throwIfAborted();
      const last = this.newest.get(thing);
      if (last !== undefined && isOlder({ generation, at }, last))
        throw new Error(`This attempt came back after a newer order for ${thing}; it does nothing.`);
      this.newest.set(thing, { generation: generation ?? last?.generation, at });
      return order();
    });
  }
}

const isOlder = (order: Order, last: Order): boolean =>
  order.generation === undefined || last.generation === undefined || order.generation === last.generation
    ? order.at < last.at
    : order.generation < last.generation;
