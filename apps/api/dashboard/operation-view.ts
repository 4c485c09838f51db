import { Type, type Static } from 'typebox';
import type { PendingStep } from '#apps/temporal/pending-steps';
import type { AttemptRecord, StepRecord } from '#services/kernel/engine';
import { OPERATION_STATES, type OperationState } from '#services/kernel/operations';
import type { SeenCard } from '#services/neutron/index';
import type { ShownOperation, WholeOperation } from '#services/operations/index';
import { FLOWS, rowsOf } from '#workflows/flows';
import type { AnyRow } from '#workflows/engine/flow';
import { words } from './words.js';

const closed = { additionalProperties: false };
const text = Type.String();
const orNull = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()]);
const time = orNull(Type.String({ format: 'date-time' }));

export const OperationSchema = Type.Object(
  {
    id: text,
    kind: text,
    title: text,
    resource: Type.Object({ type: text, id: text, name: orNull(text) }, closed),
    state: Type.Enum([...OPERATION_STATES]),
    project_id: text,
    user_id: text,
    request_id: text,
    requested_at: Type.String({ format: 'date-time' }),
    started_at: time,
    ended_at: time,
    error: orNull(text),
  },
  { ...closed, title: 'Operation' },
);
const AttemptSchema = Type.Object(
  { n: Type.Integer(), started_at: time, ended_at: time, error: orNull(text) },
  { ...closed, title: 'Attempt' },
);
export const StepSchema = Type.Object(
  {
    name: text,
    title: text,
    /** The numbers of the steps in the seed documents' flow; null for what they do not draw. */
    seed: orNull(text),
    /** The role that runs it, and the service of OpenStack whose part that is. */
    on: text,
    service: text,
    /** The step that takes it back, or why there is none. */
    undo: orNull(text),
    no_undo: orNull(text),
    state: Type.Enum(['waiting', 'running', 'done', 'failed', 'undoing', 'undone', 'skipped']),
    /** What of the operation goes on beside it is in other branches. */
    branch: orNull(text),
    /** Shown to operators alone. */
    host: orNull(text),
    started_at: time,
    ended_at: time,
    /** What it did, or why it failed. */
    result: orNull(text),
    attempts: Type.Array(AttemptSchema),
    next_attempt_at: time,
  },
  { ...closed, title: 'OperationStep' },
);
/** What a host has seen of a card of the server whose boot it is: the first time of each. */
export const CardSchema = Type.Object(
  {
    port_id: text,
    /** Its addresses as Neutron gave them. */
    addresses: Type.Array(text),
    plugged_at: time,
    leased_at: time,
    leased_address: orNull(text),
    /** When its guest first asked for its metadata. */
    metadata_at: time,
  },
  { ...closed, title: 'BootedCard' },
);
type Step = Static<typeof StepSchema>;

const SERVICES: Readonly<Record<AnyRow['on'], string>> = {
  conductor: 'nova-conductor',
  compute: 'nova-compute',
  volume: 'cinder-volume',
  network: 'neutron-agent',
};
/** What the seed documents number before and after a boot's workflow: the request, the start, and the client that looks. */
export const BOOT = { kind: 'bootServer', accept: '1, 2, 3, 5', start: '6', see: '17' };

/** @param hosts whether who asks may know the words of errors; to all others one is Nova's `Error` */
export const operationView = (o: ShownOperation, hosts: boolean): Static<typeof OperationSchema> => ({
  id: o.id,
  kind: o.kind,
  title: words(o.kind),
  resource: { type: o.resource_type, id: o.resource_id, name: o.resource_name || null },
  state: o.state,
  project_id: o.project_id,
  user_id: o.user_id,
  request_id: o.request_id,
  requested_at: o.requested_at.toISOString(),
  started_at: o.started_at?.toISOString() ?? null,
  ended_at: o.finished_at?.toISOString() ?? null,
  error: o.message === null || hosts ? o.message : 'Error',
});

/**
 * The state of an operation whose story is known: what is under way may have failed and be undone before its record says so. The
 * record says it only when nothing can be begun any more, and a boot goes on to its next host.
 */
export const stateOf = (state: OperationState, story: readonly StepRecord[]): OperationState =>
  state === 'running' && story.some(({ status }) => status === 'undoing') ? 'undoing' : state;

/**
 * Where Temporal's own pages show the workflow of an operation, at its newest run.
 * @param ui the address of those pages; nothing where there are none
 */
export const workflowUrl = (ui: string, namespace: string, { id, started_at }: ShownOperation): string | null =>
  ui === '' || started_at === null
    ? null
    : `${ui.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(id)}`;

export const cardView = (card: SeenCard): Static<typeof CardSchema> => ({
  port_id: card.port_id,
  addresses: [...card.addresses],
  plugged_at: card.plugged_at?.toISOString() ?? null,
  leased_at: card.leased_at?.toISOString() ?? null,
  leased_address: card.leased_address,
  metadata_at: card.asked_at?.toISOString() ?? null,
});

/** What is known of an operation's steps. */
interface Known {
  readonly operation: WholeOperation;
  /** As the record or the running workflow tells them, in the order in which they began. */
  readonly story: readonly StepRecord[];
  readonly pending: readonly PendingStep[];
  /** Whether who asks may know hosts and the words of errors, which may name them. */
  readonly hosts: boolean;
}

/**
 * The steps of an operation from its request on: what has begun in the order in which it did, undos included, and then what is
 * still to come, or, where the operation has ended, what it had no need of.
 */
export function stepsOf({ operation, story, pending, hosts }: Known): Step[] {
  const rows = new Map(
    rowsOf(Object.hasOwn(FLOWS, operation.kind) ? FLOWS[operation.kind as keyof typeof FLOWS] : { rows: {} }),
  );
  const left = [...pending];
  /** The pending activity of a step that runs: the first of its name, where branches have several. */
  const takePending = (activity: string): PendingStep | undefined => {
    const at = left.findIndex((one) => one.activity === activity);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const begun = story.map((record) => {
    const row = rows.get(record.step);
    const undo = typeof row?.undo === 'string' ? row.undo : '';
    const under = record.status === 'running' ? record.step : record.status === 'undoing' ? undo : undefined;
    return begunStep(record, row, under === undefined ? undefined : takePending(under), hosts);
  });
  const ended = operation.finished_at !== null;
  const others = [...rows].filter(([name]) => !story.some(({ step }) => step === name));
  const open = others.map(([name, row]) => step(name, row, { state: ended ? 'skipped' : 'waiting' }));
  return [...beforeIt(operation), ...begun, ...open, ...afterIt(operation)];
}

/** A step with nothing known of it but what is given. */
const step = (name: string, row: AnyRow | undefined, known: Pick<Step, 'state'> & Partial<Step>): Step => ({
  name,
  title: row?.title ?? words(name),
  seed: row?.seed ?? null,
  on: row?.on ?? 'conductor',
  service: SERVICES[row?.on ?? 'conductor'],
  undo: typeof row?.undo === 'string' ? row.undo : null,
  no_undo: typeof row?.undo === 'object' ? row.undo.because : null,
  branch: null,
  host: null,
  started_at: null,
  ended_at: null,
  result: null,
  attempts: [],
  next_attempt_at: null,
  ...known,
});

function begunStep(
  record: StepRecord,
  row: AnyRow | undefined,
  pending: PendingStep | undefined,
  hosts: boolean,
): Step {
  const { status, startedAt, finishedAt, branch, host, detail } = record;
  return step(record.step, row, {
    state: status,
    branch: branch ?? null,
    host: hosts ? (host ?? null) : null,
    started_at: startedAt,
    ended_at: finishedAt ?? null,
    result: hosts ? (detail ?? pending?.lastFailure ?? null) : null,
    attempts: attemptsOf(record, pending).map(({ n, startedAt: from, finishedAt: to, error }) => ({
      n,
      started_at: from ?? null,
      ended_at: to ?? null,
      error: error === undefined ? null : hosts ? error : 'it failed',
    })),
    next_attempt_at: pending?.running === false ? (pending.nextAttemptAt?.toISOString() ?? null) : null,
  });
}

/** All attempts of a step: the record has them where there were several, Temporal those of one that runs. */
function attemptsOf(
  { attempts, status, startedAt, finishedAt, detail }: StepRecord,
  pending?: PendingStep,
): AttemptRecord[] {
  if (attempts !== undefined) return [...attempts];
  if (finishedAt !== undefined)
    return [{ n: 1, startedAt, finishedAt, ...(status === 'failed' ? { error: detail ?? 'it failed' } : {}) }];
  const failed = pending?.attempts ?? [];
  if (pending?.running === false) return [...failed];
  const n = (failed.at(-1)?.n ?? 0) + 1;
  return [
    ...failed,
    { n, startedAt: (failed.length === 0 ? undefined : pending?.lastStartedAt?.toISOString()) ?? startedAt },
  ];
}

const atApi = { on: 'api', service: 'nova-api' };

/** What the API did before the workflow began. */
function beforeIt({ kind, state, resource_type, requested_at, started_at, finished_at }: WholeOperation): Step[] {
  const boot = kind === BOOT.kind;
  const at = { ...atApi, service: resource_type === 'volume' ? 'cinder-api' : 'nova-api' };
  const waits = state === 'requested' || state === 'held';
  return [
    step('accept', undefined, {
      ...at,
      title: 'Check the request and record it',
      seed: boot ? BOOT.accept : null,
      state: 'done',
      ended_at: requested_at.toISOString(),
    }),
    step('start', undefined, {
      ...at,
      title: state === 'held' ? 'Wait for its turn' : 'Start its workflow',
      seed: boot ? BOOT.start : null,
      state: waits ? 'waiting' : started_at === null && finished_at !== null ? 'skipped' : 'done',
      ended_at: started_at?.toISOString() ?? null,
    }),
  ];
}

/** What the client does after a boot. */
function afterIt({ kind, state, finished_at }: WholeOperation): Step[] {
  if (kind !== BOOT.kind) return [];
  return [
    step('see', undefined, {
      ...atApi,
      title: 'Show the server as it is now',
      seed: BOOT.see,
      state: state === 'done' ? 'done' : finished_at === null ? 'waiting' : 'skipped',
      ended_at: finished_at?.toISOString() ?? null,
    }),
  ];
}
