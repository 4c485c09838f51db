import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { AuditRequest } from '#services/audit/index';
import { CONDUCTOR_QUEUE } from '#workflows/queues';

/** What changed in the last minute is left out: a scheduled audit alarms people, so it had better be sure. */
const SCHEDULED_AUDIT: AuditRequest = { trigger: 'schedule', minAgeSeconds: 60 };

/** Makes the schedule of the audit, or gives the one that is there another interval. */
export async function ensureAuditSchedule(client: Client, intervalSeconds: number): Promise<void> {
  const spec = { intervals: [{ every: intervalSeconds * 1000 }] };
  const action = {
    type: 'startWorkflow' as const,
    workflowType: 'audit',
    workflowId: 'audit',
    taskQueue: CONDUCTOR_QUEUE,
    args: [SCHEDULED_AUDIT],
    staticSummary: 'Audit: compare records, hosts and workflows',
    workflowExecutionTimeout: '3m',
  };
  // An audit that was missed while Temporal was away is not made up for: the next one sees the same.
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' };
  try {
    await client.schedule.create({ scheduleId: 'audit', spec, action, policies });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle('audit').update((now) => ({ ...now, spec, action, policies }));
  }
}
