import { Context } from '@temporalio/activity';
import { LRUCache } from 'lru-cache';
import { OneByOne } from '#drivers/one-by-one';

/**
 * How many things have their last order remembered. A late attempt comes within minutes, so the latest ten thousand are
 * enough.
 */
const REMEMBERED = 10_000;

interface Order {
  /**
   * The generation of the work that the order is a part of. The database checks the same number
   * (services/nova/generations.ts).
   */
  readonly generation: number | undefined;
  /** When Temporal's server scheduled this attempt, in ms since 1970. */
  readonly at: number;
}

/**
 * Stops an attempt from acting late, after Temporal has already given it up: for example a process that was paused in
 * the middle of a spawn, and wakes up after that spawn was undone. Orders for one thing (a guest, a card, a volume) run
 * one at a time, each to its end. An order is refused after one of a newer generation, and after one of the same
 * generation that Temporal scheduled later. This is kept in memory only, because late attempts end with their process.
 */
export class Fence {
  private readonly turns = new OneByOne();
  private readonly newest = new LRUCache<string, Order>({ max: REMEMBERED });

  /**
   * Runs an order when its turn has come. The check for a newer order is made in that turn too: if it were made before,
   * another order could begin in between.
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
