import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject as provided, it, vi } from 'vitest';
import { until } from '#cli/bench/measure';
import { Notifier } from '#apps/worker/alarms';
import { loadConfig } from '#config';
import { makeLogger } from '#services/kernel/log';
import { ServiceApi } from '../setup/service-api.js';
import { ServiceUser } from '../setup/service-user.js';

interface Alarm {
  readonly alarm_id: string;
  readonly state: string;
  readonly state_reason: string;
}
interface Told {
  readonly action: string;
  readonly attempts: number;
  readonly body: { readonly previous: string; readonly current: string; readonly reason_data: object };
}

describe('Aodh’s evaluator', () => {
  let api: ServiceApi;
  let user: ServiceUser;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    user = await ServiceUser.make(api);
  });
  afterAll(() => api.stop());

  const make = async (more: object, by = user): Promise<string> => {
    const body = {
      name: 'a',
      alarm_actions: ['https://a.example/alarm'],
      ok_actions: ['https://a.example/ok'],
      ...more,
    };
    return (await by.api.call<Alarm>('POST', '/alarming/v2/alarms', body)).alarm_id;
  };
  const show = (id: string): Promise<Alarm> => user.api.call<Alarm>('GET', `/alarming/v2/alarms/${id}`);
  const threshold = (resource_id: string, more: object = {}): object => ({
    type: 'gnocchi_resources_threshold',
    gnocchi_resources_threshold_rule: rule(resource_id, more),
  });
  const rule = (resource_id: string, more: object = {}): object => ({
    metric: 'cpu',
    resource_id,
    resource_type: 'instance',
    threshold: 80,
    comparison_operator: 'gt',
    aggregation_method: 'mean',
    granularity: 60,
    ...more,
  });
  /** A measure of a resource, some seconds ago by the database's clock. */
  const measure = async (id: string, value: number, ago = 0, project = user.project): Promise<void> => {
    const { rows } = await api.database.query<{ at: Date }>('SELECT now() - make_interval(secs => $1) AS at', [ago]);
    const resource = { type: 'instance', id, project_id: project, user_id: user.id };
    await api.services.gnocchi.collect([
      { resource, metric: 'cpu', archive_policy: 'medium', timestamp: rows[0]!.at, value },
    ]);
  };
  /** Looks at all alarms as if their time had come. */
  const evaluate = async (): Promise<void> => {
    await api.database.query("UPDATE aodh.alarms SET evaluate_timestamp = now() - interval '1 hour'");
    await api.services.aodh.evaluator.evaluate();
  };
  const told = async (id: string): Promise<Told[]> =>
    (await api.database.query<Told>('SELECT action, attempts, body FROM aodh.notifications WHERE alarm_id = $1', [id]))
      .rows;
  const transitions = async (id: string): Promise<object[]> => {
    const query = 'q.field=type&q.op=eq&q.value=state%20transition';
    const changes = await user.api.call<{ detail: string }[]>('GET', `/alarming/v2/alarms/${id}/history?${query}`);
    return changes.map(({ detail }) => JSON.parse(detail) as object);
  };

  it('moves a threshold alarm by what was measured, with its history and what is to be told, once for each move', async () => {
    const resource = randomUUID();
    const id = await make(threshold(resource));
    await evaluate();
    expect(await show(id)).toMatchObject({ state: 'insufficient data', state_reason: 'Not evaluated yet' });
    await measure(resource, 95);
    await evaluate();
    await evaluate();
    const reason = 'Transition to alarm due to 1 samples outside threshold, most recent: 95.0';
    expect(await show(id)).toMatchObject({ state: 'alarm', state_reason: reason });
    expect(await transitions(id)).toEqual([{ state: 'alarm', transition_reason: reason }]);
    expect(await told(id)).toMatchObject([
      {
        action: 'https://a.example/alarm',
        body: {
          alarm_id: id,
          alarm_name: 'a',
          severity: 'low',
          previous: 'insufficient data',
          current: 'alarm',
          reason,
          reason_data: { type: 'threshold', disposition: 'outside', count: 1, most_recent: 95 },
        },
      },
    ]);
    await measure(resource, 5);
    await evaluate();
    expect(await show(id)).toMatchObject({ state: 'ok' });
    expect((await told(id)).map(({ action }) => action).toSorted()).toEqual([
      'https://a.example/alarm',
      'https://a.example/ok',
    ]);
    const { evaluation_results: counted } = await user.api.call<{ evaluation_results: object[] }>(
      'GET',
      '/alarming/v2/metrics',
    );
    expect(counted).toContainEqual({
      alarm_id: id,
      project_id: user.project,
      state_counters: { ok: 1, alarm: 2, 'insufficient data': 1 },
    });
  });

  it('reads the measures of many resources that are looked at alike in as few reads as those of one', async () => {
    const resources = Array.from({ length: 20 }, () => randomUUID());
    for (const resource of resources) await measure(resource, 90);
    const ids = await Promise.all(resources.map((resource) => make(threshold(resource, { granularity: 300 }))));
    const reads = vi.spyOn(api.services.gnocchi, 'aggregate');
    await evaluate();
    expect(reads.mock.calls.filter(([request]) => request.granularity === 300)).toHaveLength(1);
    reads.mockRestore();
    const states = await Promise.all(ids.map(async (id) => (await show(id)).state));
    expect(new Set(states).size).toBe(1);
  });

  it('shows no tenant what another project measures, and an administrator what all do', async () => {
    const other = await ServiceUser.make(api);
    const resource = randomUUID();
    await measure(resource, 95);
    const id = await make(threshold(resource), other);
    const all = await api.admin.call<Alarm>('POST', '/alarming/v2/alarms', { name: 'all', ...threshold(resource) });
    await evaluate();
    expect((await other.api.call<Alarm>('GET', `/alarming/v2/alarms/${id}`)).state).toBe('insufficient data');
    expect((await api.admin.call<Alarm>('GET', `/alarming/v2/alarms/${all.alarm_id}`)).state).toBe('alarm');
  });

  it('leaves an alarm alone that was changed while it was looked at, that is switched off, or whose time it is not', async () => {
    const resource = randomUUID();
    await measure(resource, 95);
    const off = await make({ ...threshold(resource), enabled: false });
    const start = '0 0 1 1 *';
    const never = await make({
      ...threshold(resource),
      time_constraints: [{ name: 'new year', start, duration: 1, timezone: 'UTC' }],
    });
    const changed = await make(threshold(resource));
    const aggregate = api.services.gnocchi.aggregate.bind(api.services.gnocchi);
    const reads = vi.spyOn(api.services.gnocchi, 'aggregate').mockImplementation(async (request) => {
      const series = await aggregate(request);
      await user.api.call('PUT', `/alarming/v2/alarms/${changed}`, { name: 'b', ...threshold(resource), state: 'ok' });
      return series;
    });
    await evaluate();
    reads.mockRestore();
    expect((await show(changed)).state).toBe('ok');
    for (const id of [off, never]) expect((await show(id)).state).toBe('insufficient data');
  });

  it('aggregates over the metrics that are named, or those of the resources that a search finds in the alarm’s project', async () => {
    const project = await ServiceUser.make(api);
    const [one, two, foreign] = [randomUUID(), randomUUID(), randomUUID()];
    await measure(one, 60, 0, project.project);
    await measure(two, 120, 0, project.project);
    await measure(foreign, 900);
    const common = { threshold: 90, comparison_operator: 'eq', aggregation_method: 'mean', granularity: 60 };
    const query = JSON.stringify({ not: { '=': { ended_at: 'x' } } });
    const bad = { ...common, metric: 'cpu', resource_type: 'instance', query };
    const search = { ...bad, query: JSON.stringify({ '=': { user_id: user.id } }) };
    const type = 'gnocchi_aggregation_by_resources_threshold';
    const found = await make({ type, [`${type}_rule`]: search }, project);
    const refused = await make({ type, [`${type}_rule`]: bad }, project);
    const metrics = await api.database.query<{ id: string }>(
      'SELECT m.id FROM gnocchi.metrics m JOIN gnocchi.resources r ON r.id = m.resource_id WHERE r.id = ANY($1::uuid[])',
      [[one, two, foreign]],
    );
    const by = 'gnocchi_aggregation_by_metrics_threshold';
    const named = await make(
      { type: by, [`${by}_rule`]: { ...common, metrics: metrics.rows.map(({ id }) => id) } },
      project,
    );
    await evaluate();
    const states = await Promise.all(
      [found, named, refused].map((id) => project.api.call<Alarm>('GET', `/alarming/v2/alarms/${id}`)),
    );
    expect(states.map(({ state }) => state)).toEqual(['alarm', 'alarm', 'insufficient data']);
    const { status } = await project.api.request('POST', '/alarming/v2/alarms', {
      name: 'a',
      type,
      [`${type}_rule`]: { ...bad, query: '{"~": {}}' },
    });
    expect(status).toBe(400);
  });

  it('looks at every project’s alarms, whatever one project’s search is made of', async () => {
    const [resource, other] = [randomUUID(), await ServiceUser.make(api)];
    await measure(resource, 95, 0, other.project);
    const type = 'gnocchi_aggregation_by_resources_threshold';
    const search = (query: string): object => {
      const common = { threshold: 1, aggregation_method: 'mean', granularity: 60 };
      return { name: 'a', type, [`${type}_rule`]: { ...common, metric: 'cpu', resource_type: 'instance', query } };
    };
    const statuses = await Promise.all(
      ['{"=": {"\\u0000": "a"}}', '{"=": {"\\ud800": "a"}}', '{"=": {"host": "\\u0000"}}'].map(
        async (query) => (await other.api.request('POST', '/alarming/v2/alarms', search(query))).status,
      ),
    );
    expect(statuses).toEqual([400, 400, 400]);
    const unescaped = await make(search('{"like": {"type": "%\\\\"}}'), other);
    const good = await make(threshold(resource), other);
    await evaluate();
    expect((await other.api.call<Alarm>('GET', `/alarming/v2/alarms/${good}`)).state).toBe('alarm');
    expect((await other.api.call<Alarm>('GET', `/alarming/v2/alarms/${unescaped}`)).state).toBe('insufficient data');
  });

  it('keeps no more to be told of a project than a bound, and tells all of other projects meanwhile', async () => {
    const [crowded, other] = [await ServiceUser.make(api), await ServiceUser.make(api)];
    await api.database.query(
      `INSERT INTO aodh.notifications (notification_id, alarm_id, project_id, action, body, next_attempt)
       SELECT gen_random_uuid()::text, 'a', $1, 'https://a.example/', '{}', now() + interval '1 hour'
       FROM generate_series(1, 10000)`,
      [crowded.project],
    );
    const [a, b] = [randomUUID(), randomUUID()];
    await measure(a, 95, 0, crowded.project);
    await measure(b, 95, 0, other.project);
    const [full, free] = [await make(threshold(a), crowded), await make(threshold(b), other)];
    await evaluate();
    expect((await crowded.api.call<Alarm>('GET', `/alarming/v2/alarms/${full}`)).state).toBe('alarm');
    expect([(await told(full)).length, (await told(free)).length]).toEqual([0, 1]);
    await api.database.query('DELETE FROM aodh.notifications WHERE project_id = $1', [crowded.project]);
  });

  it('combines the rules of a composite alarm, and names those that were the cause', async () => {
    const [busy, idle] = [randomUUID(), randomUUID()];
    await measure(busy, 95);
    await measure(idle, 5);
    const part = (resource: string): object => ({ type: 'gnocchi_resources_threshold', ...rule(resource) });
    const both = await make({ type: 'composite', composite_rule: { and: [part(busy), part(idle)] } });
    const either = await make({
      type: 'composite',
      composite_rule: { or: [part(idle), { and: [part(busy), part(busy)] }] },
    });
    await evaluate();
    expect(await show(both)).toMatchObject({
      state: 'ok',
      state_reason:
        'Composite rule alarm with composition form: (rule1 and rule2) transition to ok, due to rules: rule2 inside their threshold.',
    });
    expect(await show(either)).toMatchObject({
      state: 'alarm',
      state_reason:
        'Composite rule alarm with composition form: (rule1 or (rule2 and rule3)) transition to alarm, due to rules: rule2, rule3 outside their threshold.',
    });
  });

  it('raises an event alarm by what happens in its own project, and again only where its actions are repeated', async () => {
    const other = await ServiceUser.make(api);
    await api.services.aodh.evaluator.evaluateEvents();
    const query = [{ field: 'traits.name', op: 'eq', type: 'string', value: 'event-net' }];
    const event = { type: 'event', event_rule: { event_type: 'network.create.e*', query } };
    const once = await make(event);
    const again = await make({ ...event, repeat_actions: true });
    const elsewhere = await make(event, other);
    for (const name of ['event-net', 'other-net', 'event-net'])
      await user.api.call('POST', '/network/v2.0/networks', { network: { name } });
    // What was written is read when no older transaction is open any more, on the whole server.
    await until(
      async () => {
        await api.services.aodh.evaluator.evaluateEvents();
        return (await told(again)).length >= 2 ? true : undefined;
      },
      50,
      30_000,
    );
    expect((await show(once)).state).toBe('alarm');
    expect((await show(once)).state_reason).toMatch(/^Event <id=.*,event_type=network\.create\.end> hits the query/);
    expect((await other.api.call<Alarm>('GET', `/alarming/v2/alarms/${elsewhere}`)).state).toBe('insufficient data');
    const [first, ...others] = await told(once);
    expect(first!.body.reason_data).toMatchObject({ type: 'event', event: { event_type: 'network.create.end' } });
    expect(others).toEqual([]);
    expect((await told(again)).map(({ body }) => [body.previous, body.current])).toEqual([
      ['insufficient data', 'alarm'],
      ['alarm', 'alarm'],
    ]);
    expect(await transitions(again)).toHaveLength(2);
    await api.services.aodh.evaluator.evaluateEvents();
    expect(await told(again)).toHaveLength(2);
  });
});

describe('Aodh’s notifier', () => {
  let api: ServiceApi;
  let server: http.Server;
  let status = 200;
  const received: { headers: http.IncomingHttpHeaders; body: unknown }[] = [];
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    server = http.createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        received.push({ headers: request.headers, body: JSON.parse(text) as unknown });
        response.writeHead(status, { location: 'http://127.0.0.1/elsewhere' }).end();
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
  afterAll(async () => {
    server.close();
    await api.stop();
  });

  const notifier = (networks = '127.0.0.0/8'): { notifier: Notifier; fates: string[] } => {
    const fates: string[] = [];
    const config = loadConfig({ NOVAFLOW_WEBHOOK_NETWORKS: networks });
    const log = makeLogger('conductor', 'fatal');
    return { notifier: new Notifier(api.services.aodh, config, log, (fate) => fates.push(fate)), fates };
  };
  const put = async (action?: string): Promise<string> => {
    const id = randomUUID();
    await api.database.query(
      'INSERT INTO aodh.notifications (notification_id, alarm_id, project_id, action, body) VALUES ($1, $1, $2, $3, $4)',
      [id, 'p', action ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, { alarm_id: id }],
    );
    return id;
  };
  const due = (): Promise<unknown> =>
    api.database.query("UPDATE aodh.notifications SET next_attempt = now() - interval '1 second'");
  const left = async (): Promise<number> => (await api.database.query('SELECT 1 FROM aodh.notifications')).rows.length;

  it('posts what an alarm tells as Aodh does, and forgets it when it was taken', async () => {
    const { notifier: sender, fates } = notifier();
    const id = await put();
    expect(await sender.deliver()).toBe(1);
    expect(received.pop()).toMatchObject({
      headers: { 'content-type': 'application/json', 'x-openstack-request-id': expect.stringMatching(/^req-/) },
      body: { alarm_id: id },
    });
    expect([fates, await left()]).toEqual([['delivered'], 0]);
  });

  it('tries again later what is away for now, six times in all, and gives up at once what will not succeed', async () => {
    const { notifier: sender, fates } = notifier();
    status = 503;
    await put();
    await sender.deliver();
    // It is not due yet.
    expect(await sender.deliver()).toBe(0);
    for (let i = 0; i < 5; i++) {
      await due();
      await sender.deliver();
    }
    expect([fates, await left()]).toEqual([[...Array.from({ length: 5 }, () => 'retried'), 'given up'], 0]);
    fates.length = 0;
    received.length = 0;
    for (status of [302, 404]) {
      await put();
      await sender.deliver();
    }
    expect([fates, received.length, await left()]).toEqual([['given up', 'given up'], 2, 0]);
    status = 200;
  });

  it('connects to no address of the cloud’s own, by whatever name it is called', async () => {
    const { notifier: sender, fates } = notifier('');
    received.length = 0;
    const { port } = server.address() as AddressInfo;
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0.0.0.0'];
    for (const host of hosts) await put(`http://${host}:${port}/hook`);
    await put('http://169.254.169.254/latest/meta-data');
    while ((await sender.deliver()) > 0);
    expect(received).toEqual([]);
    expect(fates).toEqual(Array.from({ length: hosts.length + 1 }, () => 'given up'));
  });

  it('gives what a conductor has taken and not settled to another one, when its time is over', async () => {
    await put();
    expect(await api.services.aodh.outbox.take()).toHaveLength(1);
    expect(await api.services.aodh.outbox.take()).toHaveLength(0);
    await due();
    const { notifier: sender, fates } = notifier();
    await sender.deliver();
    expect(fates).toEqual(['delivered']);
  });
});
