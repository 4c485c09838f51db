/** How a step is called: as an activity, or first within the workflow task. */
import { isCancellation, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { AttemptRecord } from '#activities/contract';
import { isTried, withAttempt, type Tried } from './attempts.js';
import { readFailure } from './failures.js';
import { localOnce, type StepOptions } from './step-options.js';

/** An activity found by its name: the flow has said that it takes what it is given. */
type NamedActivity = (input: unknown) => Promise<unknown>;

/** A step's result without what may be around it. */
export const opened = (given: unknown): { readonly result: unknown; readonly attempts?: readonly AttemptRecord[] } =>
  isTried(given) ? { result: given.result, attempts: given.attempts } : { result: given };

/** Runs an activity once inside the workflow task, and as an ordinary activity if that fails: its further attempts. */
export async function locally(name: string, input: unknown, otherwise: () => Promise<unknown>): Promise<unknown> {
  const startedAt = now();
  try {
    return await named(proxyLocalActivities<Record<string, NamedActivity>>(localOnce), name)(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const first = withAttempt([], { startedAt, finishedAt: now(), error: readFailure(name, false, error).reason });
    const again = now();
    const { result, attempts = [{ n: 1, startedAt: again, finishedAt: now() }] } = opened(await otherwise());
    const all = attempts.reduce((before, one) => withAttempt(before, one), first);
    return { tried: true, result, attempts: all } satisfies Tried;
  }
}
const now = (): string => new Date().toISOString();

export function activity(name: string, options: StepOptions, queue: string | undefined): NamedActivity {
  const at = { ...options, tellsAttempts: true, ...(queue === undefined ? {} : { taskQueue: queue }) };
  return named(proxyActivities<Record<string, NamedActivity>>(at), name);
}

function named(proxies: Record<string, NamedActivity>, name: string): NamedActivity {
  const found = proxies[name];
  if (found === undefined) throw new Error(`There is no activity ${name}.`);
  return found;
}
