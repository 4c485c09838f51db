import { Type } from 'typebox';
import type { Statements } from '../../kernel/database.js';
import { bool, json, rowType, rowsOf, text, time, word, type Row } from '../../kernel/rows.js';
import type { State } from '../actions.js';
import type { AlarmType, Rule } from '../rules.js';
import type { KeptConstraint } from '../time-constraints.js';

const ALARM = rowType({
  alarm_id: text,
  type: word<AlarmType>(),
  user_id: text,
  project_id: text,
  state: word<State>(),
  repeat_actions: bool,
  whole_cloud: bool,
  rule: json<Rule>(),
  time_constraints: Type.Array(Type.Unsafe<KeptConstraint>({})),
  /** When its definition was last changed, exactly as the database has it. */
  defined: text,
  /** By the database's clock. */
  now: time,
});
/** An alarm as the evaluator looks at it. */
export type EvaluatedAlarm = Row<typeof ALARM>;

/** What an evaluation has found. */
export interface Verdict {
  readonly alarm_id: string;
  readonly defined: string;
  /** The state in which it was looked at. */
  readonly previous: State;
  /** The state that is counted; null where the measures say neither. */
  readonly counted: State | null;
  /** The state that it has from now on, which may be the same; null where there is nothing to tell. */
  readonly next: State | null;
  readonly reason: string;
  readonly reason_data: object;
  /** It is written into the history even where the state is the same: of events that may come again. */
  readonly always?: boolean;
}

/**
 * Takes alarms that are due, so that no other conductor looks at them before they are due again: a conductor that ends
 * meanwhile costs them one turn.
 * @param interval seconds from one look to the next
 */
export const takeDue = (sql: Statements, interval: number, most: number): Promise<EvaluatedAlarm[]> =>
  rowsOf(sql, ALARM)`
    WITH due AS (
      SELECT alarm_id FROM aodh.alarms
      WHERE enabled AND type <> 'event'
        AND (evaluate_timestamp IS NULL OR evaluate_timestamp <= now() - make_interval(secs => ${interval}))
      ORDER BY evaluate_timestamp NULLS FIRST LIMIT ${most} FOR UPDATE SKIP LOCKED)
    UPDATE aodh.alarms a SET evaluate_timestamp = now() FROM due WHERE a.alarm_id = due.alarm_id
    RETURNING a.alarm_id, a.type, a.user_id, a.project_id, a.state, a.repeat_actions, a.whole_cloud, a.rule, a.time_constraints,
      a.timestamp::text AS defined, now() AS now`;

/** The event alarms of projects. */
export const eventAlarms = (sql: Statements, projects: readonly string[]): Promise<EvaluatedAlarm[]> =>
  rowsOf(sql, ALARM)`
    SELECT alarm_id, type, user_id, project_id, state, repeat_actions, whole_cloud, rule, time_constraints,
      timestamp::text AS defined, now() AS now
    FROM aodh.alarms WHERE enabled AND type = 'event' AND project_id = ANY(${projects}::text[])`;

const MOVED = rowType({ alarm_id: text, state: text, previous: text, reason: text, untold: bool });

/**
 * What waits to be told for a project, beyond which nothing more is written: alarms whose addresses do not answer tell more in a
 * minute than is given up in one, and would fill the database.
 */
const MOST_WAITING = 10_000;

/**
 * Writes what evaluations have found, in one statement: the states, their history, and what has to be told of them. An alarm
 * that was changed since it was looked at keeps what it has.
 * @param verdicts one of each alarm
 * @returns those whose state has changed, and whether that is told to nobody since too much waits
 */
export const writeVerdicts = (sql: Statements, verdicts: readonly Verdict[]): Promise<Row<typeof MOVED>[]> =>
  rowsOf(sql, MOVED)`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(verdicts)}::jsonb) AS v(
        alarm_id text, defined text, previous text, counted text, next text, reason text, reason_data jsonb, always boolean)),
    written AS (
      UPDATE aodh.alarms a SET
        state = COALESCE(v.next, a.state),
        state_reason = CASE WHEN v.next <> v.previous THEN v.reason ELSE a.state_reason END,
        state_timestamp = CASE WHEN v.next <> v.previous THEN now() ELSE a.state_timestamp END,
        -- Aodh's counters begin again here, too (impl_sqlalchemy.py: COUNTER_RESET_AT_VALUE).
        ok_count = (a.ok_count + (v.counted IS NOT DISTINCT FROM 'ok')::int) % 2000000000,
        alarm_count = (a.alarm_count + (v.counted IS NOT DISTINCT FROM 'alarm')::int) % 2000000000,
        insufficient_data_count =
          (a.insufficient_data_count + (v.counted IS NOT DISTINCT FROM 'insufficient data')::int) % 2000000000
      FROM given v
      WHERE a.alarm_id = v.alarm_id AND a.enabled AND a.state = v.previous AND a.timestamp::text = v.defined
      RETURNING a.alarm_id, a.name, a.severity, a.project_id, a.state, a.repeat_actions, a.ok_actions, a.alarm_actions,
        a.insufficient_data_actions, v.previous, v.next, v.reason, v.reason_data, v.always),
    history AS (
      INSERT INTO aodh.alarm_history
        (event_id, alarm_id, type, severity, detail, user_id, project_id, on_behalf_of, timestamp)
      SELECT gen_random_uuid()::text, alarm_id, 'state transition', severity,
        jsonb_build_object('state', next, 'transition_reason', reason)::text, '', '', project_id, now()
      FROM written WHERE next <> previous OR (next IS NOT NULL AND always)),
    crowded AS (
      SELECT project_id FROM (SELECT DISTINCT project_id FROM written) AS p WHERE ${MOST_WAITING}::int <= (
        SELECT count(*) FROM (
          SELECT FROM aodh.notifications n WHERE n.project_id = p.project_id LIMIT ${MOST_WAITING}::int) AS waiting)),
    told AS (
      INSERT INTO aodh.notifications (notification_id, alarm_id, project_id, action, body)
      SELECT gen_random_uuid()::text, alarm_id, project_id, action, jsonb_build_object(
        'alarm_id', alarm_id, 'alarm_name', name, 'severity', severity, 'previous', previous, 'current', next,
        'reason', reason, 'reason_data', reason_data)
      FROM written, unnest(CASE next WHEN 'ok' THEN ok_actions WHEN 'alarm' THEN alarm_actions
        ELSE insufficient_data_actions END) AS action
      WHERE (next <> previous OR (next IS NOT NULL AND repeat_actions))
        AND project_id NOT IN (SELECT project_id FROM crowded))
    SELECT alarm_id, state, previous, reason, project_id IN (SELECT project_id FROM crowded) AS untold FROM written WHERE next <> previous`;
