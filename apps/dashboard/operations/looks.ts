import type { StepState } from '../api/contract.js';

/** What a state looks like in the drawing, in the words beside it and in the table's bars: the names of classes in the style sheet. */
export type Look = 'skipped' | 'waiting' | 'passed' | 'undone' | 'wrong' | 'now' | 'undoing';

export const LOOK: Readonly<Record<StepState, Look>> = {
  waiting: 'waiting',
  skipped: 'skipped',
  running: 'now',
  done: 'passed',
  failed: 'wrong',
  undoing: 'undoing',
  undone: 'undone',
};

/** The same in words, in the order in which they are told. */
export const WORDS: readonly (readonly [Look, string])[] = [
  ['passed', 'passed'],
  ['now', 'under way'],
  ['wrong', 'failed'],
  ['undoing', 'being undone'],
  ['undone', 'undone'],
  ['skipped', 'not needed'],
  ['waiting', 'to come'],
];
