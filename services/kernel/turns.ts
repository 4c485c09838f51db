/**
 * Makes work of one key take turns within this process. Between processes a lock of the database decides; but who waits
 * for that one holds a connection, and fifty requests of one project would leave the others none.
 */
export class Turns {
  private readonly last = new Map<string, Promise<void>>();

  /** Runs `work` when all that was given before for any of these keys has ended. @param keys in one order everywhere */
  async take<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const [key, ...rest] = keys;
    if (key === undefined) return work();
    const before = this.last.get(key);
    let end: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.last.set(key, mine);
    try {
      await before;
      return await this.take(rest, work);
    } finally {
      end();
      if (this.last.get(key) === mine) this.last.delete(key);
    }
  }
}
