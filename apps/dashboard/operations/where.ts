/** Where a request is, in a sentence for somebody who has never seen the drawing. Pure: a moment of a replay is told by the same words. */
import type { StepState } from '../api/contract.js';
import type { Stage } from './stages.js';

const ofState = (stages: readonly Stage[], ...states: readonly StepState[]): readonly Stage[] =>
  stages.filter(({ state }) => states.includes(state));

const named = (stages: readonly Stage[]): string => stages.map(({ label, title }) => `${label} ${title}`).join(', ');

/** On which host a stage is now, and at which attempt where it is not the first one. */
function details({ steps }: Stage): string {
  const now = steps.findLast(({ state }) => state === 'running');
  const n = now?.attempts.at(-1)?.n ?? 1;
  return `${now?.step.host ? ` on ${now.step.host}` : ''}${n > 1 ? `, attempt ${n}` : ''}`;
}

/** The last stage is the end itself, which fails with what failed before it. */
const culprits = (stages: readonly Stage[]): readonly Stage[] => {
  const failed = ofState(stages, 'failed');
  return failed.length > 1 ? failed.filter((one) => one !== stages.at(-1)) : failed;
};

/** @returns where the request is, has ended or has failed, and what becomes of what had been done */
export function whereOf(stages: readonly Stage[]): string {
  const failed = culprits(stages);
  const [undoing, undone] = [ofState(stages, 'undoing'), ofState(stages, 'undone')];
  const trouble = failed.length === 0 ? '' : `Failed at ${named(failed)}. `;
  if (undoing.length > 0) return `${trouble}What had been done is being undone; now: ${named(undoing)}.`;
  if (stages.at(-1)?.state === 'done') return 'All that was needed has been done.';
  const ended = stages.at(-1)?.state === 'failed' || stages.at(-1)?.state === 'undone';
  if (ended) return `${trouble}${undone.length === 0 ? 'It has ended.' : `Undone: ${named(undone)}.`}`;
  const running = ofState(stages, 'running');
  if (running.length > 0)
    return `${trouble}Now, of ${stages.length} stages: ${running.map((one) => `${named([one])}${details(one)}`).join('; ')}.`;
  const next = stages.find(({ state }) => state === 'waiting');
  return next === undefined ? trouble.trim() : `${trouble}Next: ${named([next])}.`;
}
