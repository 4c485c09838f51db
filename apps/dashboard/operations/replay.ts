/** An operation as it was at a moment, so that a run can be watched again. Pure: the page and its tests ask the same. */
import type { Attempt, BootedCard, OperationDetail, Step, StepState } from '../api/contract.js';
import { millisOf } from '../ui/times.js';

/** A step at a moment. */
export interface StepAt {
  readonly step: Step;
  readonly state: StepState;
  /** Milliseconds since 1970. */
  readonly start: number | undefined;
  readonly end: number | undefined;
  /** Those that had begun. */
  readonly attempts: readonly Attempt[];
  /** Why the last one that had ended failed. */
  readonly error: string | undefined;
}

/** From when to when an operation went; one that goes on lasts until `now`. */
export function spanOf({ operation }: OperationDetail, now: number): { readonly from: number; readonly to: number } {
  const from = millisOf(operation.requested_at) ?? now;
  return { from, to: Math.max(from, millisOf(operation.ended_at) ?? now) };
}

/** Whether this is the undo of a step, which the API tells as a run of its own after the step's. */
export const isUndo = ({ state }: Pick<Step, 'state'>): boolean => state === 'undoing' || state === 'undone';

function stateAt(
  { state }: Step,
  at: number,
  start: number | undefined,
  end: number | undefined,
  over: number,
): StepState {
  if (start === undefined) return at >= over ? state : 'waiting';
  if (at < start) return 'waiting';
  const under = isUndo({ state }) ? 'undoing' : 'running';
  if (end === undefined || at < end) return at >= over ? state : under;
  return state;
}

/** @param at milliseconds since 1970; from the operation's end on everything is as it is recorded */
export function stepAt(step: Step, at: number, over: number): StepAt {
  const [start, end] = [millisOf(step.started_at), millisOf(step.ended_at)];
  const began = step.attempts.filter(({ started_at }) => (millisOf(started_at) ?? start ?? Infinity) <= at);
  const failed = began.filter(({ error, ended_at }) => Boolean(error) && (millisOf(ended_at) ?? 0) <= at);
  return {
    step,
    state: stateAt(step, at, start, end, over),
    start,
    end: end !== undefined && end <= at ? end : undefined,
    attempts: began,
    error: failed.at(-1)?.error ?? undefined,
  };
}

/** @param at undefined: as it is now */
export function stepsAt(detail: OperationDetail, at: number | undefined): readonly StepAt[] {
  const over = millisOf(detail.operation.ended_at) ?? Infinity;
  return detail.steps.map((step) => (at === undefined ? stepAt(step, Infinity, -Infinity) : stepAt(step, at, over)));
}

/** Something that happened, for the list of events. */
export interface Happening {
  readonly at: number;
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'busy';
}

const happening = (time: string | null | undefined, text: string, tone: Happening['tone']): Happening[] => {
  const at = millisOf(time);
  return at === undefined ? [] : [{ at, text, tone }];
};

function ofStep(step: Step): Happening[] {
  const { attempts, host } = step;
  const title = isUndo(step) ? `Undo of “${step.title}”` : step.title;
  const where = host ? ` on ${host}` : '';
  const starts =
    attempts.length === 0
      ? happening(step.started_at, `${title}: begins${where}`, 'busy')
      : attempts.flatMap(({ n, started_at }) =>
          happening(started_at ?? step.started_at, `${title}: attempt ${n} begins${where}`, 'busy'),
        );
  const failures = attempts.flatMap(({ n, ended_at, error }) =>
    error ? happening(ended_at, `${title}: attempt ${n} failed: ${error}`, 'bad') : [],
  );
  const result = step.result ? `: ${step.result}` : '';
  const good = step.state !== 'failed';
  return [
    ...starts,
    ...failures,
    ...happening(step.ended_at, `${title}: ${good ? 'done' : 'failed'}${result}`, good ? 'good' : 'bad'),
  ];
}

function ofCard({ addresses, port_id, plugged_at, leased_at, leased_address, metadata_at }: BootedCard): Happening[] {
  const card = addresses.join(', ') || port_id;
  return [
    ...happening(plugged_at, `Card ${card}: joined its network`, 'good'),
    ...happening(leased_at, `Card ${card}: the guest has leased ${leased_address ?? 'its address'}`, 'good'),
    ...happening(metadata_at, `Card ${card}: the guest asks for its metadata`, 'good'),
  ];
}

/** All that is known of an operation in the order in which it happened. */
export function happenings({ operation, steps, cards }: OperationDetail): readonly Happening[] {
  const ended = operation.state === 'done';
  return [
    ...happening(operation.requested_at, `Asked for by request ${operation.request_id}`, 'good'),
    ...happening(operation.started_at, 'Its workflow starts', 'busy'),
    ...steps.flatMap(ofStep),
    ...cards.flatMap(ofCard),
    ...happening(
      operation.ended_at,
      `Ended: ${operation.state}${operation.error ? `: ${operation.error}` : ''}`,
      ended ? 'good' : 'bad',
    ),
  ].toSorted((a, b) => a.at - b.at);
}
