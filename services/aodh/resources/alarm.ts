import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import { bool, json, oneOf, shownAs, text, time } from '../../kernel/resource/fields.js';
import { STATES } from '../actions.js';
import { recordCreation, recordUpdate } from '../changes.js';
import { NOT_EVALUATED, definitionOf, updatedColumns } from '../definition.js';
import { ALARM_TYPES, RULE_SCHEMAS, type AlarmType, type Rule } from '../rules.js';
import { TimeConstraint } from '../time-constraints.js';
import { isLimited, notAuthorized, resource } from '../words.js';
import { bySeverity } from './severity.js';

const both = { write: ['post', 'put'] } as const;
/** What a client sends back as it got it, and nobody can set. */
const echoed = both;
const id = { max: 255, ...both } as const;

/** The rule of one kind of alarm: a request gives that of its own kind, and an answer has no other. */
const ruleOf = (type: AlarmType) =>
  shownAs(
    json<Rule | undefined, { readonly write: readonly ['post', 'put']; readonly column: '' }>(RULE_SCHEMAS[type], {
      ...both,
      column: '',
    }),
    RULE_SCHEMAS[type],
    (row: { readonly type: string; readonly rule: unknown }) => (row.type === type ? (row.rule as Rule) : undefined),
  );

/** A webhook's address: browsers and proxies take as much. As many in a request as anybody may be allowed. */
const actions = () =>
  json<readonly string[], typeof both>(Type.Array(Type.String({ maxLength: 2048 }), { maxItems: 256 }), both);

/** An alarm (aodh/api/controllers/v2/alarms.py). PUT gives the whole of it. */
export const alarm = resource({
  names: ['alarm', 'alarms'],
  record: 'alarm',
  table: 'aodh.alarms',
  key: 'alarm_id',
  owner: 'project_id',
  order: [{ timestamp: 'desc' }],
  fields: {
    alarm_id: text({ max: 255, ...echoed, sort: true }),
    name: text({ min: 1, max: 255, ...both, required: 'always', filter: true, sort: true }),
    description: text({ max: 2048, nullable: true, ...both }),
    enabled: bool({ ...both, filter: true, sort: true }),
    type: oneOf(ALARM_TYPES, { ...both, required: 'always', filter: true, sort: true }),
    severity: oneOf(['low', 'moderate', 'critical'], { ...both, filter: true, ...bySeverity }),
    project_id: text({ ...id, filter: true, sort: true }),
    user_id: text({ ...id, filter: true, sort: true }),
    timestamp: time({ ...echoed, filter: true, sort: true }),
    state: oneOf(STATES, { ...both, filter: true, sort: true }),
    state_reason: text({ max: 65_535, nullable: true, ...echoed }),
    state_timestamp: time({ ...echoed, sort: true }),
    ok_actions: actions(),
    alarm_actions: actions(),
    insufficient_data_actions: actions(),
    repeat_actions: bool({ ...both, filter: true, sort: true }),
    time_constraints: json<readonly object[], typeof both>(Type.Array(TimeConstraint, { maxItems: 4 }), both),
    evaluate_timestamp: time(echoed),
    gnocchi_resources_threshold_rule: ruleOf('gnocchi_resources_threshold'),
    gnocchi_aggregation_by_metrics_threshold_rule: ruleOf('gnocchi_aggregation_by_metrics_threshold'),
    gnocchi_aggregation_by_resources_threshold_rule: ruleOf('gnocchi_aggregation_by_resources_threshold'),
    event_rule: ruleOf('event'),
    composite_rule: ruleOf('composite'),
  },
  visible: ({ projectId }) => ({ project_id: projectId }),
  filters: {
    /** Whose alarms: the asker's project's, those of all projects, or those that another condition names. */
    projects([whose], { ctx, parts }) {
      if (whose === 'own') return { project_id: ctx.projectId };
      if (whose === 'all')
        parts.policies.enforce('aodh', 'telemetry:get_alarms:all_projects', ctx.credentials, {
          project_id: ctx.projectId,
        });
      return {};
    },
    project_id([project = ''], { ctx, admin }) {
      if (!admin && project !== ctx.projectId) throw notAuthorized(project);
      return { project_id: project };
    },
  },
  unasked: { projects: ['own'] },
  quota: 'alarms',
  // Whose it is to be is refused in Aodh's words, before the rule is asked of it.
  newTarget({ ctx, parts }, input) {
    const limited = isLimited(parts, ctx);
    for (const [aspect, given, own] of [
      ['user', input.user_id, ctx.userId],
      ['project', input.project_id, ctx.projectId],
    ] as const)
      if (limited && given !== undefined && given !== own) throw notAuthorized(given, aspect);
    return {};
  },
  plan({ ctx, parts }, input) {
    const owner = { user_id: input.user_id ?? ctx.userId, project_id: input.project_id ?? ctx.projectId };
    return {
      ...definitionOf(input, owner, ctx, parts),
      // One that the request gives is what a client got for another alarm.
      alarm_id: randomUUID(),
      state_reason: NOT_EVALUATED,
      // The database's clock says when.
      timestamp: undefined,
      state_timestamp: undefined,
      evaluate_timestamp: undefined,
    };
  },
  afterCreate: (at, row) => recordCreation(at, row),
  async beforeUpdate(at, row, change) {
    const columns = await updatedColumns(at, row, change);
    await recordUpdate(at, row, columns);
    return columns;
  },
});
