import { proxyActivities } from '@temporalio/workflow';

interface NoopActivities {
  noop(): Promise<void>;
}
const { noop } = proxyActivities<NoopActivities>({ startToCloseTimeout: '10s' });

/** The bare workflow that boots are measured against: seven activities, three of them side by side, that do nothing. */
export async function bareNoop(): Promise<void> {
  await noop();
  await noop();
  await Promise.all([noop(), noop(), noop()]);
  await noop();
  await noop();
}
