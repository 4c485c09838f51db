/**
 * The failure matrix as data: what is done to each step, and how its operation must end. Rows are the steps of every
 * workflow's table, so a new step has its cells the day it is written.
 */
import type { FaultInput } from '#apps/faults/store';
import { DRIVER_POINTS, NETWORK_POINTS, STEP_POINTS } from '#activities/host/points';
import { whyNotLinux } from '#drivers/network/linux/probe';
import { FLOWS, rowsOf } from '#workflows/flows';

export type Operation = keyof typeof FLOWS;
/** How an operation ends: as asked, undone and in error, or gone. */
export type End = 'done' | 'error' | 'gone';
/** Which process runs a step. */
export type Role = 'conductor' | 'compute' | 'network' | 'volume';

export interface Row {
  readonly operation: Operation;
  readonly step: string;
  readonly role: Role;
  readonly undo?: string;
  /** The operation only goes forward: it never gives up. */
  readonly forward: boolean;
  /** The last step: when it has taken effect, the operation is done. */
  readonly last: boolean;
  /** Which one that is. */
  readonly lastStep: string;
  /** It works on a server, and not on a volume. */
  readonly onServer: boolean;
}
type Fault = Pick<FaultInput, 'step' | 'phase' | 'point' | 'kind' | 'times' | 'ms'>;

export interface Column {
  readonly title: string;
  applies(row: Row): boolean;
  faults(row: Row): readonly Fault[];
  /** What is done while the step is under way. */
  readonly meanwhile?: 'delete' | 'cancel' | 'clear when stuck' | 'another action';
  end(row: Row): End;
  /** The step that an operation's error names, where it is another than the row's. */
  blamed?(row: Row): string;
  /** Cells of this column with the same key are the same: the first row's stands for all of them. */
  readonly key?: (row: Row) => string;
  /** It kills a worker, which is felt by all that run on it. */
  readonly kills?: true;
  /** On real guests: the points are inside QEMU's driver, or inside that of their network. */
  readonly insideDriver?: 'guest' | 'network';
}

/** Real networks need root and some tools; without them their column is empty, and the others are as they are. */
export const NO_LINUX_NETWORK = await whyNotLinux();

/** The last step of an action that holds nothing, as in Nova: no other request is refused meanwhile. */
const HOLDS_NOTHING = 'endAction';
const OF_VOLUMES: ReadonlySet<Operation> = new Set(['createVolume', 'deleteVolume']);
/** Steps of the conductor that commit nothing: the second only cancels what else works on its server. */
const READ_ONLY: ReadonlySet<string> = new Set(['validateToken', 'prepareDelete']);

/** The last step of every action is the same: the cells of one action are enough for it. */
export const ROWS: readonly Row[] = (Object.keys(FLOWS) as Operation[])
  .flatMap((operation) => {
    const rows = rowsOf(FLOWS[operation]);
    return rows.map(([step, row], i) => ({
      operation,
      step,
      role: row.on,
      ...(typeof row.undo === 'string' ? { undo: row.undo } : {}),
      forward: FLOWS[operation].forward,
      last: i === rows.length - 1,
      lastStep: rows.at(-1)![0],
      onServer: !OF_VOLUMES.has(operation),
    }));
  })
  .filter(({ operation, step }) => step !== 'finishAction' || operation === 'stopServer');

const always = (): boolean => true;
/** What only the engine and the role decide, it is enough to see once of a step with its undo, whatever the operation. */
const perStep = ({ step, undo = '', forward }: Row): string => `${step} ${undo} ${forward}`;
const undoable = ({ undo }: Row): boolean => undo !== undefined;
const asAsked = ({ forward }: Row): End => (forward ? 'gone' : 'done');
/** A failure for good undoes a boot, and holds up a delete until its cause is gone. */
const failed = ({ forward }: Row): End => (forward ? 'gone' : 'error');
/** The same after the step took effect: an operation whose last step did is done. */
const failedAfter = (row: Row): End => (row.last ? asAsked(row) : failed(row));
const once =
  (phase: Fault['phase'], kind: Fault['kind'], more: Partial<Fault> = {}) =>
  ({ step }: Row): readonly Fault[] => [{ step, phase, kind, ...more }];
/** Whenever it is tried: on a busy machine the first failure may not reach the server, and then a second try comes. */
const FOR_GOOD = { times: 0 };
/** The step fails for good after it acted, and then its undo fails so. */
const undoing =
  (...undo: Omit<Fault, 'step'>[]) =>
  (row: Row): readonly Fault[] => [
    { step: row.step, phase: 'after', kind: 'fatal', ...FOR_GOOD },
    ...undo.map((fault) => ({ ...fault, step: row.undo ?? '' })),
  ];

/**
 * Holds the step until the test has done what it does meanwhile and takes the fault back, whenever it is tried: a step that is
 * local first is given up after 5 s. The limit is below the timeout of every other step (15 s), so that a slow test fails in its
 * own words.
 */
const HELD = { ms: 12_000, times: 0 };

/** Points in the middle of the step (activities/host/points.ts); the fault strikes at the first of them. */
const pointOf = ({ step }: Row): string | undefined =>
  (STEP_POINTS as Readonly<Record<string, readonly string[]>>)[step]?.[0];
const hasPoint = (row: Row): boolean => pointOf(row) !== undefined;
/** What is in the middle of a step is the same whatever operation it is in; some come there only if they make something. */
const perPoint = ({ step, forward }: Row): string => `${step} ${forward}`;
const inside =
  (kind: Fault['kind'], more: Partial<Fault> = {}) =>
  (row: Row): readonly Fault[] => [{ step: row.step, phase: 'at', point: pointOf(row) ?? '', kind, ...more }];

/** Held at each of the points, until the role is killed. */
const heldAt = (step: string, points: readonly string[]): Fault[] =>
  points.map((point) => ({ step, phase: 'at', point, kind: 'delay', ms: 600_000 }));

export const COLUMNS: readonly Column[] = [
  { title: 'fails before it acts', applies: always, faults: once('before', 'error'), end: asAsked },
  { title: 'commits, then fails', applies: always, faults: once('after', 'error'), end: asAsked },
  { title: 'commits, then times out', applies: always, faults: once('after', 'hang'), end: asAsked },
  {
    title: 'commits, and its connection to the database breaks',
    applies: ({ role, step }) => role === 'conductor' && !READ_ONLY.has(step),
    faults: once('after', 'disconnect'),
    end: asAsked,
  },
  {
    title: 'fails for good',
    applies: ({ forward }) => !forward,
    faults: once('before', 'fatal', FOR_GOOD),
    end: failed,
  },
  {
    title: 'commits, then fails for good',
    applies: ({ forward }) => !forward,
    faults: once('after', 'fatal', FOR_GOOD),
    end: failedAfter,
  },
  {
    title: 'fails for good until its cause is gone',
    applies: ({ forward }) => forward,
    faults: once('before', 'fatal', FOR_GOOD),
    meanwhile: 'clear when stuck',
    end: failed,
  },
  { title: 'heartbeat lost, and it acts late', applies: always, faults: once('before', 'hang'), end: asAsked },
  {
    title: 'worker killed before',
    applies: always,
    faults: once('before', 'crash'),
    end: asAsked,
    key: perStep,
    kills: true,
  },
  {
    title: 'worker killed after commit',
    applies: always,
    faults: once('after', 'crash'),
    end: asAsked,
    key: perStep,
    kills: true,
  },
  {
    title: 'deleted meanwhile',
    applies: ({ onServer }) => onServer,
    faults: once('before', 'delay', HELD),
    meanwhile: 'delete',
    end: () => 'gone',
  },
  {
    title: 'another request meanwhile, which is refused',
    applies: ({ onServer, lastStep }) => onServer && lastStep !== HOLDS_NOTHING,
    faults: once('before', 'delay', HELD),
    meanwhile: 'another action',
    end: asAsked,
  },
  {
    title: 'workflow cancelled by an operator',
    applies: always,
    faults: once('before', 'delay', HELD),
    meanwhile: 'cancel',
    end: failedAfter,
  },
  { title: 'fails in the middle', applies: hasPoint, faults: inside('error'), end: asAsked, key: perPoint },
  {
    title: 'worker killed in the middle',
    applies: hasPoint,
    faults: inside('crash'),
    end: asAsked,
    key: perPoint,
    kills: true,
  },
  {
    title: 'deleted in the middle',
    applies: (row) => hasPoint(row) && row.onServer,
    faults: inside('delay', HELD),
    meanwhile: 'delete',
    end: () => 'gone',
    key: perPoint,
  },
  { title: 'runs twice', applies: always, faults: once('after', 'twice'), end: asAsked },
  {
    title: 'its undo runs twice',
    applies: undoable,
    faults: undoing({ phase: 'after', kind: 'twice' }),
    end: failed,
    key: perStep,
  },
  {
    title: 'its undo fails 3 times',
    applies: undoable,
    faults: undoing({ phase: 'before', kind: 'error', times: 2 }, { phase: 'after', kind: 'error' }),
    end: failed,
    key: perStep,
  },
  {
    title: 'worker killed in its undo',
    applies: undoable,
    faults: undoing({ phase: 'after', kind: 'crash' }),
    end: failed,
    key: perStep,
    kills: true,
  },
  {
    title: 'fails once, and so does its undo when the last step fails for good',
    applies: (row) => undoable(row) && !row.last,
    faults: ({ step, undo = '', role, lastStep }) => [
      { step, phase: 'after', kind: 'error' },
      { step: lastStep, phase: 'before', kind: 'fatal', ...FOR_GOOD },
      { step: undo, phase: 'after', kind: role === 'conductor' ? 'disconnect' : 'error' },
    ],
    end: failed,
    blamed: ({ lastStep }) => lastStep,
  },
  {
    title: "worker killed inside QEMU's driver, at each of its points",
    applies: ({ step }) => step in DRIVER_POINTS,
    faults: ({ step }) => heldAt(step, DRIVER_POINTS[step]!),
    end: asAsked,
    insideDriver: 'guest',
  },
  {
    title: 'worker killed inside the driver of real networks, at each of its points',
    applies: ({ step }) => step in NETWORK_POINTS && NO_LINUX_NETWORK === undefined,
    faults: ({ step }) => heldAt(step, NETWORK_POINTS[step]!),
    end: asAsked,
    key: ({ step }) => step,
    insideDriver: 'network',
  },
];

export interface Cell {
  readonly row: Row;
  readonly column: Column;
}
export const CELLS: readonly Cell[] = COLUMNS.flatMap((column) => {
  const rows = ROWS.filter((row) => column.applies(row));
  const { key } = column;
  const first = key && new Map(rows.toReversed().map((row) => [key(row), row]));
  return rows.filter((row) => !first || first.get(key(row)) === row).map((row) => ({ row, column }));
});
