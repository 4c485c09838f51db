/**
 * So far back each look goes, in seconds. A transaction is dated by its beginning and may last for ten seconds
 * (services/kernel/sql.ts), so what is older than the newest may be new all the same.
 */
export const BACK_SECONDS = 15;

/** One look at what has changed, the oldest first. */
export type Look<Row> = () => Promise<readonly Row[]>;

/** A look that gives what the one before has not given, of one that gives all of the last `BACK_SECONDS`. @param keyOf tells one change from another */
export function unseen<Row>(look: Look<Row>, keyOf: (row: Row) => string): Look<Row> {
  let seen: ReadonlySet<string> = new Set();
  return async () => {
    const rows = await look();
    const before = seen;
    seen = new Set(rows.map(keyOf));
    return rows.filter((row) => !before.has(keyOf(row)));
  };
}

/**
 * What is new in a table, for all who listen in this process, by one query at an interval and none while nobody listens. A NOTIFY
 * in each transaction would make all of them wait for each other where they commit.
 */
export class ChangeFeed<Row> {
  private readonly listeners = new Set<(rows: readonly Row[]) => void>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private look: Look<Row>;

  /**
   * @param begin called when somebody begins to listen where nobody did. Who does asks for everything by himself, but only after
   *   he listens, so the first look gives what is new of the last `BACK_SECONDS`; each later one what no earlier one gave
   */
  constructor(
    private readonly everyMs: number,
    private readonly begin: () => Look<Row>,
  ) {
    this.look = begin();
  }

  /** @param listener called with what is new, in the order of the query @returns what ends it */
  listen(listener: (rows: readonly Row[]) => void): () => void {
    this.listeners.add(listener);
    if (this.timer === undefined) {
      this.look = this.begin();
      this.timer = setInterval(() => void this.turn(), this.everyMs).unref();
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  /** Whether anybody listens. */
  get active(): boolean {
    return this.timer !== undefined;
  }

  private async turn(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const fresh = await this.look();
      if (fresh.length > 0) for (const listener of this.listeners) listener(fresh);
    } catch {
      // The database is away for a moment: the next look sees what this one would have.
    } finally {
      this.looking = false;
    }
  }
}
