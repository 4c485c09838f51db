/**
 * A saga walks a flow (flow.ts). A step's undo is registered BEFORE the step runs: a step may take effect and then fail, so
 * whatever its undo needs must be known without the step's result. Undos are a tree: branches that ran side by side are
 * undone side by side, each newest first.
 */
import {
  CancellationScope,
  defineQuery,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { AttemptRecord, StepRecord } from '#activities/contract';
import { activity, locally, opened } from './calls.js';
import { StepFailed, neverBegan, readFailure, tooLate } from './failures.js';
import type { ActivityName, AnyRow, Flow, InputOf, ResultOf, Rows, StepRow } from './flow.js';
import { queueOf } from './queues.js';
import { operationState } from './saga-attributes.js';
import { control, onHost, untilDone, untilDoneOnHost, type StepOptions } from './step-options.js';

/** The operation that this workflow does: its id is the workflow's. */
export const operationId = (): string => workflowInfo().workflowId;

/** Asks a running operation for its steps so far. */
export const storyQuery = defineQuery<readonly StepRecord[]>('story');

/** How long an undo, or the end of an operation, may take before it is reported as STUCK: time for several attempts. */
const STUCK_AFTER = '30s';

interface Undo {
  readonly step: string;
  readonly at: Pick<StepRecord, 'host' | 'branch'>;
  readonly run: () => Promise<unknown>;
}
/** What is to be undone, the newest last: a step, or branches that ran side by side. */
type Undos = (Undo | { readonly branches: readonly Undos[] })[];
/** A point in a saga to unwind to. */
export type Savepoint = number;

/** Called when an undo is stuck. */
type OnStuck = () => Promise<void>;

export interface SagaOptions {
  /** Seconds from now. A step that is not done by then fails, and no step begins after it. */
  readonly deadlineSeconds?: number;
  /** Seconds that a step waits for its host to take it up, where its row sets such a limit. */
  readonly hostPatienceSeconds?: number;
}

/** A part of a saga whose steps run one after the other, beside other branches. */
export interface NamedBranch<T extends Rows, R> {
  readonly name: string;
  readonly run: (branch: Branch<T>) => Promise<R>;
}
/** What a branch would result in that has no step to run. */
export interface Known<R> {
  readonly known: R;
}

/** Runs steps one after the other: those of the saga itself, or those of one of its parallel branches. */
export class Branch<T extends Rows> {
  constructor(
    protected readonly walk: Walk,
    protected readonly undos: Undos = [],
    private readonly name?: string,
  ) {}

  /** Runs a step, its undo registered first. @throws StepFailed, or the cancellation as it came */
  step<K extends keyof T & ActivityName>(name: K, input: InputOf<K>): Promise<ResultOf<K>> {
    return this.walk.run(name, input, this.undos, this.name) as Promise<ResultOf<K>>;
  }

  /** Names a branch, for `together`: `volume/<id>`. */
  branch<R>(name: string, run: (branch: Branch<T>) => Promise<R>): NamedBranch<T, R> {
    return { name, run };
  }

  /**
   * Runs branches side by side. When one fails the others are cancelled, and all have ended before this throws. Nothing is
   * run for what is known: the SDK keeps a stack for each promise, and a boot waits for every one of them.
   */
  async together<R extends readonly unknown[]>(
    ...branches: { [I in keyof R]: NamedBranch<T, R[I]> | Known<R[I]> }
  ): Promise<R> {
    const scope = new CancellationScope();
    const undos = branches.map((): Undos => []);
    this.undos.push({ branches: undos });
    const results = branches.map((branch): unknown => ('known' in branch ? branch.known : undefined));
    // Only the first failure counts: it cancels the other branches, which may then fail because of that.
    const failures: unknown[] = [];
    const run = async (branch: NamedBranch<T, unknown>, i: number): Promise<void> => {
      try {
        results[i] = await branch.run(new Branch(this.walk, undos[i], branch.name));
      } catch (error) {
        failures.push(error);
        scope.cancel();
      }
    };
    await scope.run(() => Promise.all(branches.flatMap((branch, i) => ('known' in branch ? [] : [run(branch, i)]))));
    if (failures.length > 0) throw failures[0];
    return results as unknown as R;
  }

  /** The same for each of some things: a branch each. */
  each<I, R>(
    items: readonly I[],
    name: (item: I) => string,
    run: (branch: Branch<T>, item: I) => Promise<R>,
  ): Promise<R[]> {
    return this.together<R[]>(...items.map((item) => this.branch(name(item), (branch) => run(branch, item))));
  }
}

export class Saga<T extends Rows> extends Branch<T> {
  constructor({ rows, forward }: Flow<T>, options: SagaOptions = {}) {
    super(new Walk(rows, forward, options));
  }

  /** The steps so far, undos included, in the order in which they began. */
  get story(): readonly StepRecord[] {
    return this.walk.told;
  }

  /** Whether a step was ever begun. */
  began(name: keyof T): boolean {
    return this.walk.told.some((s) => s.step === name);
  }

  savepoint(): Savepoint {
    return this.undos.length;
  }

  /**
   * Undoes what was begun since the savepoint, newest first. It cannot be cancelled and does not give up: an undo
   * that does not succeed makes the workflow STUCK, for all to see, until it does.
   */
  async unwind(to: Savepoint = 0, onStuck?: OnStuck): Promise<void> {
    if (this.undos.length > to) await CancellationScope.nonCancellable(() => this.walk.unwind(this.undos, to, onStuck));
  }

  /**
   * Runs the work that ends an operation, even after a failure or a cancellation. It cannot be cancelled, and the
   * workflow is STUCK while it takes too long. The activities in it must be of the kind that never gives up
   * (`untilDone`).
   */
  insist<R>(work: () => Promise<R>): Promise<R> {
    return CancellationScope.nonCancellable(() => this.walk.watched('the end of the operation', work()));
  }
}

/** Records how a step ended. */
type End = (status: StepRecord['status'], detail?: string, attempts?: readonly AttemptRecord[]) => void;

/** What all branches of a saga share: its rows, its story, and its state. */
class Walk {
  readonly told: StepRecord[] = [];
  /**
   * How many undos or ends are stuck, how far the undoing is, and the state that the search attribute has at present.
   */
  private stuck = 0;
  private progress: 'UNDOING' | 'UNDONE' | null = null;
  private shown: string | null = null;
  private readonly deadline: number;

  constructor(
    private readonly rows: Rows,
    private readonly forward: boolean,
    private readonly options: SagaOptions,
  ) {
    this.deadline = options.deadlineSeconds === undefined ? Infinity : Date.now() + options.deadlineSeconds * 1000;
    setHandler(storyQuery, () => this.told);
  }

  async run(name: ActivityName, input: unknown, undos: Undos, branch: string | undefined): Promise<unknown> {
    const row = this.rows[name] as unknown as StepRow<ActivityName> & AnyRow;
    const queue = queueOf(row.on, input as object);
    const { host } = input as { host?: string };
    const at = {
      ...(queue === undefined || host === undefined ? {} : { host }),
      ...(branch === undefined ? {} : { branch }),
    };
    if (Date.now() >= this.deadline) throw new StepFailed(tooLate(name, 'it had not begun'));
    const undo = typeof row.undo === 'string' ? undoOf(name, row.undo, input, queue, at) : undefined;
    if (undo) undos.push(undo);
    const end = this.begin({ step: name, status: 'running', ...at });
    try {
      const summary = queue === undefined ? row.title : `${row.title} (${queue})`;
      const asActivity = (): Promise<unknown> => activity(name, { ...this.optionsOf(row), summary }, queue)(input);
      const { result, attempts } = opened(await (row.localFirst ? locally(name, input, asActivity) : asActivity()));
      end('done', row.tells?.(result as ResultOf<ActivityName>, input as InputOf<ActivityName>), attempts);
      return result;
    } catch (error) {
      if (undo && neverBegan(error)) undos.splice(undos.indexOf(undo), 1);
      const failure = readFailure(name, queue !== undefined, error);
      end('failed', failure.reason, failure.attempts);
      throw isCancellation(error) ? error : new StepFailed(failure);
    }
  }

  async unwind(undos: Undos, to: Savepoint, onStuck?: OnStuck): Promise<void> {
    this.show('UNDOING');
    await this.undoTo(undos, to, onStuck);
    this.show('UNDONE');
  }

  private async undoTo(undos: Undos, to: Savepoint, onStuck?: OnStuck): Promise<void> {
    while (undos.length > to) {
      const newest = undos.pop()!;
      if ('branches' in newest) await Promise.all(newest.branches.map((branch) => this.undoTo(branch, 0, onStuck)));
      else await this.undo(newest, onStuck);
    }
  }

  private async undo({ step, at, run }: Undo, onStuck?: OnStuck): Promise<void> {
    const end = this.begin({ step, status: 'undoing', ...at });
    const { attempts } = opened(await this.watched(`the undo of ${step}`, run(), onStuck));
    end('undone', undefined, attempts);
  }

  /** Waits for the work. The workflow is STUCK from the moment it has taken too long until it is done. */
  async watched<R>(what: string, work: Promise<R>, onStuck?: OnStuck): Promise<R> {
    if (await inTime(what, work)) return work;
    this.countStuck(1);
    await onStuck?.();
    const result = await work;
    this.countStuck(-1);
    return result;
  }

  /** The deadline is set as a timeout of each step. A timer of the workflow would add two events to its history. */
  private optionsOf({ options, on }: Pick<StepRow<ActivityName>, 'options'> & AnyRow): StepOptions {
    const { hostPatienceSeconds } = this.options;
    const given = options ?? (on === 'conductor' ? control : this.forward ? untilDoneOnHost : onHost);
    return {
      ...given,
      // Without undos, a step that was given up would leave something behind for ever.
      ...(this.forward ? { neverGivesUp: true } : {}),
      ...(given.scheduleToStartTimeout === undefined || hostPatienceSeconds === undefined
        ? {}
        : { scheduleToStartTimeout: hostPatienceSeconds * 1000 }),
      ...(this.deadline === Infinity ? {} : { scheduleToCloseTimeout: this.deadline - Date.now() }),
    };
  }

  private countStuck(change: 1 | -1): void {
    this.stuck += change;
    this.show(this.progress);
  }

  /** Writes the operation's state to the search attribute, if it has changed. */
  private show(progress: 'UNDOING' | 'UNDONE' | null): void {
    this.progress = progress;
    const value = this.stuck > 0 ? 'STUCK' : progress;
    if (value === this.shown) return;
    this.shown = value;
    upsertSearchAttributes([{ key: operationState, value }]);
  }

  private begin(record: Omit<StepRecord, 'startedAt'>): End {
    const at = this.told.push({ ...record, startedAt: new Date().toISOString() }) - 1;
    this.tell();
    return (status, detail, attempts) => {
      this.told[at] = {
        ...this.told[at]!,
        status,
        finishedAt: new Date().toISOString(),
        ...(detail === undefined ? {} : { detail }),
        ...(attempts === undefined ? {} : { attempts }),
      };
      this.tell();
    };
  }

  private tell(): void {
    setCurrentDetails(this.told.map(lineOf).join('\n'));
  }
}

const MARK: Record<StepRecord['status'], string> = { running: '▶', done: '✔', failed: '✘', undoing: '↩', undone: '↩' };

function lineOf({ step, status, host, branch, detail }: StepRecord): string {
  const place = [branch === undefined ? [] : ` of ${branch}`, host === undefined ? [] : ` on ${host}`].flat().join('');
  return `- ${MARK[status]} **${step}**${place}: ${status}${detail === undefined ? '' : `, ${detail}`}`;
}

function undoOf(step: string, undo: string, input: unknown, queue: string | undefined, at: Undo['at']): Undo {
  const summary = `Undo ${step}${queue === undefined ? '' : ` (${queue})`}`;
  const options = queue === undefined ? untilDone : untilDoneOnHost;
  return { step, at, run: () => activity(undo, { ...options, summary }, queue)(input) };
}

/** Whether the work ends before it counts as stuck. It goes on in either case. */
function inTime(what: string, work: Promise<unknown>): Promise<boolean> {
  const watch = new CancellationScope();
  return watch.run(async () => {
    const ended = work.then(
      () => true,
      () => true,
    );
    const late = sleep(STUCK_AFTER, { summary: `STUCK if ${what} takes longer` }).then(
      () => false,
      () => true,
    );
    const done = await Promise.race([ended, late]);
    if (done) watch.cancel();
    return done;
  });
}
