import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';

/** Latencies in milliseconds and the rate at which they ended. */
export interface Measured {
  readonly count: number;
  readonly failed: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly perSecond: number;
}
/** One run of something: how long it took, or that it failed. */
export type Outcome = { readonly ms: number } | { readonly error: string };

const round = (value: number): number => Math.round(value * 10) / 10;

function percentile(sorted: readonly number[], p: number): number {
  return round(sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? NaN);
}

/** Sums outcomes up. @param seconds how long all of them took together, on the clock */
export function summarize(outcomes: readonly Outcome[], seconds: number): Measured {
  const sorted = outcomes.flatMap((o) => ('ms' in o ? [o.ms] : [])).toSorted((a, b) => a - b);
  return {
    count: outcomes.length,
    failed: outcomes.length - sorted.length,
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    perSecond: round(sorted.length / seconds),
  };
}

/** Runs `count` tasks, at most `concurrency` at a time. */
export async function concurrently(
  count: number,
  concurrency: number,
  task: (index: number) => Promise<void>,
): Promise<{ outcomes: Outcome[]; seconds: number }> {
  const began = performance.now();
  const outcomes = await pLimit(concurrency).map(Array(count).keys(), (index) => timed(() => task(index)));
  return { outcomes, seconds: (performance.now() - began) / 1000 };
}

/** Runs a task again and again in so many lanes, until the time is over. @param limit seconds */
export async function forSeconds(
  limit: number,
  concurrency: number,
  task: () => Promise<void>,
): Promise<{ outcomes: Outcome[]; seconds: number }> {
  const outcomes: Outcome[] = [];
  const began = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() - began < limit * 1000) outcomes.push(await timed(task));
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return { outcomes, seconds: (performance.now() - began) / 1000 };
}

export async function timed(task: () => Promise<void>): Promise<Outcome> {
  const began = performance.now();
  try {
    await task();
    return { ms: performance.now() - began };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** A pause is this part of the time that was waited so far: what is seen late is seen late by a twentieth, and asking costs little. */
const PAUSE_SHARE = 1 / 20;
/** A pause is at most so many times the first one. */
const MOST_PAUSES = 20;

/**
 * Asks until the answer is there; the longer it takes, the more rarely. Hundreds that ask at a fixed pause would be the load themselves.
 * @param pauseMs the first pause @param what is missing without it, for who reads the error @throws after `limitMs`
 */
export async function until<T>(
  question: () => Promise<T | undefined>,
  pauseMs: number,
  limitMs: number,
  what = 'no answer',
): Promise<T> {
  for (const began = Date.now(); ;) {
    const answer = await question();
    if (answer !== undefined) return answer;
    const waited = Date.now() - began;
    if (waited >= limitMs) throw new Error(`${what} after ${limitMs / 1000} s`);
    await sleep(Math.min(Math.max(pauseMs, waited * PAUSE_SHARE), MOST_PAUSES * pauseMs));
  }
}
