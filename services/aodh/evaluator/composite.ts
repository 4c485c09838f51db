import type { State } from '../actions.js';
import type { Rule, ThresholdRule } from '../rules.js';
import type { Evaluation } from './threshold.js';
import type { EvaluatedAlarm, Verdict } from './verdicts.js';

const CHANGE: Readonly<Record<State, string>> = {
  alarm: 'outside their threshold.',
  ok: 'inside their threshold.',
  'insufficient data': 'state evaluated to unknown.',
};

/** A rule of a composite one, with what measures say of it. */
interface Part {
  readonly name: string;
  readonly rule: Rule;
  readonly evaluation: Evaluation;
}
/** The parts, combined. */
type Tree = Part | { readonly word: 'and' | 'or'; readonly of: readonly Tree[] };

/** The threshold rules of a composite one, from the left to the right. */
export function leavesOf(rule: Rule): ThresholdRule[] {
  const inner = combined(rule);
  return inner === undefined ? [rule as ThresholdRule] : inner.of.flatMap(leavesOf);
}

function combined(rule: Rule): { word: 'and' | 'or'; of: readonly Rule[] } | undefined {
  const word = (['and', 'or'] as const).find((one) => Object.hasOwn(rule, one));
  return word === undefined ? undefined : { word, of: rule[word] as readonly Rule[] };
}

/** @param evaluations of the rules, in the order of `leavesOf` */
function treeOf(rule: Rule, evaluations: readonly Evaluation[]): { tree: Tree; parts: readonly Part[] } {
  const parts: Part[] = [];
  const build = (one: Rule): Tree => {
    const inner = combined(one);
    if (inner !== undefined) return { word: inner.word, of: inner.of.map(build) };
    const part = { name: `rule${parts.length + 1}`, rule: one, evaluation: evaluations[parts.length]! };
    parts.push(part);
    return part;
  };
  return { tree: build(rule), parts };
}

const formOf = (tree: Tree): string => ('word' in tree ? `(${tree.of.map(formOf).join(` ${tree.word} `)})` : tree.name);

type StateOf = (part: Part) => State | null;

/** Whether the combination is in alarm; it is ok by the same with `and` and `or` exchanged. */
function holds(tree: Tree, state: 'alarm' | 'ok', stateOf: StateOf): boolean {
  if (!('word' in tree)) return stateOf(tree) === state;
  const inner = (one: Tree): boolean => holds(one, state, stateOf);
  return (tree.word === 'and') === (state === 'alarm') ? tree.of.every(inner) : tree.of.some(inner);
}

/** What a composite alarm comes to by its rules' evaluations (evaluator/composite.py). */
export function judgeComposite(alarm: EvaluatedAlarm, evaluations: readonly Evaluation[]): Verdict {
  const { tree, parts } = treeOf(alarm.rule, evaluations);
  const sure: StateOf = ({ evaluation }) => evaluation.state;
  // A rule whose measures say neither counts for its trend in an alarm that is not known, and else against it.
  const leaning: StateOf = ({ evaluation: { state, trending } }) => {
    if (trending === null || alarm.state === 'insufficient data') return trending ?? state;
    return trending === 'alarm' ? 'ok' : 'alarm';
  };
  for (const stateOf of [sure, leaning])
    for (const state of ['alarm', 'ok'] as const)
      if (holds(tree, state, stateOf)) return verdictOf(alarm, state, tree, parts, stateOf);
  return verdictOf(alarm, 'insufficient data', tree, parts, leaning);
}

function verdictOf(
  { alarm_id, defined, state: previous, repeat_actions }: EvaluatedAlarm,
  next: State,
  tree: Tree,
  parts: readonly Part[],
  stateOf: StateOf,
): Verdict {
  const causes = parts.filter((part) => stateOf(part) === next);
  const form = formOf(tree);
  const becomes = previous === next ? 'remaining as' : 'transition to';
  const names = causes.map(({ name }) => name).join(', ');
  const quiet = previous === next && (next === 'insufficient data' || !repeat_actions);
  return {
    alarm_id,
    defined,
    previous,
    // Aodh counts the evaluations of thresholds alone.
    counted: null,
    next: quiet ? null : next,
    reason: `Composite rule alarm with composition form: ${form} ${becomes} ${next}, due to rules: ${names} ${CHANGE[next]}`,
    reason_data: {
      type: 'composite',
      composition_form: form,
      causative_rules: Object.fromEntries(causes.map(({ name, rule }) => [name, rule])),
    },
  };
}
