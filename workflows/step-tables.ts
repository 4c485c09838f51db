/** Every step table by its workflow's type: the docs, the failure matrix and failure injection are made from it. */
import { bootServerSteps } from './servers/boot-server/steps.js';
import { createVolumeSteps } from './volumes/create-volume/steps.js';
import { deleteServerSteps } from './servers/delete-server/steps.js';
import { deleteVolumeSteps } from './volumes/delete-volume/steps.js';

/** A step as who only reads the table sees it. */
export interface StepRow {
  readonly title: string;
  readonly seed?: string;
  /** Present when the step runs on a host. */
  readonly queue?: unknown;
  readonly undo: string | { readonly because: string };
}
type Table = Readonly<Record<string, StepRow>>;

export const STEP_TABLES = {
  bootServer: bootServerSteps,
  deleteServer: deleteServerSteps,
  createVolume: createVolumeSteps,
  deleteVolume: deleteVolumeSteps,
} as const satisfies Record<string, object>;

/** The rows of a table, in the order in which the steps run. */
export const rowsOf = (table: object): [string, StepRow][] => Object.entries(table as Table);

/** Every activity that is a step, undoes one, or ends an operation that failed. */
export const ACTIVITY_NAMES: readonly string[] = [
  ...new Set([
    ...Object.values(STEP_TABLES).flatMap((table) =>
      rowsOf(table).flatMap(([step, { undo }]) => (typeof undo === 'string' ? [step, undo] : [step])),
    ),
    'closeBoot',
    'failServer',
    'failVolume',
    'endOperation',
  ]),
];
