/**
 * Runs at most some things at once and lets some more wait for their turn, in the order in which they came. What comes
 * beyond is refused at once, so that no flood of requests fills the memory or keeps everybody waiting.
 */
export class Bounded {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  /** @param refused what is thrown where no more may wait */
  constructor(
    private readonly limits: { readonly atOnce: number; readonly waiting: number },
    private readonly refused: () => Error,
  ) {}

  /** @throws what `refused` makes, and what the work throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.limits.atOnce) this.running++;
    else await this.turn();
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      // Whose turn it is takes over the place, so that nobody who comes meanwhile slips in.
      if (next === undefined) this.running--;
      else next();
    }
  }

  private turn(): Promise<void> {
    if (this.queue.length >= this.limits.waiting) throw this.refused();
    return new Promise((go) => this.queue.push(go));
  }
}
