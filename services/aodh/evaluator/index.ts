import type { Config } from '#config';
import type { Gnocchi } from '../../gnocchi/index.js';
import type { Sql } from '../../kernel/database.js';
import type { Logger } from '../../kernel/log.js';
import { rowType, rowsOf, text } from '../../kernel/rows.js';
import type { Notifications } from '../../notifications/index.js';
import type { ThresholdRule, ThresholdType } from '../rules.js';
import { isWithin } from '../time-constraints.js';
import { judgeComposite, leavesOf } from './composite.js';
import { eventOf, judgeEvent } from './events.js';
import { readMeasures, type Wanted } from './measures.js';
import { evaluateRule, judge, type Evaluation } from './threshold.js';
import { eventAlarms, takeDue, writeVerdicts, type EvaluatedAlarm, type Verdict } from './verdicts.js';

/** Alarms of one turn: their measures are in memory at once, and a conductor that ends costs them a turn. */
const BATCH = 200;
/** Events of one turn: each may be looked for by every event alarm of its project. */
const EVENTS = 200;
/**
 * Verdicts of one turn on events: some hundred milliseconds. The turn is one transaction, and one that took longer than it may would
 * be given up each time, with the event alarms of all projects.
 */
const EVENT_VERDICTS = 1_000;
/** Rows of one statement of a purge: short enough that nobody waits for it. */
const PURGE_BATCH = 5_000;
const READER = 'events';
const CURSOR = rowType({ cursor: text });

/** Aodh's evaluators: what alarms come to by what was measured, and by what has happened. */
export class Evaluator {
  constructor(
    private readonly sql: Sql,
    private readonly gnocchi: Gnocchi,
    private readonly notifications: Notifications,
    private readonly config: Config['aodh'],
    private readonly log: Logger,
  ) {}

  /**
   * Looks at alarms that are due. Any number of conductors may do so at once: each alarm is one's at a time.
   * @returns how many there were; as many as a turn takes when there may be more
   */
  async evaluate(): Promise<{ readonly looked: number; readonly more: boolean }> {
    const due = await takeDue(this.sql, this.config.evaluation_interval, BATCH);
    if (due.length === 0) return { looked: 0, more: false };
    const now = due.filter((alarm) => isWithin(alarm.time_constraints, alarm.now));
    const wanted = now.map(wantedOf);
    const measured = await readMeasures(this.gnocchi, wanted.flat(), this.config.additional_ingestion_lag);
    const evaluations = wanted.flat().map(({ rule }, i) => evaluateRule(rule, measured[i]!));
    const verdicts = now.map((alarm, i) => verdictOf(alarm, evaluations.splice(0, wanted[i]!.length)));
    await this.write(verdicts);
    return { looked: due.length, more: due.length === BATCH };
  }

  /**
   * Looks at what has happened since the last turn. One conductor does at a time; another one finds the cursor locked and does nothing.
   * @returns whether there may be more
   */
  async evaluateEvents(): Promise<boolean> {
    return this.sql.transaction(async (tx) => {
      const [at] = await rowsOf(tx, CURSOR)`
        SELECT cursor FROM aodh.readers WHERE name = ${READER} FOR UPDATE SKIP LOCKED`;
      if (at === undefined) {
        // The first turn of a cloud: what happened before there was an alarm is of no interest to any.
        const cursor = await this.notifications.now();
        await tx.$executeRaw`INSERT INTO aodh.readers (name, cursor) VALUES (${READER}, ${cursor}) ON CONFLICT DO NOTHING`;
        return false;
      }
      const { rows, cursor } = await this.notifications.after(at.cursor, EVENTS);
      if (cursor === at.cursor) return false;
      const projects = [...new Set(rows.flatMap(({ project_id }) => project_id ?? []))];
      const alarms = await eventAlarms(tx, projects);
      const states = new Map<string, Verdict['previous']>();
      let [place, written] = [at.cursor, 0];
      for (const told of rows) {
        if (written >= EVENT_VERDICTS) break;
        const event = eventOf(told);
        const found = alarms
          .filter(({ project_id }) => project_id === told.project_id)
          .flatMap((alarm) => judgeEvent(alarm, states.get(alarm.alarm_id) ?? alarm.state, event) ?? []);
        // An event's verdicts are of different alarms; those of the next one may be of the same.
        if (found.length > 0) await this.write(found, tx);
        for (const { alarm_id } of found) states.set(alarm_id, 'alarm');
        [place, written] = [told.cursor, written + found.length];
      }
      await tx.$executeRaw`UPDATE aodh.readers SET cursor = ${place} WHERE name = ${READER}`;
      return rows.length === EVENTS || place !== cursor;
    });
  }

  private async write(verdicts: readonly Verdict[], on: Parameters<typeof writeVerdicts>[0] = this.sql): Promise<void> {
    for (const moved of await writeVerdicts(on, verdicts)) this.log.info(moved, 'an alarm has changed its state');
  }

  /** Forgets what happened to alarms longer ago than it is kept. */
  async purge(): Promise<void> {
    const { alarm_history_time_to_live: seconds } = this.config;
    if (seconds <= 0) return;
    let gone: number;
    do
      gone = await this.sql.$executeRaw`
        DELETE FROM aodh.alarm_history WHERE event_id IN (
          SELECT event_id FROM aodh.alarm_history WHERE timestamp < now() - make_interval(secs => ${seconds})
          LIMIT ${PURGE_BATCH})`;
    while (gone === PURGE_BATCH);
  }
}

/** The rules of an alarm that compare measures, from the left to the right. */
function wantedOf(alarm: EvaluatedAlarm): Wanted[] {
  if (alarm.type !== 'composite')
    return [{ alarm, type: alarm.type as ThresholdType, rule: alarm.rule as ThresholdRule }];
  return leavesOf(alarm.rule).map((rule) => ({ alarm, type: rule['type'] as ThresholdType, rule }));
}

const verdictOf = (alarm: EvaluatedAlarm, evaluations: readonly Evaluation[]): Verdict =>
  alarm.type === 'composite' ? judgeComposite(alarm, evaluations) : judge(alarm, evaluations[0]!);
