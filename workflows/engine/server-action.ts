/**
 * A server action, described once: when it may begin, what its steps are, and how it ends
 * (docs/contributors/add-a-step.md). The compare-and-set that begins it, Nova's refusals, the workflow, the instance
 * action with its events, and its rows in the docs and in the failure matrix are all derived from that.
 *
 * The compiler checks that a step's input consists of the plan and of results of EARLIER steps. Where the plan is not
 * enough as an input, the step must say how its input is made.
 */
import { ApplicationFailure, CancelledFailure, isCancellation, proxyActivities } from '@temporalio/workflow';
import type {
  ConductorActivities,
  HoldingRules,
  ServerActionRules,
  ServerAtHand,
  StepRecord,
} from '#activities/contract';
import { StepFailed } from './failures.js';
import { Flow, nothing, type ActivityName, type InputOf, type ResultOf, type Rows, type StepRow } from './flow.js';
import { Saga, operationId } from './saga.js';
import { untilDone } from './step-options.js';

const { closeAction } = proxyActivities<ConductorActivities>({ ...untilDone, summary: 'Close the action' });
const { failAction } = proxyActivities<ConductorActivities>({ ...untilDone, summary: 'Record the failure' });

/** What the last step of an action records of it. */
interface Ending {
  readonly serverId: string;
  readonly generation: number;
  readonly operationId: string;
  readonly story: readonly StepRecord[];
}

/** A server on its host, as steps there take it. */
export interface AtServer {
  readonly serverId: string;
  readonly host: string;
  readonly machine: string;
  readonly generation: number;
}
export const at = ({ id, host, machine, generation }: ServerAtHand): AtServer => ({
  serverId: id,
  host,
  machine,
  generation,
});

/** When a step runs, and what its input is. The input may be left out where the plan itself is the input. */
type Making<K extends ActivityName, Plan, Results> = {
  /** The step is skipped when this is false. */
  readonly when?: (plan: Plan, results: Results) => boolean;
} & (Plan extends InputOf<K>
  ? { readonly input?: (plan: Plan, results: Results) => InputOf<K> }
  : { readonly input: (plan: Plan, results: Results) => InputOf<K> });

/** The conductor's activities that can be the last step of an action with this plan. */
type EndOf<Plan> = {
  [K in keyof ConductorActivities]: Plan & Ending extends InputOf<K> ? K : never;
}[keyof ConductorActivities];

/** A step as it is run, whatever its types. */
interface AnyMaking {
  readonly name: ActivityName;
  readonly when?: ((plan: never, results: never) => boolean) | undefined;
  readonly input?: ((plan: never, results: never) => unknown) | undefined;
}

/** The last step that an action has unless it says otherwise. */
const finishAction: StepRow<'finishAction'> = {
  title: 'Say what the server is now',
  on: 'conductor',
  undo: nothing('it is the last step'),
  localFirst: true,
};

/** What of an action's rules its workflow needs. */
type Described = Pick<ServerActionRules, 'kind' | 'to' | 'failed' | 'action'>;

/** Whether it is said how an action ends: one that only changes the server's state ends like all of them. */
type End = 'said' | 'missing';

export class ServerAction<R extends Described, Plan extends AtServer, Results, T extends Rows, E extends End = 'said'> {
  /** For the compiler alone: an action that holds something and does not say how it lets go is no workflow. */
  declare readonly ending: E;

  private constructor(
    readonly rules: R,
    private readonly steps: Flow<T, R['kind']>,
    readonly makings: readonly AnyMaking[],
    private readonly last?: { readonly name: ActivityName; readonly title: string },
  ) {}

  static of<R extends Described, Plan extends AtServer, E extends End>(rules: R) {
    return new ServerAction<R, Plan, object, object, E>(rules, Flow.of(rules.kind), []);
  }

  step<K extends ActivityName>(name: K, { when, input, ...row }: StepRow<K> & Making<K, Plan, Results>) {
    return new ServerAction<
      R,
      Plan,
      Results & { readonly [N in K]: ResultOf<N> },
      T & { readonly [N in K]: StepRow<N> },
      E
    >(this.rules, this.steps.step<K>(name, row as unknown as StepRow<K>), [...this.makings, { name, when, input }]);
  }

  /**
   * Replaces the last step, for an action that changes more than the server's state. Its input is the plan and the
   * action's end.
   */
  end(name: EndOf<Plan>, title: string) {
    return new ServerAction<R, Plan, Results, T>(this.rules, this.steps, this.makings, { name, title });
  }

  /** Its steps, with the last one that all actions have. */
  get flow(): Flow<Rows, R['kind']> {
    const { name = 'finishAction', title = finishAction.title } = this.last ?? {};
    return this.steps.step(name, { ...finishAction, title } as unknown as StepRow<ActivityName>);
  }

  get lastStep(): ActivityName {
    return this.last?.name ?? 'finishAction';
  }
}
/** What names the kind of an operation, for the compiler too. */
interface Named<Kind> {
  readonly kind: Kind;
}
/** Describes an action; its steps follow. */
export function serverAction<Body, Plan extends AtServer, const Kind extends string>(
  rules: HoldingRules<Body, Plan> & Named<Kind>,
): ServerAction<HoldingRules<Body, Plan> & Named<Kind>, Plan, object, object, 'missing'>;
export function serverAction<Body, Plan extends AtServer, const Kind extends string>(
  rules: ServerActionRules<Body, Plan> & Named<Kind>,
): ServerAction<ServerActionRules<Body, Plan> & Named<Kind>, Plan, object, object>;
export function serverAction<Body, Plan extends AtServer, const Kind extends string>(
  rules: ServerActionRules<Body, Plan> & Named<Kind>,
) {
  return ServerAction.of<ServerActionRules<Body, Plan> & Named<Kind>, Plan, End>(rules);
}

/** The workflow of an action: its steps one after the other, all undone when one fails. */
export function workflowOf<R extends Described, Plan extends AtServer, Results, T extends Rows>(
  action: ServerAction<R, Plan, Results, T>,
): (plan: Plan) => Promise<void> {
  return (plan) => run(action.rules, action.flow, action.makings, action.lastStep, plan);
}

async function run(
  { to, failed, action }: Described,
  flow: Flow<Rows>,
  makings: readonly AnyMaking[],
  lastStep: ActivityName,
  plan: AtServer,
): Promise<void> {
  const { serverId, generation } = plan;
  const saga = new Saga(flow);
  const ending = (): Ending => ({ serverId, generation, operationId: operationId(), story: saga.story });
  try {
    const results: Record<string, unknown> = {};
    for (const { name, when, input } of makings) {
      if (when?.(plan as never, results as never) === false) continue;
      const given: unknown = input?.(plan as never, results as never) ?? plan;
      results[name] = await saga.step(name, given as InputOf<ActivityName>);
    }
    await saga.step(lastStep, { ...plan, ...ending(), ...to });
  } catch (error) {
    const cancelled = isCancellation(error);
    if (!cancelled && !(error instanceof StepFailed)) throw error;
    if (await isDone(saga, lastStep, serverId)) return;
    await saga.unwind();
    const why = error instanceof StepFailed ? error : undefined;
    const message = why?.message ?? `'${action}' was cancelled.`;
    const fault = { code: 500, message, details: why?.failure.type ?? 'Cancelled' };
    const vm_state = failed === 'unchanged' || cancelled ? null : failed;
    const state = cancelled ? ('undone' as const) : ('failed' as const);
    if ((await saga.insist(() => failAction({ ...ending(), vm_state, fault, state }))) === 'done') return;
    if (cancelled) throw new CancelledFailure(message);
    throw ApplicationFailure.nonRetryable(message, 'ActionFailed', { fault });
  }
}

/** The last step may have committed although its answer was lost. Then the action is done, whatever failed after it. */
const isDone = async (saga: Saga<Rows>, lastStep: ActivityName, serverId: string): Promise<boolean> =>
  saga.began(lastStep) && (await saga.insist(() => closeAction({ serverId, operationId: operationId() }))) === 'done';
