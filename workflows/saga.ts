/**
 * A saga is a table of steps and a workflow that walks it.
 *
 * A step pairs an activity with the activity that undoes it. Both take the SAME input, and the undo is registered
 * BEFORE the step runs: a step may take effect and then fail, so whatever its undo needs must be known without the
 * step's result. The compiler holds that rule. From the same table come the docs, the failure matrix and the story
 * that the Temporal UI and the instance actions tell.
 */
import {
  CancellationScope,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { StepRecord } from '#services/operations';
import { StepFailed, readFailure } from './failures.js';
import { operationState } from './saga-attributes.js';
import { untilDone } from './step-options.js';

// oxlint-disable-next-line typescript/no-explicit-any -- "some activity": the only place where its input is open
type AnyActivity = (input: any) => Promise<unknown>;
type Input<F> = F extends (input: infer I) => Promise<unknown> ? I : never;
type Output<F> = F extends (input: never) => Promise<infer O> ? O : never;
/** The activities of A that can undo F: those that take F's input. */
type UndoFor<A, F> = {
  [K in keyof A]: A[K] extends (input: infer I) => Promise<unknown> ? (Input<F> extends I ? K : never) : never;
}[keyof A];

/** Why a step has no undo. */
export interface Nothing {
  readonly because: string;
}
export const nothing = (because: string): Nothing => ({ because });

/** One row of a step table. */
export interface Step<A, K extends keyof A> {
  /** What it does, as a person would say it. */
  readonly title: string;
  /** The number of the step in the seed documents' flow. */
  readonly seed?: string;
  /** The task queue of the role that runs it; undefined is the conductor, where the workflow itself runs. */
  readonly queue?: (input: Input<A[K]>) => string;
  readonly undo: UndoFor<A, A[K]> | Nothing;
  readonly options: ActivityOptions;
  /** What came of it, in a line. Results are never secret, but some are long. */
  readonly tells?: (result: Output<A[K]>, input: Input<A[K]>) => string;
}
export type StepTable<A> = { readonly [K in keyof A]?: Step<A, K> };

export const stepsOver =
  <A extends Record<keyof A, AnyActivity>>() =>
  <T extends StepTable<A>>(steps: T): T =>
    steps;

/** Asks a running operation for its steps so far. */
export const storyQuery = defineQuery<readonly StepRecord[]>('story');

/** How long an undo may take before it is called stuck. It goes on all the same; 30 s is several tries of it. */
const STUCK_AFTER = '30s';
/** What says that it cannot is tried again this often: whoever ended its cause sees it go on at once. */
const TRY_AGAIN = '5s';

interface Undo {
  readonly step: string;
  readonly host?: string;
  run(): Promise<unknown>;
}
/** A point in a saga to unwind to. */
export type Savepoint = number;

export class Saga<A extends Record<keyof A, AnyActivity>, T extends StepTable<A>> {
  private readonly undos: Undo[] = [];
  private readonly told: StepRecord[] = [];

  constructor(private readonly steps: T) {
    setHandler(storyQuery, () => this.told);
  }

  /** The steps so far, undos included, in the order in which they began. */
  get story(): readonly StepRecord[] {
    return this.told;
  }

  /** Runs a step, its undo registered first. @throws StepFailed, or the cancellation as it came */
  async step<K extends keyof T & keyof A & string>(name: K, input: Input<A[K]>): Promise<Output<A[K]>> {
    const step = this.steps[name] as unknown as Step<A, K>;
    const queue = step.queue?.(input);
    const host = (input as { host?: string }).host;
    if (typeof step.undo === 'string') this.registerUndo(name, step.undo, input, queue, host);
    const end = this.begin({
      step: name,
      status: 'running',
      ...(queue === undefined || host === undefined ? {} : { host }),
    });
    try {
      const run = activity(
        name,
        { ...step.options, summary: queue === undefined ? step.title : `${step.title} (${queue})` },
        queue,
      );
      const result = (await run(input)) as Output<A[K]>;
      end('done', step.tells?.(result, input));
      return result;
    } catch (error) {
      const failure = readFailure(name, queue !== undefined, error);
      end('failed', failure.reason);
      throw isCancellation(error) ? error : new StepFailed(failure);
    }
  }

  /** Runs branches side by side. When one fails the others are cancelled, and all have ended before this throws. */
  async together<R extends readonly unknown[]>(...branches: { [I in keyof R]: () => Promise<R[I]> }): Promise<R> {
    const scope = new CancellationScope();
    const settled = await scope.run(() =>
      Promise.allSettled(
        branches.map(async (branch) => {
          try {
            return await branch();
          } catch (error) {
            scope.cancel();
            throw error;
          }
        }),
      ),
    );
    const failures = settled.filter((s) => s.status === 'rejected').map((s) => s.reason as unknown);
    // The failure that came first by itself, not the cancellations that it caused.
    if (failures.length > 0) throw failures.find((f) => !isCancellation(f)) ?? failures[0];
    return settled.map((s) => (s as PromiseFulfilledResult<unknown>).value) as unknown as R;
  }

  savepoint(): Savepoint {
    return this.undos.length;
  }

  /**
   * Undoes what was begun since the savepoint, newest first. It cannot be cancelled and does not give up: an undo
   * that does not succeed makes the workflow STUCK, for all to see, until it does.
   * @param onStuck called once, when the first undo is stuck
   */
  async unwind(to: Savepoint = 0, onStuck?: () => Promise<void>): Promise<void> {
    if (this.undos.length <= to) return;
    await CancellationScope.nonCancellable(async () => {
      upsertSearchAttributes([{ key: operationState, value: 'UNDOING' }]);
      while (this.undos.length > to) await this.undoLast(onStuck);
      upsertSearchAttributes([{ key: operationState, value: 'UNDONE' }]);
    });
  }

  /** Runs a step of an operation that only goes forward, until it is done: giving up would leave something behind. */
  must<K extends keyof T & keyof A & string>(name: K, input: Input<A[K]>): Promise<Output<A[K]>> {
    return this.untilDone(() => this.step(name, input));
  }

  /** Tries again also what says that it cannot. Meanwhile the workflow is STUCK, for all to see. */
  private async untilDone<R>(run: () => Promise<R>): Promise<R> {
    for (let stuck = false; ; stuck = true) {
      try {
        const result = await run();
        if (stuck) upsertSearchAttributes([{ key: operationState, value: null }]);
        return result;
      } catch (error) {
        if (isCancellation(error)) throw error;
        upsertSearchAttributes([{ key: operationState, value: 'STUCK' }]);
        await sleep(TRY_AGAIN);
      }
    }
  }

  private async undoLast(onStuck?: () => Promise<void>): Promise<void> {
    const undo = this.undos.pop()!;
    const end = this.begin({
      step: undo.step,
      status: 'undoing',
      ...(undo.host === undefined ? {} : { host: undo.host }),
    });
    const done = this.untilDone(() => undo.run());
    const watch = new CancellationScope({ cancellable: true, timeout: STUCK_AFTER });
    const inTime = await watch.run(() =>
      Promise.race([done.then(() => true), watch.cancelRequested.catch(() => false)]),
    );
    if (!inTime) {
      upsertSearchAttributes([{ key: operationState, value: 'STUCK' }]);
      await onStuck?.();
      await done;
      upsertSearchAttributes([{ key: operationState, value: 'UNDOING' }]);
    }
    end('undone');
  }

  private registerUndo(
    step: string,
    undo: string,
    input: unknown,
    queue: string | undefined,
    host: string | undefined,
  ): void {
    const summary = `Undo ${step}${queue === undefined ? '' : ` (${queue})`}`;
    const run = () => activity(undo, { ...untilDone, summary }, queue)(input);
    this.undos.push({ step, run, ...(queue === undefined || host === undefined ? {} : { host }) });
  }

  private begin(record: Omit<StepRecord, 'startedAt'>): (status: StepRecord['status'], detail?: string) => void {
    const at = this.told.push({ ...record, startedAt: new Date().toISOString() }) - 1;
    this.tell();
    return (status, detail) => {
      this.told[at] = {
        ...this.told[at]!,
        status,
        finishedAt: new Date().toISOString(),
        ...(detail === undefined ? {} : { detail }),
      };
      this.tell();
    };
  }

  private tell(): void {
    setCurrentDetails(
      this.told
        .map(
          (s) =>
            `- ${MARK[s.status]} **${s.step}**${s.host === undefined ? '' : ` on ${s.host}`}: ${s.status}${s.detail === undefined ? '' : `, ${s.detail}`}`,
        )
        .join('\n'),
    );
  }
}

const MARK: Record<StepRecord['status'], string> = { running: '▶', done: '✔', failed: '✘', undoing: '↩', undone: '↩' };

function activity(name: string, options: ActivityOptions, queue: string | undefined): AnyActivity {
  const proxies = proxyActivities<Record<string, AnyActivity>>(
    queue === undefined ? options : { ...options, taskQueue: queue },
  );
  const found = proxies[name];
  if (found === undefined) throw new Error(`There is no activity ${name}.`);
  return found;
}
