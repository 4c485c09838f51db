import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The requests that follow a start at once, a first server's among them, are not held up by the collection. */
const AFTER_START_MS = 10_000;

/**
 * Gives the memory back that only the start of this process needed. V8 collects when the heap has grown, and a process
 * that waits does not grow: a control process keeps some 40 MB for as long as nobody asks it anything. The collection takes
 * a tenth of a second, once.
 */
export function collectAfterStart(): void {
  setTimeout(() => {
    // Node shows the collector to code only under this flag, and the flag to contexts only that are made after it.
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
    collect();
  }, AFTER_START_MS).unref();
}
