/**
 * The attempts of a step. Temporal's server makes them and tells a workflow of the last one alone, so each attempt hands what it
 * knows of those before it to the next one, in its heartbeat, and the last one to the workflow: with the failure, or around the
 * result. A step whose first attempt succeeds, as nearly all do, has nothing to hand on.
 */
import type { AttemptRecord } from '#activities/contract';

/** As many are kept: the first one and the newest. A step that never gives up may be tried for days. */
const MOST_ATTEMPTS = 20;
/** Characters of an error that are kept. The last attempt's is told whole. */
const ERROR_LENGTH = 300;

/** The result of a step that was tried more than once. No step of ours has a result of this shape. */
export interface Tried {
  readonly tried: true;
  /** Absent for a step that has none: what is undefined does not outlast its way through JSON. */
  readonly result?: unknown;
  readonly attempts: readonly AttemptRecord[];
}
export const isTried = (result: unknown): result is Tried =>
  typeof result === 'object' && result !== null && Object.hasOwn(result, 'tried');

/** What an attempt that was lost is said to have failed by: its worker was killed, or gave no answer for too long. */
const LOST = 'its worker was killed, or did not answer in time';

/**
 * The attempts before this one: those that were handed on, and those that could hand nothing on.
 * @param handed what the last heartbeat said
 * @param current the number that the server gives to this one: lower than the last where an operator had it begin again
 */
export function earlierAttempts(handed: readonly AttemptRecord[], current: number): readonly AttemptRecord[] {
  const known = handed.at(-1)?.n ?? 0;
  const from = Math.max(known + 1, current - MOST_ATTEMPTS);
  const lost = Array.from({ length: Math.max(0, current - from) }, (_, i) => ({ n: from + i, error: LOST }));
  return bounded([...handed, ...lost]);
}

/** With one more. */
export const withAttempt = (
  earlier: readonly AttemptRecord[],
  { startedAt, finishedAt, error }: Omit<AttemptRecord, 'n'>,
): readonly AttemptRecord[] => {
  const known = { startedAt, finishedAt, error: error?.slice(0, ERROR_LENGTH) };
  const told = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return bounded([...earlier, { n: (earlier.at(-1)?.n ?? 0) + 1, ...told }]);
};

const bounded = (all: readonly AttemptRecord[]): readonly AttemptRecord[] =>
  all.length <= MOST_ATTEMPTS ? all : [all[0]!, ...all.slice(1 - MOST_ATTEMPTS)];
