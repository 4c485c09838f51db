import type { Static } from 'typebox';
import type { OperationSchema, StepSchema } from '#apps/api/dashboard/operation-view';
import type { LogLine } from './lines.js';

/** What the api says of an operation (GET /dashboard/operations/{id}). */
export interface OperationRecord {
  readonly operation: Pick<
    Static<typeof OperationSchema>,
    'id' | 'kind' | 'resource' | 'state' | 'error' | 'requested_at' | 'ended_at'
  >;
  readonly steps: readonly Pick<
    Static<typeof StepSchema>,
    'name' | 'state' | 'host' | 'branch' | 'result' | 'started_at' | 'ended_at'
  >[];
}

/**
 * One request as a story: what each process wrote on its behalf, in the order in which it began, and what the records say
 * of each operation that came of it. Times are since the request.
 */
export function tell(requestId: string, lines: readonly LogLine[], operations: readonly OperationRecord[]): string[] {
  const told = lines.map((line) => ({ line, at: beganAt(line) })).toSorted((a, b) => a.at - b.at);
  const zero = told[0]?.at ?? 0;
  const width = Math.max(0, ...lines.map(({ service }) => service.length));
  return [
    `${requestId}, ${new Date(zero).toISOString()}`,
    '',
    ...told.map(
      ({ line, at }) =>
        `${since(at - zero)}  ${line.service.padEnd(width)}  ${took(line.ms)}  ${whatOf(line, requestId)}`,
    ),
    ...operations.flatMap((operation) => ['', ...recordOf(operation)]),
  ];
}

/** A line is written when what it tells of is over. */
const beganAt = ({ time, ms = 0 }: LogLine): number => Date.parse(time) - ms;

const since = (ms: number): string => `+${(ms / 1000).toFixed(3)} s`.padStart(11);
const took = (ms: number | undefined): string => (ms === undefined ? '' : `${ms} ms`).padStart(9);

function whatOf(line: LogLine, requestId: string): string {
  const { msg, step, attempt = 1, error, method, path, status } = line;
  const nth = attempt > 1 ? ` (attempt ${attempt})` : '';
  if (msg === 'request') {
    const by = line.requestId === requestId ? '' : ` (${line.requestId ?? ''}, for this one)`;
    return `${method ?? ''} ${path ?? ''}: ${status ?? ''}${by}`;
  }
  if (msg === 'operation started') return `${line.kind ?? ''} begins (operation ${line.workflowId ?? ''})`;
  if (msg === 'step done') return `✔ ${step ?? ''}${nth}`;
  if (msg === 'step failed') return `✘ ${step ?? ''} (attempt ${attempt}): ${error ?? ''}`;
  const where = step === undefined ? '' : ` in ${step}${nth}`;
  return `${line.level}: ${msg}${where}${error === undefined ? '' : `: ${error}`}`;
}

function recordOf({ operation, steps }: OperationRecord): string[] {
  const { kind, id, resource, state, error, requested_at, ended_at } = operation;
  const whole = ended_at === null ? '' : ` after ${between(requested_at, ended_at)} in all`;
  // What is still to come, and what the api itself did, has no beginning.
  const begun = steps.flatMap((step) => (step.started_at === null ? [] : [{ ...step, from: step.started_at }]));
  const width = Math.max(0, ...begun.map(({ name }) => name.length));
  return [
    `${kind} of ${resource.type} ${resource.id} (operation ${id}): ${state}${whole}`,
    ...(error === null ? [] : [`  ${error}`]),
    ...begun.map(({ name, state: now, host, branch, result, from, ended_at: to }) => {
      const time = to === null ? '' : between(from, to);
      const place = [host === null ? [] : `on ${host}`, branch === null ? [] : `of ${branch}`].flat();
      return `  ${name.padEnd(width)}  ${now.padEnd(7)}  ${time.padStart(9)}  ${[...place, result ?? []].flat().join(', ')}`.trimEnd();
    }),
  ];
}

const between = (from: string, to: string): string => `${Date.parse(to) - Date.parse(from)} ms`;
