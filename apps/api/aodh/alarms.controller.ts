import { Controller, Get, Header, Inject, Param, Put, Req } from '@nestjs/common';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import { STATES, alarm, alarmChange, type State } from '#services/aodh/index';
import { badRequest } from '#services/kernel/errors';
import { Described, ValidBody } from '../http/described.js';
import { JSON_TEXT } from '../http/json-text.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validateAodh } from '../http/validation.js';
import { Answers } from '../kit/answers.js';
import { queryOf } from '../kit/page.js';
import { aodhDialect } from './dialect.js';
import { PARAMETERS, readChanges } from './query.js';
import { AlarmViews } from './views.js';

const StateSchema = Type.Enum([...STATES]);

/** Checks a state that is the whole body. @throws 400 in Aodh's words */
function checkState(schema: typeof StateSchema, body: unknown): unknown {
  if (typeof body !== 'string' || !(STATES as readonly string[]).includes(body)) throw badRequest('state invalid');
  return validateAodh(schema, body);
}

/** What there is of one alarm beside itself (aodh/api/controllers/v2/alarms.py: AlarmController). */
@Controller('alarming/v2/alarms/:id')
export class AlarmsController {
  private readonly views: AlarmViews;

  constructor(@Inject(SERVICES) private readonly services: Services) {
    this.views = new AlarmViews(services);
  }

  @Get('state')
  @Header(...JSON_TEXT)
  @KitPolicy(alarm, 'get', 'telemetry:get_alarm_state')
  @Described({ summary: 'Show alarm state', answer: StateSchema })
  async state(@Req() { context }: ApiRequest, @Param('id') id: string): Promise<string> {
    const { state } = await this.services.aodh.alarms.getFor(context!, id, 'get', 'telemetry:get_alarm_state');
    // A text is sent as it is; the client reads JSON.
    return JSON.stringify(state);
  }

  @Put('state')
  @Header(...JSON_TEXT)
  @KitPolicy(alarm, 'update', 'telemetry:change_alarm_state')
  @Described({ summary: 'Set alarm state', answer: StateSchema })
  async setState(
    @Req() { context }: ApiRequest,
    @Param('id') id: string,
    @ValidBody(StateSchema, { check: checkState as never }) state: State,
  ): Promise<string> {
    return JSON.stringify((await this.services.aodh.setState(context!, id, state)).state);
  }

  @Get('history')
  @KitPolicy(alarm, 'get', 'telemetry:alarm_history')
  @Described({
    summary: 'List what happened to an alarm',
    query: PARAMETERS,
    answer: new Answers(aodhDialect, alarmChange).many(false),
  })
  async history(@Req() request: ApiRequest, @Param('id') id: string): Promise<object> {
    const query = readChanges(alarmChange, queryOf(request));
    const { rows } = await this.services.aodh.history(request.context!, id, query);
    return this.views.changes(request, rows);
  }
}
