import proto from '@temporalio/proto';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { OpenOperationRecord } from '#services/kernel/operations';
import { millis } from './timestamps.js';

/** Why an operation that is open does not go on, or that it does. */
export type Why =
  /** It waits until fewer boots are under way. */
  | 'held'
  /** Temporal has not taken its start yet. */
  | 'not started'
  /** Its record says that it runs, and there is no such workflow. */
  | 'lost'
  /** A step waits in a queue that nobody polls. */
  | 'no worker'
  /** A step has failed and is tried again. */
  | 'retrying'
  /** One step runs for long. */
  | 'slow'
  | 'moving';
/** What `GET /internal/operations` says of an operation that has not ended. */
export interface Diagnosis {
  readonly id: string;
  readonly kind: string;
  readonly resource_type: string;
  readonly resource_id: string;
  readonly project_id: string;
  readonly request_id: string;
  readonly state: string;
  readonly requested_at: Date;
  readonly why: Why;
  /** The facts, in a sentence. */
  readonly detail: string;
}
/** Those that somebody has to look at, when they last. */
export const NOT_MOVING: readonly Why[] = ['not started', 'lost', 'no worker', 'retrying', 'slow'];

/** A step that runs for longer is named: longer than any but the copy of a large image. */
const SLOW_MS = 60_000;
/** A start that Temporal took a moment ago is not in the record yet. */
const STARTING_MS = 3_000;
/** A poller that was seen this long ago may have gone: a long poll ends after a minute. */
const POLLED_MS = 70_000;

const WORKFLOW_QUEUE = proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW;
const ACTIVITY_QUEUE = proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY;
const SCHEDULED = proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;

/** Says of each operation why it does not go on. */
export class Diagnoser {
  /** Whether a queue is polled, by its type and name: asked once for all operations. */
  private readonly polled = new Map<string, Promise<boolean>>();

  constructor(
    private readonly client: Client,
    private readonly conductorQueue: string,
  ) {}

  async of(operation: OpenOperationRecord): Promise<Diagnosis> {
    const { id, kind, resource_type, resource_id, project_id, request_id, state, requested_at } = operation;
    const [why, detail] = await this.reasonOf(operation);
    return { id, kind, resource_type, resource_id, project_id, request_id, state, requested_at, why, detail };
  }

  private async reasonOf({
    id,
    state,
    attempts,
    last_error,
    requested_at,
    age_ms,
  }: OpenOperationRecord): Promise<readonly [Why, string]> {
    if (state === 'held') return ['held', `it waits for its turn since ${requested_at.toISOString()}`];
    if (state === 'requested' && last_error !== null)
      return ['not started', `${attempts} tries of the start failed: ${last_error}`];
    const workflow = await this.client.workflow
      .getHandle(id)
      .describe()
      .catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      });
    if (state === 'requested' && !workflow)
      return age_ms < STARTING_MS ? ['moving', 'it is being started'] : ['not started', 'no try of the start was made'];
    if (workflow?.status.name !== 'RUNNING')
      return age_ms < STARTING_MS
        ? ['moving', 'it ends now']
        : ['lost', `its workflow is ${workflow?.status.name ?? 'not there'}`];
    const { pendingActivities, pendingWorkflowTask } = workflow.raw;
    const found = await Promise.all((pendingActivities ?? []).map((a) => this.pending(a)));
    const worst = NOT_MOVING.flatMap((why) => found.filter((f) => f[0] === why))[0] ?? found[0];
    if (worst) return worst;
    if (pendingWorkflowTask && !(await this.isPolled(WORKFLOW_QUEUE, this.conductorQueue)))
      return ['no worker', `nobody polls ${this.conductorQueue}`];
    const tries = pendingWorkflowTask?.attempt ?? 1;
    return tries > 2 ? ['retrying', `its workflow task was tried ${tries} times`] : ['moving', 'between two steps'];
  }

  private async pending(
    activity: proto.temporal.api.workflow.v1.IPendingActivityInfo,
  ): Promise<readonly [Why, string]> {
    const step = activity.activityType?.name ?? '';
    const queue = activity.activityOptions?.taskQueue?.name ?? '';
    const attempt = activity.attempt ?? 1;
    const failure = activity.lastFailure?.message ?? '';
    const facts = `${step}, attempt ${attempt}${failure === '' ? '' : `: ${failure}`}`;
    if (activity.state === SCHEDULED && queue !== '' && !(await this.isPolled(ACTIVITY_QUEUE, queue)))
      return ['no worker', `nobody polls ${queue}; ${facts}`];
    if (attempt > 1) return ['retrying', facts];
    const since = millis(activity.lastStartedTime) || millis(activity.scheduledTime);
    if (since > 0 && Date.now() - since > SLOW_MS) return ['slow', `${facts} since ${new Date(since).toISOString()}`];
    return ['moving', facts];
  }

  private isPolled(taskQueueType: number, name: string): Promise<boolean> {
    const key = `${taskQueueType} ${name}`;
    const known = this.polled.get(key) ?? this.askForPollers(taskQueueType, name);
    this.polled.set(key, known);
    return known;
  }

  private async askForPollers(taskQueueType: number, name: string): Promise<boolean> {
    const { namespace } = this.client.options;
    const { pollers } = await this.client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType,
    });
    return (pollers ?? []).some((p) => Date.now() - millis(p.lastAccessTime) < POLLED_MS);
  }
}
