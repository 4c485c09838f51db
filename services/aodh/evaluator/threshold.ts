import type { State } from '../actions.js';
import type { Comparison, ThresholdRule } from '../rules.js';
import type { EvaluatedAlarm, Verdict } from './verdicts.js';

/** How Aodh compares (evaluator/threshold.py: COMPARATORS). */
export const COMPARATORS: Readonly<Record<Comparison, <T>(value: T, threshold: T) => boolean>> = {
  gt: (value, threshold) => value > threshold,
  lt: (value, threshold) => value < threshold,
  ge: (value, threshold) => value >= threshold,
  le: (value, threshold) => value <= threshold,
  eq: (value, threshold) => value === threshold,
  ne: (value, threshold) => value !== threshold,
};

/** What was measured for a rule, oldest first, or why there is nothing to go by. */
export type Measured = { readonly values: readonly number[] } | { readonly missing: string };

/** What measures say of a rule (evaluator/threshold.py: evaluate_rule). */
export interface Evaluation {
  /** Null where some measures are outside of the threshold and some are not. */
  readonly state: State | null;
  /** The state that the newest measure would make, then. */
  readonly trending: State | null;
  readonly values: readonly number[];
  /** How many of them the comparison holds for. */
  readonly outside: number;
  /** Why the state is not known. */
  readonly unknown?: string;
}

/** Compares the newest measures of a rule, as many as its periods, with its threshold. */
export function evaluateRule(rule: ThresholdRule, measured: Measured): Evaluation {
  const none = { state: 'insufficient data', trending: null, outside: 0 } as const;
  if ('missing' in measured) return { ...none, values: [], unknown: measured.missing };
  const values = measured.values.slice(-rule.evaluation_periods);
  if (values.length === 0) return { ...none, values, unknown: `No datapoint for granularity ${rule.granularity}` };
  if (values.length < rule.evaluation_periods)
    return { ...none, values, unknown: `${rule.evaluation_periods} datapoints are unknown` };
  const compared = values.map((value) => COMPARATORS[rule.comparison_operator](value, rule.threshold));
  const outside = compared.filter(Boolean).length;
  const newest = compared.at(-1) ? 'alarm' : 'ok';
  const unequivocal = outside === 0 || outside === values.length;
  return { state: unequivocal ? newest : null, trending: unequivocal ? null : newest, values, outside };
}

/** A number as Python writes a float: Aodh's reasons have been read by programs for years. */
const float = (value: number | undefined): string =>
  value === undefined ? 'None' : Number.isInteger(value) ? value.toFixed(1) : String(value);

/** What a threshold alarm comes to by its evaluation (threshold.py: _transition_alarm). */
export function judge(alarm: EvaluatedAlarm, evaluation: Evaluation): Verdict {
  const { state, trending, unknown } = evaluation;
  const wasUnknown = alarm.state === 'insufficient data';
  const { alarm_id, defined, state: previous } = alarm;
  const found = { alarm_id, defined, previous, counted: state };
  const quiet: Verdict = { ...found, next: null, reason: '', reason_data: {} };
  if (trending !== null)
    return wasUnknown || alarm.repeat_actions
      ? { ...found, ...told(alarm, evaluation, wasUnknown ? trending : alarm.state) }
      : quiet;
  if (state === 'insufficient data') {
    if (wasUnknown) return quiet;
    const { evaluation_periods } = alarm.rule as ThresholdRule;
    const reason_data = dataOf('unknown', evaluation_periods, evaluation.values.at(-1));
    return { ...found, next: state, reason: unknown ?? '', reason_data };
  }
  if (state !== null && (state !== alarm.state || alarm.repeat_actions))
    return { ...found, ...told(alarm, evaluation, state) };
  return quiet;
}

const dataOf = (disposition: string, count: number, newest: number | undefined): object => ({
  type: 'threshold',
  disposition,
  count,
  most_recent: newest ?? null,
});

function told(alarm: EvaluatedAlarm, { values, outside }: Evaluation, next: State) {
  const disposition = next === 'ok' ? 'inside' : 'outside';
  const count = next === 'ok' ? values.length - outside : outside;
  const newest = values.at(-1);
  const what = alarm.state === next ? 'Remaining as' : 'Transition to';
  return {
    next,
    reason: `${what} ${next} due to ${count} samples ${disposition} threshold, most recent: ${float(newest)}`,
    reason_data: dataOf(disposition, count, newest),
  };
}
