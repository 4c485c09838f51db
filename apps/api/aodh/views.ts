import type { Services } from '#services/index';
import { alarm, alarmChange } from '#services/aodh/index';
import type { ApiRequest } from '../http/request.js';
import type { Row, View } from '../kit/dialect.js';
import { Views } from '../kit/view.js';
import { aodhDialect } from './dialect.js';

/** Lists as Aodh answers them: of nothing but their items. */
export class AlarmViews {
  private readonly ofAlarms: Views;
  private readonly ofChanges: Views;

  constructor({ policies }: Services) {
    this.ofAlarms = new Views(aodhDialect, alarm, policies);
    this.ofChanges = new Views(aodhDialect, alarmChange, policies);
  }

  alarms(request: ApiRequest, rows: readonly Row[]): View[] {
    return this.list(this.ofAlarms, request, rows);
  }

  changes(request: ApiRequest, rows: readonly Row[]): View[] {
    return this.list(this.ofChanges, request, rows);
  }

  private list(views: Views, { context, microversion: minor }: ApiRequest, rows: readonly Row[]): View[] {
    return rows.map((row) => views.of(row, { ctx: context!, minor, base: '', action: 'list' }));
  }
}
