import type { RequestContext } from '../kernel/context.js';
import { databaseTime } from '../kernel/clock.js';
import { badRequest } from '../kernel/errors.js';
import type { At, RowOf } from '../kernel/resource/spec.js';
import { ACTIONS_OF, STATES, normalActions, type State } from './actions.js';
import { ALARM_TYPES, describeRule, normalRule, type AlarmType, type Rule } from './rules.js';
import { normalConstraints, type TimeConstraint } from './time-constraints.js';
import { isLimited, type AodhParts } from './words.js';
import type { Static } from 'typebox';

export type AlarmRow = RowOf<'alarm', object>;

/** Why an alarm is in its state (alarms.py). */
export const NOT_EVALUATED = 'Not evaluated yet';
export const SET_BY_HAND = 'Manually set via API';

type Actions = { readonly [A in (typeof ACTIONS_OF)[State]]?: readonly string[] | undefined };
/** An alarm as a request gives it. What it leaves out has Aodh's default, in an update too. */
interface Given extends Actions {
  readonly name?: string | undefined;
  readonly type?: AlarmType | undefined;
  readonly description?: string | null | undefined;
  readonly enabled?: boolean | undefined;
  readonly severity?: string | undefined;
  readonly state?: State | undefined;
  readonly repeat_actions?: boolean | undefined;
  readonly time_constraints?: readonly object[] | undefined;
  readonly project_id?: string | undefined;
  readonly user_id?: string | undefined;
}
interface Owner {
  readonly user_id: string;
  readonly project_id: string;
}

/** The columns of an alarm that its user decides. @throws 400, 401 in Aodh's words */
export function definitionOf(given: Given, owner: Owner, ctx: RequestContext, parts: AodhParts) {
  const limited = isLimited(parts, ctx);
  const type = given.type!;
  const rule = normalRule(type, ruleOf(given, type));
  const [ok_actions, alarm_actions, insufficient_data_actions] = STATES.map((state) =>
    normalActions(ACTIONS_OF[state], given[ACTIONS_OF[state]] ?? [], parts.config.alarm_max_actions, limited),
  );
  return {
    name: given.name!,
    type,
    rule,
    description: given.description || describeRule(type, rule),
    enabled: given.enabled ?? true,
    severity: given.severity ?? 'low',
    state: given.state ?? 'insufficient data',
    ok_actions: ok_actions!,
    alarm_actions: alarm_actions!,
    insufficient_data_actions: insufficient_data_actions!,
    repeat_actions: given.repeat_actions ?? false,
    time_constraints: normalConstraints((given.time_constraints ?? []) as Static<typeof TimeConstraint>[]),
    ...owner,
    // Aodh lets an administrator's own alarms see everything, and scopes those that he makes for others (utils.py: get_auth_project).
    whole_cloud: !limited && owner.project_id === ctx.projectId,
  };
}

/** The rule of the alarm's kind, which has to be there, and no other one (alarms.py: check_rule). */
function ruleOf(given: object, type: AlarmType): Rule {
  const rules = given as Readonly<Record<string, Rule | undefined>>;
  const [set, other] = ALARM_TYPES.map((one) => `${one}_rule`).filter((name) => rules[name] !== undefined);
  const rule = rules[`${type}_rule`];
  if (rule === undefined) throw badRequest(`${type}_rule must be set for ${type} type alarm`);
  if (other !== undefined) throw badRequest(`${set!} and ${other} cannot be set at the same time`);
  return rule;
}

/** The columns of an alarm after an update, which gives the whole of it. Its row is locked. */
export async function updatedColumns({ ctx, tx, parts }: At<AodhParts>, row: AlarmRow, given: Given) {
  const limited = isLimited(parts, ctx);
  const owner = limited
    ? { user_id: ctx.userId, project_id: ctx.projectId }
    : { user_id: given.user_id ?? row.user_id, project_id: given.project_id ?? row.project_id };
  const definition = definitionOf(given, owner, ctx, parts);
  const now = await databaseTime(tx);
  const moved = definition.state !== row.state;
  return {
    ...definition,
    alarm_id: row.alarm_id,
    timestamp: now,
    state_timestamp: moved ? now : row.state_timestamp,
    state_reason: moved ? SET_BY_HAND : row.state_reason,
    evaluate_timestamp: row.evaluate_timestamp,
  };
}
