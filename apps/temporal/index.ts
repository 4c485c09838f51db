import { randomUUID } from 'node:crypto';
import {
  Client,
  Connection,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import { TypedSearchAttributes, type DataConverter, type SearchAttributePair } from '@temporalio/common';
import type { Config } from '#config';
import type { AuditReport, AuditRequest } from '#services/audit/index';
import { unavailable } from '#services/kernel/errors';
import { StartRefused, type Engine, type Startable, type StepRecord } from '#services/kernel/engine';
import type { OpenOperationRecord } from '#services/kernel/operations';
import type { Tracing } from '#apps/tracing/index';
import { CONDUCTOR_QUEUE } from '#workflows/engine/queues';
import { operationState, projectIdAttribute, serverIdAttribute } from '#workflows/engine/saga-attributes';
import { Diagnoser, type Diagnosis } from './diagnosis.js';
import { EncryptionCodec } from './payload-codec.js';
import { pendingSteps, retryNow, type PendingStep } from './pending-steps.js';

/** A start that Temporal does not take within this long is left to the outbox relay. */
const START_MS = 5_000;
/** A query for the story of a workflow: who asks for a server's events waits no longer than this. */
const STORY_MS = 1_500;
/**
 * The longest wait between two tries to connect. gRPC's own is two minutes: after a long outage of Temporal boots would
 * wait another one.
 */
const RECONNECT_MS = 2_000;
/** Deletes never fail by themselves: one that somebody ended may be started again under its id. */
const RESTARTABLE = new Set(['deleteServer', 'deleteVolume']);

/** The payload codec, where one is configured. Clients and workers must agree on it. */
export function dataConverterOf(config: Config): DataConverter | undefined {
  return config.temporal.payload_key === ''
    ? undefined
    : { payloadCodecs: [new EncryptionCodec(config.temporal.payload_key)] };
}

type GrpcInterceptor = NonNullable<ConnectionOptions['interceptors']>[number];
const patient = makeGrpcRetryInterceptor(defaultGrpcRetryOptions());
const once = makeGrpcRetryInterceptor({ ...defaultGrpcRetryOptions(), retryableDecider: () => false });
/**
 * Requests are tried again as the SDK does, but for starts: the outbox tries those again, and asks each time whether
 * they are still wanted. A start that was tried again here could come after the delete that withdrew it. An audit,
 * which no outbox keeps, is 503 at once and asked for again by its user.
 */
const retryAllButStarts: GrpcInterceptor = (options, next) =>
  (options.method_definition.path.endsWith('/StartWorkflowExecution') ? once : patient)(options, next);

export const connectionOptionsOf = (config: Config): ConnectionOptions => ({
  address: config.temporal.address,
  channelArgs: { 'grpc.max_reconnect_backoff_ms': RECONNECT_MS },
  interceptors: [retryAllButStarts],
});

/** A Temporal client that connects when it is first used, and again after Temporal was away. */
export function makeClient(config: Config): Client {
  const dataConverter = dataConverterOf(config);
  return new Client({
    connection: Connection.lazy(connectionOptionsOf(config)),
    namespace: config.temporal.namespace,
    ...(dataConverter ? { dataConverter } : {}),
  });
}

/** A diagnosis asks Temporal about each operation, and does not hold up who asks for it longer than this. */
const DIAGNOSIS_MS = 10_000;
/** Operations that Temporal is asked about at once. */
const ASKED_AT_ONCE = 20;

/** Maps in the order given, a few at a time. */
async function mapLimited<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += ASKED_AT_ONCE)
    results.push(...(await Promise.all(items.slice(from, from + ASKED_AT_ONCE).map(map))));
  return results;
}

/** Those whose undo is stuck are among those that are stuck. */
const UNDOING = 'OperationState IN ("UNDOING", "STUCK") AND ExecutionStatus = "Running"';
const STUCK = 'OperationState = "STUCK" AND ExecutionStatus = "Running"';

/** What was thrown first: Temporal wraps a failure once for the activity and once for the workflow. */
const rootCause = (error: Error): Error => (error.cause instanceof Error ? rootCause(error.cause) : error);

/** A stuck operation, as operators and the dashboard see it. */
export interface StuckOperation {
  readonly workflow_id: string;
  readonly type: string;
  readonly server_id: string | null;
  readonly project_id: string | null;
  readonly started_at: string;
  /** Steps that are tried now; none while it waits a moment between two tries. */
  readonly pending: readonly { step: string; attempt: number; last_failure: string | null }[];
  readonly story: readonly StepRecord[];
}

/** The workflow engine as the services see it. */
export class TemporalEngine implements Engine {
  constructor(
    private readonly client: Client,
    private readonly tracing?: Tracing,
  ) {}

  async start(operation: Startable): Promise<void> {
    const { kind, resource_id, request_id, story } = operation;
    const parent = story.traceparent;
    const attributes = { 'novaflow.resource': resource_id, 'novaflow.request': request_id };
    // Of a request that is not traced, nothing that comes of it is.
    const span = parent && this.tracing?.begin(`start ${kind}`, { kind: 'producer', parent, attributes });
    try {
      await this.startAs(operation, span ? { traceparent: span.traceparent } : {});
      if (span) span.end();
    } catch (error) {
      if (span) span.end({ error: (error as Error).message });
      throw error;
    }
  }

  /** @param trace the span that asks for the workflow: kept with it, for its steps */
  private async startAs(operation: Startable, trace: { readonly traceparent?: string }): Promise<void> {
    const { id, kind, input, story, replaces = [] } = operation;
    try {
      for (const older of replaces) await this.endOlder(older);
      await this.client.withDeadline(Date.now() + START_MS, () =>
        this.client.workflow.start(kind, {
          workflowId: id,
          taskQueue: CONDUCTOR_QUEUE,
          args: [input],
          workflowIdReusePolicy: RESTARTABLE.has(kind) ? 'ALLOW_DUPLICATE_FAILED_ONLY' : 'REJECT_DUPLICATE',
          staticSummary: story.summary,
          staticDetails: story.details,
          memo: { requestId: operation.request_id, resourceId: operation.resource_id, ...trace },
          typedSearchAttributes: new TypedSearchAttributes(attributesOf(operation)),
        }),
      );
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      throw refusalOf(error) ?? error;
    }
  }

  async story(workflowId: string): Promise<readonly StepRecord[] | undefined> {
    try {
      return await this.client.withDeadline(Date.now() + STORY_MS, () =>
        this.client.workflow.getHandle(workflowId).query<readonly StepRecord[]>('story'),
      );
    } catch (error) {
      if (
        error instanceof ServiceError ||
        error instanceof WorkflowNotFoundError ||
        (error as Error).name.startsWith('Query')
      )
        return undefined;
      throw error;
    }
  }

  /** The steps of a workflow that have not ended; undefined when it is not there or cannot be asked just now. */
  async pending(workflowId: string): Promise<readonly PendingStep[] | undefined> {
    try {
      return await this.client.withDeadline(Date.now() + STORY_MS, () => pendingSteps(this.client, workflowId));
    } catch (error) {
      if (error instanceof ServiceError || error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** Tries the steps at once that wait for their next attempt. @returns how many there were @throws 503 without Temporal */
  async retryNow(workflowId: string): Promise<number> {
    try {
      return await this.client.withDeadline(Date.now() + START_MS, () => retryNow(this.client, workflowId));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 0;
      if (error instanceof ServiceError || isGrpcServiceError(error))
        throw unavailable('Temporal cannot be asked just now; try again.');
      throw error;
    }
  }

  /**
   * Which of some operations undo steps at the moment, by what their workflows say of themselves; none where Temporal cannot be
   * asked just now. One whose end is stuck, or whose undo is, is asked for its story.
   */
  async undoing(ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const asked = new Set(ids);
    const found: string[] = [];
    try {
      await this.client.withDeadline(Date.now() + STORY_MS, async () => {
        for await (const { workflowId, typedSearchAttributes } of this.client.workflow.list({ query: UNDOING })) {
          if (!asked.has(workflowId)) continue;
          const stuck = typedSearchAttributes.get(operationState) === 'STUCK';
          if (!stuck || (await this.story(workflowId))?.some(({ status }) => status === 'undoing'))
            found.push(workflowId);
        }
      });
    } catch (error) {
      if (!(error instanceof ServiceError) && !isGrpcServiceError(error)) throw error;
    }
    return new Set(found);
  }

  async openWorkflows(): Promise<readonly string[]> {
    const ids: string[] = [];
    for await (const { workflowId } of this.client.workflow.list({ query: 'ExecutionStatus = "Running"' }))
      ids.push(workflowId);
    return ids;
  }

  async isOpen(workflowId: string): Promise<boolean> {
    try {
      return (await this.client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  async cancel(workflowId: string): Promise<void> {
    try {
      await this.client.workflow.getHandle(workflowId).cancel();
    } catch (error) {
      // It has ended, or was never started.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  /** Ends a workflow of an older version, if it is still open. */
  private async endOlder(workflowId: string): Promise<void> {
    try {
      await this.terminate(workflowId, 'Its operation is begun again by a newer version.');
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  async terminate(workflowId: string, reason: string): Promise<void> {
    await this.client.workflow.getHandle(workflowId).terminate(reason);
  }

  /** Runs an audit now. @throws 503 when it does not end */
  async audit(request: AuditRequest): Promise<AuditReport> {
    try {
      return await this.client.workflow.execute<(request: AuditRequest) => Promise<AuditReport>>('audit', {
        workflowId: `audit/${randomUUID()}`,
        taskQueue: CONDUCTOR_QUEUE,
        args: [{ ...request, trigger: 'request' }],
        staticSummary: `Audit: compare records, hosts and workflows${request.heal ? ', and heal' : ''}`,
        workflowExecutionTimeout: '3m',
      });
    } catch (error) {
      if (error instanceof WorkflowFailedError || error instanceof ServiceError)
        throw unavailable(`The audit did not finish: ${rootCause(error).message}`);
      throw error;
    }
  }

  /** How many operations are stuck: something of theirs does not succeed, and is tried for ever. */
  async countStuck(): Promise<number> {
    return (await this.client.withDeadline(Date.now() + STORY_MS, () => this.client.workflow.count(STUCK))).count;
  }

  /** Says of operations that have not ended why they do not go on. */
  async diagnose(operations: readonly OpenOperationRecord[]): Promise<Diagnosis[]> {
    const diagnoser = new Diagnoser(this.client, CONDUCTOR_QUEUE);
    return this.client.withDeadline(Date.now() + DIAGNOSIS_MS, () => mapLimited(operations, (o) => diagnoser.of(o)));
  }

  /** The operations that are stuck, with what fails in each. */
  async stuck(): Promise<StuckOperation[]> {
    const found: Promise<StuckOperation>[] = [];
    for await (const execution of this.client.workflow.list({ query: STUCK }))
      found.push(this.describeStuck(execution));
    return Promise.all(found);
  }

  private async describeStuck({
    workflowId,
    type,
    typedSearchAttributes,
    startTime,
  }: WorkflowExecutionInfo): Promise<StuckOperation> {
    const [{ raw }, story] = await Promise.all([
      this.client.workflow.getHandle(workflowId).describe(),
      this.story(workflowId),
    ]);
    return {
      workflow_id: workflowId,
      type,
      server_id: typedSearchAttributes.get(serverIdAttribute) ?? null,
      project_id: typedSearchAttributes.get(projectIdAttribute) ?? null,
      started_at: startTime.toISOString(),
      pending: (raw.pendingActivities ?? []).map((activity) => ({
        step: activity.activityType?.name ?? '',
        attempt: activity.attempt ?? 1,
        last_failure: activity.lastFailure?.message ?? null,
      })),
      story: story ?? [],
    };
  }
}

/** gRPC's code of a request that is wrong in itself. */
const INVALID_ARGUMENT = 3;
/** Of one that is larger than the server reads, and of a limit of requests, which passes. */
const RESOURCE_EXHAUSTED = 8;

/** A start that Temporal will refuse each time: an input over its limits, or one that it cannot read. */
function refusalOf(error: unknown): StartRefused | undefined {
  if (!(error instanceof ServiceError) || !isGrpcServiceError(error.cause)) return undefined;
  const { details } = error.cause;
  const code: number = error.cause.code;
  const tooLarge = code === RESOURCE_EXHAUSTED && /larger than max/.test(details);
  return code === INVALID_ARGUMENT || tooLarge ? new StartRefused(details, { cause: error }) : undefined;
}

function attributesOf({ resource_type, resource_id, project_id }: Startable): SearchAttributePair[] {
  const project = { key: projectIdAttribute, value: project_id };
  return resource_type === 'server' ? [{ key: serverIdAttribute, value: resource_id }, project] : [project];
}
