/**
 * Runs the tasks of one key one at a time, in the order in which they came. So a step that has timed out and its undo
 * never work on the same guest at once, and the undo runs last.
 */
export class OneByOne {
  private readonly tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const result = before.then(task, task);
    const tail: Promise<unknown> = result
      .catch(() => undefined)
      .finally(() => {
        if (this.tails.get(key) === tail) this.tails.delete(key);
      });
    this.tails.set(key, tail);
    return result;
  }
}
