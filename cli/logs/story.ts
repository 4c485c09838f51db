import type { StepRecord } from '#services/kernel/step-record';
import type { LogLine } from './lines.js';

/** What the api says of an operation (GET /internal/operations/{id}). */
export interface OperationRecord {
  readonly id: string;
  readonly kind: string;
  readonly resource_type: string;
  readonly resource_id: string;
  readonly state: string;
  readonly message: string | null;
  readonly requested_at: string;
  readonly finished_at: string | null;
  readonly steps: readonly StepRecord[];
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

function recordOf({
  kind,
  id,
  resource_type,
  resource_id,
  state,
  message,
  steps,
  ...times
}: OperationRecord): string[] {
  const whole = times.finished_at === null ? '' : ` after ${between(times.requested_at, times.finished_at)} in all`;
  const width = Math.max(0, ...steps.map(({ step }) => step.length));
  return [
    `${kind} of ${resource_type} ${resource_id} (operation ${id}): ${state}${whole}`,
    ...(message === null ? [] : [`  ${message}`]),
    ...steps.map(({ step, status, host, branch, detail, startedAt, finishedAt }) => {
      const time = finishedAt === undefined ? '' : between(startedAt, finishedAt);
      const place = [host === undefined ? [] : `on ${host}`, branch === undefined ? [] : `of ${branch}`].flat();
      return `  ${step.padEnd(width)}  ${status.padEnd(7)}  ${time.padStart(9)}  ${[...place, detail ?? []].flat().join(', ')}`.trimEnd();
    }),
  ];
}

const between = (from: string, to: string): string => `${Date.parse(to) - Date.parse(from)} ms`;
