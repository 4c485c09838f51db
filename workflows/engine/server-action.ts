/**
 * A server action, described once: what may, what happens, how it ends (docs/contributors/add-a-step.md). From it come the
 * compare-and-set that begins it, Nova's refusals, the workflow, the instance action with its events, and the rows of the docs
 * and of the failure matrix.
 *
 * The compiler holds that a step's input is made of the plan and of the results of EARLIER steps; one whose input the plan
 * does not satisfy must say how it is made.
 */
import { ApplicationFailure, CancelledFailure, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { ConductorActivities, ServerActionRules, ServerAtHand } from '#activities/contract';
import { StepFailed } from './failures.js';
import { Flow, nothing, type ActivityName, type InputOf, type ResultOf, type Rows, type StepRow } from './flow.js';
import { Saga, operationId } from './saga.js';
import { untilDone } from './step-options.js';

const { failAction } = proxyActivities<ConductorActivities>({ ...untilDone, summary: 'Record the failure' });

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

/** When a step has something to do, and its input; that may be left out where the plan is what the step takes. */
type Making<K extends ActivityName, Plan, Results> = {
  /** Left out where it has nothing to do. */
  readonly when?: (plan: Plan, results: Results) => boolean;
} & (Plan extends InputOf<K>
  ? { readonly input?: (plan: Plan, results: Results) => InputOf<K> }
  : { readonly input: (plan: Plan, results: Results) => InputOf<K> });

/** A step as it is run, whatever its types. */
interface AnyMaking {
  readonly name: ActivityName;
  readonly when?: ((plan: never, results: never) => boolean) | undefined;
  readonly input?: ((plan: never, results: never) => unknown) | undefined;
}

export class ServerAction<Body, Plan extends AtServer, Results, T extends Rows> {
  private constructor(
    readonly rules: ServerActionRules<Body, Plan>,
    private readonly steps: Flow<T>,
    readonly makings: readonly AnyMaking[],
  ) {}

  static of<Body, Plan extends AtServer>(rules: ServerActionRules<Body, Plan>) {
    return new ServerAction<Body, Plan, object, object>(rules, Flow.of(rules.kind), []);
  }

  step<K extends ActivityName>(name: K, { when, input, ...row }: StepRow<K> & Making<K, Plan, Results>) {
    return new ServerAction<
      Body,
      Plan,
      Results & { readonly [N in K]: ResultOf<N> },
      T & { readonly [N in K]: StepRow<N> }
    >(this.rules, this.steps.step<K>(name, row as unknown as StepRow<K>), [...this.makings, { name, when, input }]);
  }

  /** Its steps, with the last one that all actions have. */
  get flow() {
    return this.steps.step('finishAction', {
      title: 'Say what the server is now',
      on: 'conductor',
      undo: nothing('it is the last step'),
      localFirst: true,
    });
  }
}
/** Describes an action; its steps follow. */
export const serverAction = <Body, Plan extends AtServer>(rules: ServerActionRules<Body, Plan>) =>
  ServerAction.of(rules);

/** The workflow of an action: its steps one after the other, all undone when one fails. */
export function workflowOf<Body, Plan extends AtServer, Results, T extends Rows>(
  action: ServerAction<Body, Plan, Results, T>,
): (plan: Plan) => Promise<void> {
  return (plan) => run(action.rules, action.flow, action.makings, plan);
}

async function run(
  { to, failed, action }: Pick<ServerActionRules, 'to' | 'failed' | 'action'>,
  flow: Flow<Rows>,
  makings: readonly AnyMaking[],
  plan: AtServer,
): Promise<void> {
  const { serverId, generation } = plan;
  const saga = new Saga(flow);
  const ending = () => ({ serverId, generation, operationId: operationId(), story: saga.story });
  try {
    const results: Record<string, unknown> = {};
    for (const { name, when, input } of makings) {
      if (when?.(plan as never, results as never) === false) continue;
      const given: unknown = input?.(plan as never, results as never) ?? plan;
      results[name] = await saga.step(name, given as InputOf<ActivityName>);
    }
    await saga.step('finishAction', { ...ending(), ...to });
  } catch (error) {
    const cancelled = isCancellation(error);
    if (!cancelled && !(error instanceof StepFailed)) throw error;
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
