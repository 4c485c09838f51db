/**
 * An operation's steps as data: what each does, where it runs, and what undoes it. The docs, the failure matrix, and
 * the progress that the Temporal UI and os-instance-actions show are made of it. A saga (saga.ts) runs it in a
 * workflow.
 *
 * The compiler checks two rules: an undo takes the same input as its step, so that it can be registered BEFORE the step
 * runs; and a step runs only on the role that has its activity.
 */
import type { Activities, ComputeActivities, NetworkActivities, Role, VolumeActivities } from '#activities/contract';
import type { StepOptions } from './step-options.js';

export type ActivityName = keyof Activities;
export type InputOf<K extends ActivityName> = Parameters<Activities[K]>[0];
export type ResultOf<K extends ActivityName> = Awaited<ReturnType<Activities[K]>>;
/** The activities that can undo K: those that take K's input. */
type UndoFor<K extends ActivityName> = {
  [U in ActivityName]: InputOf<K> extends InputOf<U> ? U : never;
}[ActivityName];
/** The role that has the activity K. */
type RoleOf<K> = K extends keyof ComputeActivities
  ? 'compute'
  : K extends keyof VolumeActivities
    ? 'volume'
    : K extends keyof NetworkActivities
      ? 'network'
      : 'conductor';

/** Why a step has no undo. */
export interface Nothing {
  readonly because: string;
}
export const nothing = (because: string): Nothing => ({ because });

/** One step of a flow. */
export interface StepRow<K extends ActivityName> {
  /** What it does, as a person would say it. */
  readonly title: string;
  /** The number of the step in the seed documents' flow. */
  readonly seed?: string;
  /** The role that runs it. */
  readonly on: RoleOf<K>;
  readonly undo: UndoFor<K> | Nothing;
  /** Others than its role's (step-options.ts). */
  readonly options?: StepOptions;
  /**
   * Runs first as a local activity, inside the workflow task: Temporal records one marker for it, where an activity
   * needs six requests. If that one attempt fails, it runs again as an ordinary activity, with retries, and visible in
   * the UI. For steps of the conductor that take milliseconds and are not among the six activities of the seed
   * documents.
   */
  readonly localFirst?: true;
  /** The step's result in one line, for its story. Results are never secret, but some are long. */
  readonly tells?: (result: ResultOf<K>, input: InputOf<K>) => string;
}
export type Rows = { readonly [K in ActivityName]?: StepRow<K> };

/** A step, for code that reads a flow and does not run it. */
export interface AnyRow {
  readonly title: string;
  readonly seed?: string;
  readonly on: Role;
  readonly undo: string | Nothing;
}

/** The steps of one kind of operation, in the order in which they run; those of a branch run side by side. */
export class Flow<T extends Rows, Kind extends string = string> {
  private constructor(
    readonly kind: Kind,
    /** Nothing of it is undone. Each step is retried until it succeeds. */
    readonly forward: boolean,
    readonly rows: T,
  ) {}

  static of<const Kind extends string>(
    kind: Kind,
    { forward = false }: { readonly forward?: boolean } = {},
  ): Flow<object, Kind> {
    return new Flow(kind, forward, {});
  }

  step<K extends ActivityName>(name: K, row: StepRow<K>): Flow<T & { readonly [N in K]: StepRow<N> }, Kind> {
    const rows: T & { readonly [N in K]: StepRow<N> } = Object.assign({}, this.rows, { [name]: row });
    return new Flow(this.kind, this.forward, rows);
  }
}

/** The rows of a flow, in order. */
export const rowsOf = ({ rows }: { readonly rows: object }): [string, AnyRow][] =>
  Object.entries(rows as Readonly<Record<string, AnyRow>>);
