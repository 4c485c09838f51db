import { proxyActivities } from '@temporalio/workflow';
import type { ComputeActivities } from '#activities/contract';
import { computeQueue } from '../queues.js';

/** Reads the end of a guest's console on its host. */
export async function consoleOutput(input: {
  serverId: string;
  host: string;
  machine: string;
  lines?: number;
}): Promise<string> {
  const { readConsole } = proxyActivities<ComputeActivities>({
    taskQueue: computeQueue(input.machine),
    summary: `Read the console on ${input.host}`,
    // Somebody waits for the answer: 10 s in all is what a client takes for "does not answer".
    scheduleToCloseTimeout: '10s',
    retry: { initialInterval: '200ms', maximumAttempts: 3 },
    cancellationType: 'TRY_CANCEL',
  });
  return readConsole(input);
}
