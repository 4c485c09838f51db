import type { ActionSpec } from '../../api/contract.js';

/** What of a server decides what may be done with it. */
export interface ServerState {
  readonly vm_state: string;
  readonly task_state: string | null;
  readonly locked: boolean;
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

export const stateOf = (server: Readonly<Record<string, unknown>>): ServerState => ({
  vm_state: text(server['OS-EXT-STS:vm_state']) ?? 'unknown',
  task_state: text(server['OS-EXT-STS:task_state']),
  locked: server['locked'] === true,
});

const NOT_ALLOWED = 'Your roles in this project do not allow it.';
const or = (words: readonly string[]): string => words.join(' or ');

/**
 * Why an action may not be done with a server now, from the table by which the API itself goes; undefined if it may.
 * A lock does not hold for everybody, so that is left to the API to say.
 */
export function whyNot({ label, from, may }: ActionSpec, { vm_state, task_state }: ServerState): string | undefined {
  if (!may) return NOT_ALLOWED;
  if (from === null) return undefined;
  if (!from.vm_state.includes(vm_state))
    return `${label} takes a server that is ${or(from.vm_state)}; this one is ${vm_state}.`;
  if (from.task_state.length === 0 || from.task_state.includes(task_state)) return undefined;
  return task_state === null
    ? `${label} takes a server that is ${or(from.task_state.map(String))}.`
    : `The server is ${task_state} at the moment.`;
}
