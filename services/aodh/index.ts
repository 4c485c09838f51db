import type { Config } from '#config';
import { databaseTime } from '../kernel/clock.js';
import type { RequestContext } from '../kernel/context.js';
import type { Gnocchi } from '../gnocchi/index.js';
import type { Database, Sql } from '../kernel/database.js';
import type { Logger } from '../kernel/log.js';
import type { Policies } from '../kernel/policy/index.js';
import type { ListQuery } from '../kernel/resource/query.js';
import { Records } from '../kernel/resource/records.js';
import type { AnySpec, Where } from '../kernel/resource/spec.js';
import type { Notifications } from '../notifications/index.js';
import type { State } from './actions.js';
import { recordState } from './changes.js';
import { FilterReader, orderOf, type ComplexQuery, type ReadTime } from './complex-query.js';
import { SET_BY_HAND } from './definition.js';
import { Evaluator } from './evaluator/index.js';
import { AlarmOutbox } from './outbox.js';
import { AlarmQuotas } from './quotas.js';
import { alarm } from './resources/alarm.js';
import { alarmChange } from './resources/alarm-change.js';
import { isLimited, notAuthorized } from './words.js';

export { STATES, type State } from './actions.js';
export { type ComplexQuery } from './complex-query.js';
export type { AlarmNotification, Fate, Outcome } from './outbox.js';
export { convert } from './rules.js';
export { invalidInput } from './words.js';
export { alarm, alarmChange };

/** A list without a limit is the whole list, as in Aodh; the quota bounds it. Prisma's counts have 32 bits. */
export const WHOLE = 2 ** 31 - 10;

/** What Aodh looks at, and where it says what it has found. */
interface Beside {
  readonly sql: Sql;
  readonly gnocchi: Gnocchi;
  readonly notifications: Notifications;
  readonly log: Logger;
}

/** Aodh: alarms, what happened to them, and how many there may be. */
export class Aodh {
  readonly alarms;
  readonly changes;
  readonly quotas: AlarmQuotas;
  readonly evaluator: Evaluator;
  readonly outbox: AlarmOutbox;
  private readonly parts;

  constructor(db: Database, policies: Policies, config: Config, beside: Beside) {
    const { sql, gnocchi, notifications, log } = beside;
    this.evaluator = new Evaluator(sql, gnocchi, notifications, config.aodh, log);
    this.outbox = new AlarmOutbox(sql);
    this.quotas = new AlarmQuotas(db, config.aodh);
    this.parts = { db, policies, config: config.aodh, quotas: this.quotas };
    this.alarms = new Records(alarm, this.parts, policies);
    this.changes = new Records(alarmChange, this.parts, policies);
  }

  /** Sets the state by hand; it is told to nobody, as in Aodh. @throws 404 */
  setState(ctx: RequestContext, id: string, state: State) {
    const rule = 'telemetry:change_alarm_state';
    return this.alarms.change(
      ctx,
      id,
      async (row, at) => {
        await recordState(at, row, state, SET_BY_HAND);
        return { state, state_reason: SET_BY_HAND, state_timestamp: await databaseTime(at.tx) };
      },
      rule,
    );
  }

  /** How often the evaluator has found each alarm in each state. @param project of all when left out */
  async counters(project?: string) {
    const select = {
      alarm_id: true,
      project_id: true,
      ok_count: true,
      alarm_count: true,
      insufficient_data_count: true,
    };
    const rows = await this.parts.db.alarm.findMany({
      where: project === undefined ? {} : { project_id: project },
      select,
      orderBy: { alarm_id: 'asc' },
    });
    return rows.map(({ alarm_id, project_id, ok_count: ok, alarm_count, insufficient_data_count }) => ({
      alarm_id,
      project_id,
      state_counters: { ok, alarm: alarm_count, 'insufficient data': insufficient_data_count },
    }));
  }

  /** What happened to one alarm, as far as it was on behalf of the asker's project. @throws 404 */
  async history(ctx: RequestContext, id: string, query: ListQuery) {
    await this.alarms.getFor(ctx, id, 'get', 'telemetry:alarm_history');
    return this.changes.page(ctx, query, { AND: [{ alarm_id: id }, this.own(ctx, 'on_behalf_of')] });
  }

  /** The alarms that a query finds. @throws 400 for one that is none, 401 for one that names another project */
  async queryAlarms(ctx: RequestContext, query: ComplexQuery, readTime: ReadTime) {
    const { within, list } = this.read(ctx, alarm, 'project_id', query, readTime);
    // Whose alarms it finds is said by `within`.
    const conditions = [{ field: 'projects', operator: 'in', values: ['any'] }] as const;
    return (await this.alarms.page(ctx, { ...list, conditions }, within)).rows;
  }

  /** The same of what happened to them. */
  async queryHistory(ctx: RequestContext, query: ComplexQuery, readTime: ReadTime) {
    const { within, list } = this.read(ctx, alarmChange, 'on_behalf_of', query, readTime);
    return (await this.changes.page(ctx, { ...list, conditions: [] }, within)).rows;
  }

  private read(ctx: RequestContext, spec: AnySpec, owner: string, query: ComplexQuery, readTime: ReadTime) {
    const limited = isLimited(this.parts, ctx);
    const reader = new FilterReader(spec, readTime, (field, value) => {
      if (limited && field === owner && value !== ctx.projectId) throw notAuthorized(String(value));
    });
    const found = typeof query.filter === 'string' ? reader.read(query.filter) : {};
    return {
      within: { AND: [this.own(ctx, owner), found] },
      list: { sort: orderOf(spec, query.orderby), limit: query.limit ?? WHOLE },
    };
  }

  /** What somebody sees who is no administrator. */
  private own(ctx: RequestContext, owner: string): Where {
    return isLimited(this.parts, ctx) ? { [owner]: ctx.projectId } : {};
  }
}
