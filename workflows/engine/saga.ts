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
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Duration } from '@temporalio/common';
import type { StepRecord } from '#activities/contract';
import { StepFailed, neverBegan, readFailure, tooLate } from './failures.js';
import { operationState } from './saga-attributes.js';
import { localOnce, untilDone, untilDoneOnHost, type StepOptions } from './step-options.js';

/** Some activity, whatever it takes. */
type SomeActivity = (input: never) => Promise<unknown>;
/** An activity found by its name: the table has said that it takes what it is given. */
type NamedActivity = (input: unknown) => Promise<unknown>;
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
  readonly options: StepOptions;
  /**
   * Tried first as a local activity, within the workflow task: that costs Temporal a marker where an activity costs it
   * six requests. What does not succeed at once is run as an activity, with its retries and for all to see. For steps
   * of the conductor that take milliseconds and are none of the seed documents' six.
   */
  readonly localFirst?: true;
  /** What came of it, in a line. Results are never secret, but some are long. */
  readonly tells?: (result: Output<A[K]>, input: Input<A[K]>) => string;
}
export type StepTable<A> = { readonly [K in keyof A]?: Step<A, K> };

export const stepsOver =
  <A extends Record<keyof A, SomeActivity>>() =>
  <T extends StepTable<A>>(steps: T): T =>
    steps;

/** The operation that this workflow does: its id is the workflow's. */
export const operationId = (): string => workflowInfo().workflowId;

/** Asks a running operation for its steps so far. */
export const storyQuery = defineQuery<readonly StepRecord[]>('story');

/** How long an undo, or an operation that only goes forward, may take before it is called stuck: several tries of it. */
const STUCK_AFTER = '30s';

interface Undo {
  readonly step: string;
  readonly host?: string;
  run(): Promise<unknown>;
}
/** A point in a saga to unwind to. */
export type Savepoint = number;

/** Called when an undo is stuck. */
type OnStuck = () => Promise<void>;

export interface SagaOptions {
  /** Seconds from now after which a step fails that is not done, and no other one begins. */
  readonly deadlineSeconds?: number;
  /** Seconds that a step waits for its host to take it up, where its row sets such a limit. */
  readonly hostPatienceSeconds?: number;
}

export class Saga<A extends Record<keyof A, SomeActivity>, T extends StepTable<A>> {
  private readonly undos: Undo[] = [];
  private readonly told: StepRecord[] = [];
  /** What is stuck now, how far the undoing is, and what of it the search attribute says. */
  private stuck = 0;
  private progress: 'UNDOING' | 'UNDONE' | null = null;
  private shown: string | null = null;
  private readonly deadline: number;

  constructor(
    private readonly steps: T,
    private readonly options: SagaOptions = {},
  ) {
    this.deadline = options.deadlineSeconds === undefined ? Infinity : Date.now() + options.deadlineSeconds * 1000;
    setHandler(storyQuery, () => this.told);
  }

  /** The steps so far, undos included, in the order in which they began. */
  get story(): readonly StepRecord[] {
    return this.told;
  }

  /** Whether a step was ever begun. */
  began(name: keyof T): boolean {
    return this.told.some((s) => s.step === name);
  }

  /** Runs a step, its undo registered first. @throws StepFailed, or the cancellation as it came */
  step<K extends keyof T & keyof A & string>(name: K, input: Input<A[K]>): Promise<Output<A[K]>> {
    return this.run(name, this.steps[name] as unknown as Step<A, K>, input);
  }

  private async run<K extends keyof A & string>(name: K, step: Step<A, K>, input: Input<A[K]>): Promise<Output<A[K]>> {
    const queue = step.queue?.(input);
    const host = (input as { host?: string }).host;
    if (Date.now() >= this.deadline) throw new StepFailed(tooLate(name, 'it had not begun'));
    const undo = typeof step.undo === 'string' ? this.registerUndo(name, step, input, queue) : undefined;
    const end = this.begin({
      step: name,
      status: 'running',
      ...(queue === undefined || host === undefined ? {} : { host }),
    });
    try {
      const summary = queue === undefined ? step.title : `${step.title} (${queue})`;
      const asActivity = (): Promise<unknown> => activity(name, { ...this.optionsOf(step), summary }, queue)(input);
      const result = (await (step.localFirst ? locally(name, input, asActivity) : asActivity())) as Output<A[K]>;
      end('done', step.tells?.(result, input));
      return result;
    } catch (error) {
      if (undo && neverBegan(error)) this.undos.splice(this.undos.indexOf(undo), 1);
      const failure = readFailure(name, queue !== undefined, error);
      end('failed', failure.reason);
      throw isCancellation(error) ? error : new StepFailed(failure);
    }
  }

  /** Runs branches side by side. When one fails the others are cancelled, and all have ended before this throws. */
  async together<R extends readonly unknown[]>(...branches: { [I in keyof R]: () => Promise<R[I]> }): Promise<R> {
    const scope = new CancellationScope();
    // The failure that came first by itself: the others, cancelled by it, may end in failures of their own.
    const failures: unknown[] = [];
    const settled = await scope.run(() =>
      Promise.allSettled(
        branches.map(async (branch) => {
          try {
            return await branch();
          } catch (error) {
            failures.push(error);
            scope.cancel();
            throw error;
          }
        }),
      ),
    );
    if (failures.length > 0) throw failures[0];
    return settled.map((s) => (s as PromiseFulfilledResult<unknown>).value) as unknown as R;
  }

  savepoint(): Savepoint {
    return this.undos.length;
  }

  /**
   * Undoes what was begun since the savepoint, newest first. It cannot be cancelled and does not give up: an undo
   * that does not succeed makes the workflow STUCK, for all to see, until it does.
   */
  async unwind(to: Savepoint = 0, onStuck?: OnStuck): Promise<void> {
    if (this.undos.length <= to) return;
    await CancellationScope.nonCancellable(async () => {
      this.show('UNDOING');
      while (this.undos.length > to) await this.undoLast(onStuck);
      this.show('UNDONE');
    });
  }

  /**
   * Does what the operation's end needs, whatever came before. It cannot be cancelled, and is STUCK when it takes too
   * long. What it runs has to be of the kind that is never given up (`untilDone`).
   */
  insist<R>(work: () => Promise<R>): Promise<R> {
    return CancellationScope.nonCancellable(() => this.watched(work()));
  }

  /** Runs a step of an operation that only goes forward: it is never given up, since that would leave something behind. */
  must<K extends keyof T & keyof A & string>(name: K, input: Input<A[K]>): Promise<Output<A[K]>> {
    const step = this.steps[name] as unknown as Step<A, K>;
    return this.run(name, { ...step, options: { ...step.options, neverGivesUp: true } }, input);
  }

  /** STUCK from when the work has taken too long until it is done. */
  private async watched<R>(work: Promise<R>, onStuck?: OnStuck): Promise<R> {
    if (await inTime(work, STUCK_AFTER)) return work;
    this.countStuck(1);
    await onStuck?.();
    const result = await work;
    this.countStuck(-1);
    return result;
  }

  private async undoLast(onStuck?: OnStuck): Promise<void> {
    const undo = this.undos.pop()!;
    const end = this.begin({
      step: undo.step,
      status: 'undoing',
      ...(undo.host === undefined ? {} : { host: undo.host }),
    });
    await this.watched(undo.run(), onStuck);
    end('undone');
  }

  private registerUndo<K extends keyof A>(name: string, step: Step<A, K>, input: unknown, queue?: string): Undo {
    const summary = `Undo ${name}${queue === undefined ? '' : ` (${queue})`}`;
    const host = queue === undefined ? undefined : (input as { host?: string }).host;
    const options = queue === undefined ? untilDone : untilDoneOnHost;
    const undo: Undo = {
      step: name,
      run: () => activity(step.undo as string, { ...options, summary }, queue)(input),
      ...(host === undefined ? {} : { host }),
    };
    this.undos.push(undo);
    return undo;
  }

  /** The deadline is each step's own timeout, and not a timer of the workflow: that would be two events more. */
  private optionsOf({ options }: { options: StepOptions }): StepOptions {
    const { hostPatienceSeconds } = this.options;
    return {
      ...options,
      ...(options.scheduleToStartTimeout === undefined || hostPatienceSeconds === undefined
        ? {}
        : { scheduleToStartTimeout: hostPatienceSeconds * 1000 }),
      ...(this.deadline === Infinity ? {} : { scheduleToCloseTimeout: this.deadline - Date.now() }),
    };
  }

  private countStuck(change: 1 | -1): void {
    this.stuck += change;
    this.show(this.progress);
  }

  /** Says in the search attribute how the operation stands; only what changed is written. */
  private show(progress: 'UNDOING' | 'UNDONE' | null): void {
    this.progress = progress;
    const value = this.stuck > 0 ? 'STUCK' : progress;
    if (value === this.shown) return;
    this.shown = value;
    upsertSearchAttributes([{ key: operationState, value }]);
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

/** Whether the work is done in time. It goes on all the same. */
function inTime(work: Promise<unknown>, limit: Duration): Promise<boolean> {
  const watch = new CancellationScope({ cancellable: true, timeout: limit });
  return watch.run(() =>
    Promise.race([
      work.then(
        () => true,
        () => true,
      ),
      watch.cancelRequested.catch(() => false),
    ]),
  );
}

/** Tries an activity once within the workflow task, and as an activity of its own when that does not succeed. */
async function locally(name: string, input: unknown, otherwise: () => Promise<unknown>): Promise<unknown> {
  try {
    return await named(proxyLocalActivities<Record<string, NamedActivity>>(localOnce), name)(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return otherwise();
  }
}

function activity(name: string, options: StepOptions, queue: string | undefined): NamedActivity {
  const at = queue === undefined ? options : { ...options, taskQueue: queue };
  return named(proxyActivities<Record<string, NamedActivity>>(at), name);
}

function named(proxies: Record<string, NamedActivity>, name: string): NamedActivity {
  const found = proxies[name];
  if (found === undefined) throw new Error(`There is no activity ${name}.`);
  return found;
}
