/** Every flow by the kind of its operation: the docs, the failure matrix and failure injection are made of it. */
import { rowsOf } from './engine/flow.js';
import { bootServerFlow } from './servers/boot-server/flow.js';
import { createVolumeFlow } from './volumes/create-volume/flow.js';
import { deleteServerFlow } from './servers/delete-server/flow.js';
import { deleteVolumeFlow } from './volumes/delete-volume/flow.js';
import { ATTACHMENTS, SERVER_ACTIONS } from './server-actions.js';

export { rowsOf };

const ALL = [
  bootServerFlow,
  deleteServerFlow,
  createVolumeFlow,
  deleteVolumeFlow,
  ...[...Object.values(SERVER_ACTIONS), ...Object.values(ATTACHMENTS)].map(({ flow }) => flow),
];
type AnyFlow = (typeof ALL)[number];
export const FLOWS = Object.fromEntries(ALL.map((flow) => [flow.kind, flow])) as Readonly<
  Record<AnyFlow['kind'], AnyFlow>
>;

/** What ends an operation that failed, in every flow of its kind. */
const ENDS: readonly (readonly [name: string, title: string])[] = [
  ['closeBoot', 'Close a boot that failed'],
  ['failServer', 'Say that a boot has failed'],
  ['failVolume', 'Say that a volume has failed'],
  ['endOperation', 'End an operation'],
  ['closeAction', 'Close an action that failed'],
  ['failAction', 'Say that an action has failed'],
];

/** Every activity that is a step, undoes one, or ends an operation that failed. */
export const ACTIVITY_NAMES: readonly string[] = [
  ...new Set([
    ...Object.values(FLOWS).flatMap((flow) =>
      rowsOf(flow).flatMap(([step, { undo }]) => (typeof undo === 'string' ? [step, undo] : [step])),
    ),
    ...ENDS.map(([name]) => name),
  ]),
];

/** What each of them does, in a person's words; an undo is named after what it undoes. */
export function stepTitles(): ReadonlyMap<string, string> {
  const rows = Object.values(FLOWS).flatMap((flow) => rowsOf(flow));
  const undos = rows.flatMap(([, { title, undo }]): [string, string][] =>
    typeof undo === 'string' ? [[undo, `Undo of: ${title}`]] : [],
  );
  // What is a step somewhere is called as that, also where it undoes another one.
  return new Map([...undos, ...rows.map(([name, { title }]): [string, string] => [name, title]), ...ENDS]);
}
