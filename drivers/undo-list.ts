/**
 * What a step has begun on this machine and takes back when it fails, the newest first: `await using undos = new
 * UndoList()`. It is for failures; after a kill, the next call finishes or undoes what it finds.
 */
export class UndoList implements AsyncDisposable {
  private undos: (() => Promise<unknown>)[] = [];

  /** @param undo may fail: then the step's own error is thrown all the same, and the next call finds what is left */
  add(undo: () => Promise<unknown>): void {
    this.undos.push(undo);
  }

  /** The step has succeeded, or it is not known how far it came: nothing is taken back. */
  keep(): void {
    this.undos = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const undo of this.undos.toReversed()) await undo().catch(() => undefined);
  }
}
