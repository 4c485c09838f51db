import {
  appendFileSync,
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';

/** A log that is longer is put aside, in place of the one that was put aside before: a process has twice this much at most. */
const MOST_BYTES = 20 << 20;

/** Where a log is put aside. */
export const olderOf = (file: string): string => `${file}.1`;

/**
 * Puts a log that has become too long aside, and empties it. Its process writes to the end of the same open file all the
 * while, so it can be one that knows nothing of this, as PostgreSQL.
 */
export function rotate(file: string, mostBytes = MOST_BYTES): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= mostBytes) return;
  copyFileSync(file, olderOf(file));
  const log = openSync(file, 'r');
  try {
    // What was written meanwhile follows, until nothing is left: between that and the next line are microseconds, in which a
    // line could be lost.
    let copied = statSync(olderOf(file)).size;
    for (let size = fstatSync(log).size; size > copied; size = fstatSync(log).size) {
      const rest = Buffer.alloc(size - copied);
      appendFileSync(olderOf(file), rest.subarray(0, readSync(log, rest, 0, rest.length, copied)));
      copied = size;
    }
    truncateSync(file);
  } finally {
    closeSync(log);
  }
}
