import path from 'node:path';
import { Client, Connection, type WorkflowExecutionInfo } from '@temporalio/client';
import type { HistoryAndWorkflowId } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker, type ReplayHistoriesIterable } from '@temporalio/worker';
import { afterAll, expect } from 'vitest';
import { EncryptionCodec } from '#apps/temporal/payload-codec';
import { ROOT } from '#config';
import { until } from '#cli/bench/measure';
import { projectIdAttribute, serverIdAttribute } from '#workflows/engine/saga-attributes';
import type { TestCloud } from './clouds.js';
import { tenantsOf } from './tenant.js';

const BUNDLE = path.join(ROOT, 'dist/workflow-bundle.js');
const HOW_TO =
  'A workflow no longer does what its history says. Workflows under way would break: keep the old order behind patched() from @temporalio/workflow, or give the operation a new workflow type (docs/contributors/versioning.md).';

let quiet = false;
/** The SDK says what goes wrong and nothing else. */
export function beQuiet(): void {
  if (!quiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  quiet = true;
}

const converterOf = (payloadKey: string | undefined) =>
  payloadKey === undefined ? {} : { dataConverter: { payloadCodecs: [new EncryptionCodec(payloadKey)] } };

/** A client of a cloud's Temporal for as long as `work` takes. */
export async function withTemporal<T>(cloud: TestCloud, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: cloud.temporalAddress });
  try {
    return await work(new Client({ connection, ...converterOf(cloud.payloadKey) }));
  } finally {
    await connection.close();
  }
}

/** Waits until a workflow has ended: its user may see its end before that. */
export async function closed(client: Client, workflowId: string, limitMs = 60_000): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await until(
    // It may not even be started yet.
    async () =>
      ((await handle.describe().catch(() => undefined))?.status.name ?? 'RUNNING') === 'RUNNING' ? undefined : true,
    50,
    limitMs,
  );
}

/** What there is to tell of a workflow that does not go on: its steps so far, and what is tried now. */
export function toldOf(cloud: TestCloud, workflowId: string): Promise<string> {
  return withTemporal(cloud, async (client) => {
    const handle = client.workflow.getHandle(workflowId);
    const asked = [
      handle.describe().then(({ status, raw }) => ({ status: status.name, pending: raw.pendingActivities })),
      handle.query('story'),
    ];
    // It may not even be started.
    return JSON.stringify(await Promise.all(asked.map((answer) => answer.catch(String))));
  });
}

/**
 * Runs histories against the workflows as they are now, and looks whether each timer says what it is for: in the Temporal UI one
 * without a summary is a number and a time. @returns how many. @throws naming those that differ
 */
export async function replay(histories: ReplayHistoriesIterable, payloadKey?: string): Promise<number> {
  beQuiet();
  let count = 0;
  const wrong: string[] = [];
  const silent: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(
    {
      workflowBundle: { codePath: BUNDLE },
      ...converterOf(payloadKey),
    },
    looked(histories, silent),
  )) {
    count++;
    if (error) wrong.push(`${workflowId}: ${error.message}`);
  }
  if (wrong.length > 0) throw new Error(`${HOW_TO}\n${wrong.join('\n')}`);
  if (silent.length > 0) throw new Error(`Give these timers a summary:\n${silent.join('\n')}`);
  return count;
}

/** Hands histories on, and notes the timers in them that have no summary. */
async function* looked(histories: ReplayHistoriesIterable, silent: string[]): AsyncGenerator<HistoryAndWorkflowId> {
  for await (const one of histories) {
    const { events } = one.history as temporal.api.history.v1.IHistory;
    for (const { timerStartedEventAttributes: timer, userMetadata } of events ?? [])
      if (timer && !userMetadata?.summary?.data?.length) silent.push(`${one.workflowId}: timer ${timer.timerId ?? ''}`);
    yield one;
  }
}

/** A workflow as its type and what it worked on tell it from others. */
interface Ended {
  readonly workflowId: string;
  readonly type: string;
  /** Absent for a volume's. */
  readonly serverId: string | undefined;
}
/** Workflows of operations, and not those that run by themselves. */
export const ofOperations = ({ type }: Ended): boolean => type !== 'audit' && type !== 'purge';

/** Replays the history of every workflow of a cloud that has ended and is one of these. */
export async function replayAll(cloud: TestCloud, which: (workflow: Ended) => boolean): Promise<number> {
  const isOne = ({ workflowId, type, typedSearchAttributes }: WorkflowExecutionInfo): boolean =>
    which({ workflowId, type, serverId: typedSearchAttributes.get(serverIdAttribute) });
  return withTemporal(cloud, async (client) => {
    // What is asked for last is still ending.
    await until(
      async () => {
        for await (const workflow of client.workflow.list({ query: 'ExecutionStatus = "Running"' }))
          if (isOne(workflow)) return undefined;
        return true;
      },
      100,
      60_000,
    );
    return replay(
      (async function* () {
        for await (const workflow of client.workflow.list({ query: 'ExecutionStatus != "Running"' })) {
          if (!isOne(workflow)) continue;
          const { workflowId, runId } = workflow;
          yield { workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() };
        }
      })(),
      cloud.payloadKey,
    );
  });
}

/** When a file's tests are over, the histories that its tenants made are replayed. */
export function replaysAtEnd(cloud: TestCloud): void {
  afterAll(async () => {
    const made = await madeBy(cloud, tenantsOf(cloud));
    expect(await replayAll(cloud, ({ workflowId }) => made.has(workflowId))).toBe(made.size);
  });
}

/** Ids of the workflows of some projects. */
async function madeBy(cloud: TestCloud, projects: ReadonlySet<string>): Promise<Set<string>> {
  const made = new Set<string>();
  await withTemporal(cloud, async (client) => {
    for await (const { workflowId, typedSearchAttributes } of client.workflow.list())
      if (projects.has(typedSearchAttributes.get(projectIdAttribute) ?? '')) made.add(workflowId);
  });
  return made;
}
