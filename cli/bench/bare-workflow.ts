import { proxyActivities } from '@temporalio/workflow';
import { BARE_HOST_QUEUE } from './bare-queues.js';

interface NoopActivities {
  noop(): Promise<void>;
}
const { noop } = proxyActivities<NoopActivities>({ startToCloseTimeout: '10s' });
const onHost = proxyActivities<NoopActivities>({ startToCloseTimeout: '10s', taskQueue: BARE_HOST_QUEUE }).noop;

/**
 * The bare workflow that boots are measured against, in the shape of the flow: seven activities, three of them side by
 * side, that do nothing.
 */
export async function bareNoop(): Promise<void> {
  await noop();
  await noop();
  await Promise.all([noop(), noop(), noop()]);
  await noop();
  await noop();
}

/**
 * The same with three of them on another queue, where a boot has its host's steps: Temporal hands those over by a
 * queue, and the workflow's own straight back to its worker.
 */
export async function bareNoopWithHost(): Promise<void> {
  await noop();
  await noop();
  await Promise.all([noop(), onHost(), onHost()]);
  await onHost();
  await noop();
}
