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

/** Every activity that is a step, undoes one, or ends an operation that failed. */
export const ACTIVITY_NAMES: readonly string[] = [
  ...new Set([
    ...Object.values(FLOWS).flatMap((flow) =>
      rowsOf(flow).flatMap(([step, { undo }]) => (typeof undo === 'string' ? [step, undo] : [step])),
    ),
    'closeBoot',
    'failServer',
    'failVolume',
    'endOperation',
    'closeAction',
    'failAction',
  ]),
];
