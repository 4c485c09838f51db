/**
 * An operation's steps as data: what happens, where, and how it is taken back. The docs, the failure matrix and the story
 * that the Temporal UI and the instance actions tell are made of it; a workflow walks it by a saga (saga.ts).
 *
 * The compiler holds the rules that keep the promise: an undo takes the same input as its step, so it can be registered
 * BEFORE the step runs; and a step runs where its activity is, not elsewhere.
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
   * Tried first as a local activity, within the workflow task: that costs Temporal a marker where an activity costs it
   * six requests. What does not succeed at once is run as an activity, with its retries and for all to see. For steps
   * of the conductor that take milliseconds and are none of the seed documents' six.
   */
  readonly localFirst?: true;
  /** What came of it, in a line. Results are never secret, but some are long. */
  readonly tells?: (result: ResultOf<K>, input: InputOf<K>) => string;
}
export type Rows = { readonly [K in ActivityName]?: StepRow<K> };

/** A step as who only reads the flow sees it. */
export interface AnyRow {
  readonly title: string;
  readonly seed?: string;
  readonly on: Role;
  readonly undo: string | Nothing;
}

/** The steps of one kind of operation, in the order in which they run; those of a branch run side by side. */
export class Flow<T extends Rows> {
  private constructor(
    readonly kind: string,
    /** It only goes forward: none of its steps is given up, and none is undone. */
    readonly forward: boolean,
    readonly rows: T,
  ) {}

  static of(kind: string, { forward = false }: { readonly forward?: boolean } = {}): Flow<object> {
    return new Flow(kind, forward, {});
  }

  step<K extends ActivityName>(name: K, row: StepRow<K>): Flow<T & { readonly [N in K]: StepRow<N> }> {
    const rows: T & { readonly [N in K]: StepRow<N> } = Object.assign({}, this.rows, { [name]: row });
    return new Flow(this.kind, this.forward, rows);
  }
}

/** The rows of a flow, in order. */
export const rowsOf = ({ rows }: { readonly rows: object }): [string, AnyRow][] =>
  Object.entries(rows as Readonly<Record<string, AnyRow>>);
