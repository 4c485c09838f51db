import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { ServiceApi } from '../setup/service-api.js';
import { ServiceUser } from '../setup/service-user.js';

interface Alarm {
  readonly alarm_id: string;
  readonly name: string;
  readonly state: string;
  readonly severity: string;
  readonly state_reason: string;
  readonly description: string;
  readonly project_id: string;
  readonly event_rule?: object;
}
interface Change {
  readonly type: string;
  readonly detail: string;
  readonly on_behalf_of: string;
}
interface Refusal {
  readonly error_message: { readonly faultcode: string; readonly faultstring: string };
}

const THRESHOLD = {
  metric: 'cpu',
  resource_id: 'r',
  resource_type: 'instance',
  threshold: 80,
  aggregation_method: 'mean',
};
/** A composite rule that is `depth` rules deep. */
const nested = (depth: number): object =>
  depth === 0
    ? { type: 'gnocchi_resources_threshold', ...THRESHOLD }
    : { and: [nested(depth - 1), { type: 'gnocchi_resources_threshold', ...THRESHOLD }] };

describe('Aodh’s alarms', () => {
  let api: ServiceApi;
  let user: ServiceUser;
  let other: ServiceUser;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'), { NOVAFLOW_ALARM_QUOTA: '40' });
    [user, other] = await Promise.all([ServiceUser.make(api), ServiceUser.make(api)]);
  });
  afterAll(() => api.stop());

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  const ask = <T = Refusal>(method: string, path: string, body?: unknown, by: Api = user.api) =>
    by.request<T>(method, `/alarming/v2${path}`, body);
  const event = (more: object = {}): object => ({
    name: `a-${randomUUID().slice(0, 8)}`,
    type: 'event',
    event_rule: { event_type: 'compute.*' },
    ...more,
  });
  const make = async (more: object = {}, by: Api = user.api): Promise<Alarm> => {
    const { status, body } = await ask<Alarm>('POST', '/alarms', event(more), by);
    expect([status, body]).toEqual([201, expect.any(Object)]);
    return body;
  };
  const refusal = async (body: object, by: Api = user.api): Promise<[number, string]> => {
    const answer = await ask('POST', '/alarms', body, by);
    return [answer.status, answer.body.error_message.faultstring];
  };
  const names = async (query: string, by: Api = user.api): Promise<string[]> =>
    (await ask<Alarm[]>('GET', `/alarms?${query}`, undefined, by)).body.map((one) => one.name);

  it('answers an alarm with the rule of its own kind, and with Aodh’s defaults for all that was left out', async () => {
    const alarm = await make();
    expect(alarm).toMatchObject({
      enabled: true,
      state: 'insufficient data',
      state_reason: 'Not evaluated yet',
      severity: 'low',
      description: 'Alarm when compute.* event occurred.',
      repeat_actions: false,
      ok_actions: [],
      time_constraints: [],
      event_rule: { event_type: 'compute.*', query: [] },
      project_id: user.project,
      user_id: user.id,
      evaluate_timestamp: null,
    });
    expect(Object.keys(alarm).filter((name) => name.endsWith('_rule'))).toEqual(['event_rule']);
    expect((await ask<Alarm>('GET', `/alarms/${alarm.alarm_id}`)).body).toEqual(alarm);
  });

  it('takes the numbers of a threshold rule as the client sends them, as texts, and answers numbers', async () => {
    const { body } = await ask<{ gnocchi_resources_threshold_rule: object; time_constraints: object[] }>(
      'POST',
      '/alarms',
      {
        name: 'cpu',
        type: 'gnocchi_resources_threshold',
        gnocchi_resources_threshold_rule: { ...THRESHOLD, granularity: '300', evaluation_periods: 2 },
        time_constraints: [{ name: 'night', start: '0 23 * * *', duration: '10800', timezone: 'Europe/Ljubljana' }],
      },
    );
    expect(body.gnocchi_resources_threshold_rule).toEqual({
      ...THRESHOLD,
      granularity: 300,
      evaluation_periods: 2,
      comparison_operator: 'eq',
    });
    expect(body.time_constraints).toEqual([
      {
        name: 'night',
        description: 'Time constraint at 0 23 * * * lasting for 10800 seconds',
        start: '0 23 * * *',
        duration: 10_800,
        timezone: 'Europe/Ljubljana',
      },
    ]);
  });

  it('refuses rules, constraints and actions that cannot be carried out, in words that say why', async () => {
    const threshold = (more: object): object => ({
      name: 'a',
      type: 'gnocchi_resources_threshold',
      gnocchi_resources_threshold_rule: { ...THRESHOLD, ...more },
    });
    const composite = (rule: object): object => ({ name: 'a', type: 'composite', composite_rule: rule });
    const constraint = (more: object): object =>
      event({ time_constraints: [{ name: 'a', start: '* * * * *', duration: 1, ...more }] });
    const cases: [object, RegExp][] = [
      [{ name: 'a', type: 'event' }, /event_rule must be set for event type alarm/],
      [event({ composite_rule: {} }), /event_rule and composite_rule cannot be set at the same time/],
      [{ type: 'event', event_rule: {} }, /attribute name. Value: 'None'. Mandatory field missing/],
      [event({ prometheus_rule: {} }), /Unknown attribute for argument data: prometheus_rule/],
      [event({ type: 'prometheus' }), /'prometheus' is not one of/],
      [threshold({ evaluation_periods: '101' }), /Value should be lower or equal to 100/],
      [threshold({ aggregation_method: 'mood' }), /aggregation_method should be in/],
      [composite({ xor: [] }), /combined with "and" or "or"/],
      [composite({ and: [{ ...THRESHOLD }] }), /type must be set in every rule/],
      [composite({ and: [{ ...THRESHOLD, type: 'event' }] }), /Unsupported sub-rule type :"event"/],
      [composite(nested(12)), /nested 8 times at most/],
      [composite({ or: Array.from({ length: 40 }, () => nested(0)) }), /32 rules at most/],
      [constraint({ start: 'soon' }), /five fields of cron/],
      [constraint({ start: '0 0 30 2 *' }), /no time in the format of cron/],
      [constraint({ timezone: 'Mars/Olympus' }), /Timezone Mars\/Olympus is not valid/],
      [event({ alarm_actions: ['ftp://a'] }), /Unsupported action ftp:\/\/a/],
      [event({ alarm_actions: ['trust+http://a'] }), /this cloud makes no trusts for alarms/],
      [event({ alarm_actions: Array.from({ length: 17 }, (_, i) => `http://a/${i}`) }), /exceeds maximum value 16/],
    ];
    for (const [body, words] of cases) {
      const [status, said] = await refusal(body);
      expect([status, said]).toEqual([400, expect.stringMatching(words)]);
    }
  });

  it('lets nobody but an administrator write to the cloud’s log or make an alarm for another project', async () => {
    expect(await refusal(event({ alarm_actions: ['log://'] }))).toEqual([
      401,
      'You are not authorized to create action: log://',
    ]);
    expect(await refusal(event({ project_id: other.project }))).toEqual([
      401,
      `Not Authorized to access project ${other.project}`,
    ]);
    const alarm = await make({ alarm_actions: ['log://'], project_id: other.project }, api.admin);
    expect((await ask<Alarm>('GET', `/alarms/${alarm.alarm_id}`, undefined, other.api)).body.name).toBe(alarm.name);
  });

  it('replaces the whole alarm by a PUT, and tells in its history what is another than before', async () => {
    const alarm = await make({ severity: 'critical', ok_actions: ['http://a/'] });
    const { body } = await ask<Alarm>('PUT', `/alarms/${alarm.alarm_id}`, { ...alarm, state: 'ok', severity: 'low' });
    expect(body).toMatchObject({ state: 'ok', state_reason: 'Manually set via API', ok_actions: ['http://a/'] });
    const history = (await ask<Change[]>('GET', `/alarms/${alarm.alarm_id}/history`)).body;
    expect(history.map((one) => one.type)).toEqual(['rule change', 'creation']);
    expect(JSON.parse(history[0]!.detail)).toEqual({
      state: 'ok',
      state_reason: 'Manually set via API',
      severity: 'low',
    });
    expect(JSON.parse(history[1]!.detail)).toMatchObject({ alarm_id: alarm.alarm_id, severity: 'critical' });
  });

  it('sets a state by hand, answers it as JSON, and writes the transition', async () => {
    const { alarm_id } = await make();
    expect((await ask('PUT', `/alarms/${alarm_id}/state`, 'alarm')).body).toBe('alarm');
    expect((await ask('GET', `/alarms/${alarm_id}/state`)).body).toBe('alarm');
    const refused = await ask('PUT', `/alarms/${alarm_id}/state`, 'on fire');
    expect([refused.status, refused.body.error_message.faultstring]).toEqual([400, 'state invalid']);
    const query = 'q.field=type&q.op=eq&q.value=state%20transition';
    const { body } = await ask<Change[]>('GET', `/alarms/${alarm_id}/history?${query}`);
    expect(body.map((one) => JSON.parse(one.detail) as object)).toEqual([
      { state: 'alarm', state_reason: 'Manually set via API' },
    ]);
  });

  it('shows neither an alarm nor its history to another project, and says the same as of one that is not there', async () => {
    const { alarm_id } = await make();
    for (const [method, path, body] of [
      ['GET', ''],
      ['PUT', '', event()],
      ['DELETE', ''],
      ['GET', '/history'],
      ['GET', '/state'],
      ['PUT', '/state', 'ok'],
    ] as const) {
      const hidden = await ask(method, `/alarms/${alarm_id}${path}`, body, other.api);
      expect([hidden.status, hidden.body.error_message.faultstring]).toEqual([404, `Alarm ${alarm_id} not found`]);
    }
    const found = await ask('POST', '/query/alarms', { filter: `{"=": {"alarm_id": "${alarm_id}"}}` }, other.api);
    expect(found.body).toEqual([]);
    const changes = await ask(
      'POST',
      '/query/alarms/history',
      { filter: `{"=": {"alarm_id": "${alarm_id}"}}` },
      other.api,
    );
    expect(changes.body).toEqual([]);
    for (const path of [`/alarms?q.field=project_id&q.op=eq&q.value=${user.project}`, '/quotas?project_id=x'])
      expect([401, 403]).toContain((await ask('GET', path, undefined, other.api)).status);
    const named = await ask('POST', '/query/alarms', { filter: `{"=": {"project": "${user.project}"}}` }, other.api);
    expect([named.status, named.body.error_message.faultstring]).toEqual([
      401,
      `Not Authorized to access project ${user.project}`,
    ]);
  });

  it('lists an administrator’s own project, and those of all projects only when he asks for all', async () => {
    const { name } = await make();
    expect(await names('', api.admin)).not.toContain(name);
    expect(await names('q.field=all_projects&q.op=eq&q.value=true', api.admin)).toContain(name);
    expect(await names(`q.field=project_id&q.op=eq&q.value=${user.project}`, api.admin)).toContain(name);
    const { status } = await ask('GET', '/alarms?q.field=all_projects&q.op=eq&q.value=true');
    expect(status).toBe(403);
  });

  it('filters, sorts and pages lists as the client asks, and refuses what it cannot compare', async () => {
    const own = await ServiceUser.make(api);
    const [a, b, c] = [
      await make({ name: 'a', severity: 'critical' }, own.api),
      await make({ name: 'b', enabled: false }, own.api),
      await make({ name: 'c' }, own.api),
    ];
    const list = (query: string): Promise<string[]> => names(query, own.api);
    expect(await list('')).toEqual(['c', 'b', 'a']);
    expect(await list('sort=name:asc&limit=2')).toEqual(['a', 'b']);
    expect(await list(`sort=name:asc&limit=2&marker=${b.alarm_id}`)).toEqual(['c']);
    expect(await list('q.field=severity&q.op=eq&q.value=critical')).toEqual(['a']);
    expect(await list('q.field=enabled&q.op=eq&q.value=False&q.type=boolean')).toEqual(['b']);
    expect(await list('q.field=name&q.op=eq&q.value=c&q.field=type&q.op=eq&q.value=event')).toEqual(['c']);
    const find = async (query: object): Promise<string[]> =>
      (await ask<Alarm[]>('POST', '/query/alarms', query, own.api)).body.map((one) => one.name);
    const filter = JSON.stringify({
      and: [{ not: { '=': { name: 'a' } } }, { or: [{ in: { name: ['a', 'b'] } }, { '=': { enabled: true } }] }],
    });
    expect(await find({ filter, orderby: '[{"name": "ASC"}]' })).toEqual(['b', 'c']);
    expect(await find({ filter: null, limit: 1 })).toEqual(['c']);
    expect([a, c].map((one) => one.project_id)).toEqual([own.project, own.project]);
    for (const [path, words] of [
      ['limit=-1', /positive integer/],
      ['limit=x', /positive integer/],
      ['sort=rule', /supported sort keys/],
      ['q.field=rule&q.value=a', /only fields/],
      ['q.field=name&q.op=gt&q.value=a', /only operations eq/],
      ['q.field=name', /Each condition should have one/],
      ['marker=nothing', /Marker nothing not found/],
      ['tenant=a', /Unknown argument: "tenant"/],
    ] as const) {
      const { status, body } = await ask('GET', `/alarms?${path}`);
      expect([status, body.error_message.faultcode]).toEqual([400, 'Client']);
      expect(body.error_message.faultstring).toMatch(words);
    }
  });

  it('bounds complex queries, and refuses those that are none', async () => {
    let deep: object = { '=': { name: 'a' } };
    for (let i = 0; i < 12; i++) deep = { not: deep };
    const many = { or: Array.from({ length: 101 }, () => ({ '=': { name: 'a' } })) };
    for (const [filter, words] of [
      [deep, /deeper than 10 levels/],
      [many, /more than 100 conditions/],
      [{ '=~': { name: '(a+)+$' } }, /regular expressions/],
      [{ '=': { rule: 'a' } }, /does not match any of the fields/],
      [{ '=': { constructor: 'a' } }, /does not match any of the fields/],
      [{ '=': { name: 1 } }, /is not of type 'string'/],
      [{ '=': { name: '\0' } }, /it is no JSON/],
      [{ '>': { timestamp: 'now' } }, /invalid timestamp format/],
      ['{', /it is no JSON/],
    ] as const) {
      const text = typeof filter === 'string' ? filter : JSON.stringify(filter);
      const { status, body } = await ask('POST', '/query/alarms', { filter: text });
      expect([status, body.error_message.faultstring]).toEqual([400, expect.stringMatching(words)]);
    }
  });

  it('sorts alarms and what happened to them by severity from low to critical, page by page and after a change, too', async () => {
    const own = await ServiceUser.make(api);
    for (const severity of ['moderate', 'critical', 'low', 'moderate']) await make({ severity }, own.api);
    const list = async (query: string): Promise<Alarm[]> =>
      (await ask<Alarm[]>('GET', `/alarms?${query}`, undefined, own.api)).body;
    const sorted = async (query: string): Promise<string[]> => (await list(query)).map(({ severity }) => severity);
    expect(await sorted('sort=severity')).toEqual(['low', 'moderate', 'moderate', 'critical']);
    expect(await sorted('sort=severity:desc&limit=2')).toEqual(['critical', 'moderate']);
    const [first, second] = await list('sort=severity:desc');
    expect(await sorted(`sort=severity:desc&marker=${second!.alarm_id}`)).toEqual(['moderate', 'low']);
    await ask('PUT', `/alarms/${first!.alarm_id}`, event({ severity: 'low' }), own.api);
    expect(await sorted('sort=severity')).toEqual(['low', 'low', 'moderate', 'moderate']);
    const queried = await ask<Alarm[]>('POST', '/query/alarms', { orderby: '[{"severity": "desc"}]' }, own.api);
    expect(queried.body.map(({ severity }) => severity)).toEqual(['moderate', 'moderate', 'low', 'low']);
    const history = await ask('GET', `/alarms/${first!.alarm_id}/history?sort=severity`, undefined, own.api);
    expect(history.status).toBe(200);
  });

  it('counts alarms against the quota inside the transaction that makes them, also of many at once', async () => {
    const own = await ServiceUser.make(api);
    const set = await ask(
      'POST',
      '/quotas',
      { project_id: own.project, quotas: [{ resource: 'alarms', limit: 3 }] },
      api.admin,
    );
    expect(set.body).toEqual({ project_id: own.project, quotas: [{ resource: 'alarms', limit: 3 }] });
    expect((await ask('GET', '/quotas', undefined, own.api)).body).toEqual(set.body);
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('POST', '/alarms', event(), own.api)));
    expect(answers.map((one) => one.status).toSorted((a, b) => a - b)).toEqual([
      201, 201, 201, 403, 403, 403, 403, 403,
    ]);
    expect(answers.find((one) => one.status === 403)!.body.error_message.faultstring).toBe(
      `Alarm quota exceeded for user ${own.id} on project ${own.project}`,
    );
    expect((await ask('DELETE', `/quotas/${own.project}`, undefined, own.api)).status).toBe(403);
    expect((await ask('DELETE', `/quotas/${own.project}`, undefined, api.admin)).status).toBe(204);
    expect((await ask('GET', `/quotas/${own.project}`, undefined, own.api)).body).toMatchObject({
      quotas: [{ limit: 40 }],
    });
  });

  it('takes an alarm’s history with it when it is deleted, as Aodh does', async () => {
    const { alarm_id } = await make();
    expect((await ask('DELETE', `/alarms/${alarm_id}`)).status).toBe(204);
    expect((await ask('GET', `/alarms/${alarm_id}`)).status).toBe(404);
    const left = await api.database.query('SELECT 1 FROM aodh.alarm_history WHERE alarm_id = $1', [alarm_id]);
    expect(left.rows).toEqual([]);
  });

  it('lets a reader look and change nothing', async () => {
    const reader = await ServiceUser.make(api, ['reader'], user.project);
    const { alarm_id } = await make();
    expect((await ask('GET', `/alarms/${alarm_id}`, undefined, reader.api)).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/alarms', event()],
      ['PUT', `/alarms/${alarm_id}`, event()],
      ['PUT', `/alarms/${alarm_id}/state`, 'ok'],
      ['DELETE', `/alarms/${alarm_id}`],
    ] as const) {
      const { status, body: said } = await ask(method, path, body, reader.api);
      expect([status, said.error_message.faultstring]).toEqual([403, 'RBAC Authorization Failed']);
    }
  });
});
