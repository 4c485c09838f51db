import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import type { AuditRequest } from '#services/audit/index';
import { CONDUCTOR_QUEUE } from '#workflows/engine/queues';

interface Scheduled {
  /** Of the schedule, its workflow and the workflow's type. */
  readonly name: 'audit' | 'purge';
  readonly every: Duration;
  readonly args: readonly unknown[];
  readonly staticSummary: string;
  readonly workflowExecutionTimeout: Duration;
}

/** What changed in the last minute is left out: a scheduled audit alarms people, so it had better be sure. */
const SCHEDULED_AUDIT: AuditRequest = { trigger: 'schedule', minAgeSeconds: 60 };

/** Makes the schedules of what runs by itself, or gives those that are there other intervals. */
export async function ensureSchedules(client: Client, auditIntervalSeconds: number): Promise<void> {
  await Promise.all(
    [
      {
        name: 'audit' as const,
        every: auditIntervalSeconds * 1000,
        args: [SCHEDULED_AUDIT],
        staticSummary: 'Audit: compare records, hosts and workflows',
        workflowExecutionTimeout: '3m' as const,
      },
      {
        name: 'purge' as const,
        every: '1 day' as const,
        args: [],
        staticSummary: 'Purge: remove the records of what was deleted long ago',
        workflowExecutionTimeout: '1 day' as const,
      },
    ].map((scheduled) => ensure(client, scheduled)),
  );
}

async function ensure(
  client: Client,
  { name, every, args, staticSummary, workflowExecutionTimeout }: Scheduled,
): Promise<void> {
  const spec = { intervals: [{ every }] };
  const action = {
    type: 'startWorkflow' as const,
    workflowType: name,
    workflowId: name,
    taskQueue: CONDUCTOR_QUEUE,
    args: [...args],
    staticSummary,
    workflowExecutionTimeout,
  };
  // A run that was missed while Temporal was away is not made up for: the next one sees the same.
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' as const };
  try {
    await client.schedule.create({ scheduleId: name, spec, action, policies });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(name).update((now) => ({ ...now, spec, action, policies }));
  }
}
