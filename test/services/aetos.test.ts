import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { ServiceApi } from '../setup/service-api.js';
import { ServiceUser } from '../setup/service-user.js';

interface Answer<T> {
  readonly status: string;
  readonly data: T;
}
interface Vector {
  readonly resultType: string;
  readonly result: { metric: Record<string, string>; value: [number, string] }[];
}
interface Matrix {
  readonly result: { metric: Record<string, string>; values: [number, string][] }[];
}
interface Refusal {
  readonly status: string;
  readonly errorType: string;
  readonly error: string;
}

describe('Prometheus’ query API', () => {
  let api: ServiceApi;
  let user: ServiceUser;
  let other: ServiceUser;
  let now: number;
  const resources = [randomUUID(), randomUUID()];
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    [user, other] = await Promise.all([ServiceUser.make(api), ServiceUser.make(api)]);
    now = Math.floor((await api.services.aetos.now()) / 60_000) * 60;
    const sample = (id: string, project: string, metric: string, minutesAgo: number, value: number) => ({
      resource: { type: 'instance', id, project_id: project, user_id: 'u', attributes: { display_name: `n-${value}` } },
      metric,
      unit: 'ns',
      archive_policy: 'medium',
      timestamp: new Date((now - minutesAgo * 60) * 1_000),
      value,
    });
    await api.services.gnocchi.collect([
      ...[0, 1, 2, 3, 4, 5].map((minutes) => sample(resources[0]!, user.project, 'cpu', minutes, 600 - minutes * 60)),
      sample(resources[1]!, user.project, 'cpu', 0, 40),
      sample(resources[0]!, user.project, 'memory.usage', 0, 512),
      sample(randomUUID(), other.project, 'cpu', 0, 7_000),
    ]);
  });
  afterAll(() => api.stop());

  const get = async <T>(path: string, query: Record<string, string> = {}, by: Api = user.api): Promise<T> =>
    (await by.call<Answer<T>>('GET', `/prometheus/api/v1/${path}?${new URLSearchParams(query).toString()}`)).data;
  const at = (query: string, by?: Api): Promise<Vector> => get<Vector>('query', { query, time: String(now) }, by);
  const values = async (query: string, by?: Api): Promise<string[]> =>
    (await at(query, by)).result.map(({ value }) => value[1]).toSorted((a, b) => a.localeCompare(b));

  it('answers a selector with the newest measure of each series, under the labels of Ceilometer’s exporter', async () => {
    const { resultType, result } = await at('ceilometer_memory_usage');
    expect([resultType, result]).toEqual([
      'vector',
      [
        {
          metric: {
            __name__: 'ceilometer_memory_usage',
            counter: 'memory.usage',
            resource: resources[0],
            type: 'instance',
            project: user.project,
            user: 'u',
            unit: 'ns',
            display_name: expect.stringMatching(/^n-/),
          },
          value: [now, '512'],
        },
      ],
    ]);
    expect(await values('ceilometer_cpu')).toEqual(['40', '600']);
    expect(await values(`ceilometer_cpu{resource="${resources[1]!}"}`)).toEqual(['40']);
    expect(await values('{__name__=~"ceilometer_mem.*"}')).toEqual(['512']);
  });

  it('shows a project what it measures itself, and an administrator everything', async () => {
    expect(await values('ceilometer_cpu', other.api)).toEqual(['7000']);
    expect(await values(`ceilometer_cpu{project="${user.project}"}`, other.api)).toEqual([]);
    expect(await values('ceilometer_cpu', api.admin)).toEqual(['40', '600', '7000']);
    expect(await get<string[]>('label/project/values', {}, other.api)).toEqual([other.project]);
    const series = await get<Record<string, string>[]>('series', { 'match[]': 'ceilometer_cpu' }, other.api);
    expect(series.map(({ project }) => project)).toEqual([other.project]);
  });

  it('rates, reduces and aggregates', async () => {
    const [rate] = await values('rate(ceilometer_cpu[5m])');
    expect(Number(rate)).toBeCloseTo(1);
    expect(await values('sum by (project) (ceilometer_cpu)')).toEqual(['640']);
    expect(await values('max_over_time(ceilometer_memory_usage[10m])')).toEqual(['512']);
  });

  it('answers a range step by step', async () => {
    const query = {
      query: `ceilometer_cpu{resource="${resources[0]!}"}`,
      start: String(now - 120),
      end: String(now),
      step: '1m',
    };
    const { result } = await get<Matrix>('query_range', query);
    expect(result.map((one) => one.values)).toEqual([
      [
        [now - 120, '480'],
        [now - 60, '540'],
        [now, '600'],
      ],
    ]);
  });

  it('lists labels, their values, and series without looking at measures', async () => {
    expect(await get<string[]>('labels')).toEqual(expect.arrayContaining(['__name__', 'project', 'resource', 'type']));
    expect(await get<string[]>('label/__name__/values')).toEqual(['ceilometer_cpu', 'ceilometer_memory_usage']);
    expect(await get<string[]>('label/constructor/values')).toEqual([]);
  });

  it('is well to Grafana, which asks what 1+1 is', async () => {
    expect(await get<object>('query', { query: '1+1', time: '4' })).toEqual({ resultType: 'scalar', result: [4, '2'] });
    expect(await get<object>('status/buildinfo', {}, api.admin)).toMatchObject({ version: expect.any(String) });
    expect((await user.api.request('GET', '/prometheus/api/v1/status/buildinfo')).status).toBe(403);
  });

  it.each([
    ['query?query=topk(5,a)', /supported are selectors/],
    ['query', /supported are selectors/],
    ['query?query=a&time=soon', /cannot parse "soon" to a valid timestamp/],
    ['query_range?query=a&start=5&end=1&step=1', /end timestamp must not be before start time/],
    ['query_range?query=a&start=1&end=5&step=0', /zero or negative/],
    ['query_range?query=a&start=1&end=99999999&step=1', /maximum resolution of 11000 points/],
    ['query_range?query=a&start=1&end=5&step=x', /to a valid duration/],
    ['series', /no match\[\] parameter provided/],
  ])('refuses %s as Prometheus does', async (path, words) => {
    const { status, body } = await user.api.request<Refusal>('GET', `/prometheus/api/v1/${path}`);
    expect([status, body]).toEqual([
      400,
      { status: 'error', errorType: 'bad_data', error: expect.stringMatching(words) },
    ]);
  });
});
