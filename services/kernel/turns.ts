import { OneByOne } from '#drivers/one-by-one';

/**
 * Makes work of one key take turns within this process. Between processes a lock of the database decides; but who waits
 * for that one holds a connection, and fifty requests of one project would leave the others none.
 */
export class Turns {
  private readonly turns = new OneByOne();

  /** Runs `work` when all that was given before for any of these keys has ended. @param keys in one order everywhere */
  take<T>([key, ...rest]: readonly string[], work: () => Promise<T>): Promise<T> {
    return key === undefined ? work() : this.turns.run(key, () => this.take(rest, work));
  }
}
