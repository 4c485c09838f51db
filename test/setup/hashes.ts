/**
 * Counts the hashes of passwords, and can hold them. It comes before all that hashes (vitest.config.ts): what the build made is
 * imported by Node as it is, which takes a CommonJS module's functions as they are at its first import.
 */
import type * as Argon2 from '@node-rs/argon2';
import { createRequire } from 'node:module';

/** Hashes of passwords that were computed, and a hold that keeps those to come from ending. */
interface Hashes {
  count: number;
  held: Promise<void>;
}
type Counted = { -readonly [K in keyof typeof Argon2]: (typeof Argon2)[K] } & { hashes?: Hashes };

const argon2 = createRequire(import.meta.url)('@node-rs/argon2') as Counted;

function count(): Hashes {
  const hashes: Hashes = { count: 0, held: Promise.resolve() };
  const counting =
    <A extends unknown[], R>(run: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      hashes.count++;
      await hashes.held;
      return run(...given);
    };
  argon2.hash = counting(argon2.hash);
  argon2.verify = counting(argon2.verify);
  return hashes;
}

/** One for all files of a worker: this may be run for each of them. */
export const hashes: Hashes = (argon2.hashes ??= count());
