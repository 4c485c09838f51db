/**
 * Counts the hashes of passwords, and can hold them. A test's file imports this before all that hashes: what the build made is
 * imported as it is, by Node, which takes a CommonJS module's functions as they are at its first import.
 */
import type * as Argon2 from '@node-rs/argon2';
import { createRequire } from 'node:module';

/** Hashes of passwords that were computed, and a hold that keeps those to come from ending. */
export const hashes = { count: 0, held: Promise.resolve() };

const argon2 = createRequire(import.meta.url)('@node-rs/argon2') as {
  -readonly [K in keyof typeof Argon2]: (typeof Argon2)[K];
};
const counting =
  <A extends unknown[], R>(run: (...given: A) => Promise<R>) =>
  async (...given: A): Promise<R> => {
    hashes.count++;
    await hashes.held;
    return run(...given);
  };
argon2.hash = counting(argon2.hash);
argon2.verify = counting(argon2.verify);
