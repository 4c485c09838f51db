import type * as Argon2 from '@node-rs/argon2';

/** Hashes of passwords that were computed, and a hold that keeps those to come from ending. */
export interface Hashes {
  count: number;
  held: Promise<void>;
}

/** The module that hashes, with its work counted and held: what a test's file puts in its place. */
export function counted(hashes: Hashes, { hash, verify, ...others }: typeof Argon2): object {
  const counting =
    <A extends unknown[], R>(run: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      hashes.count++;
      await hashes.held;
      return run(...given);
    };
  return { ...others, hash: counting(hash), verify: counting(verify) };
}
