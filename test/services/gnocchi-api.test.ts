import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Api } from '#apps/standalone/api';
import { ServiceApi } from '../setup/service-api.js';

interface Refusal {
  readonly code: number;
  readonly title: string;
  readonly description: unknown;
}

/** Gnocchi's own tests are run by `npm run test:clients -- metric`; here is what they do not ask. */
describe('Gnocchi’s API', () => {
  let api: ServiceApi;
  let mine: Api;
  let other: Api;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    const users = ['mine', 'other'].map((name) => ({
      name,
      password: `${name}-password`,
      project: name,
      role: 'member',
    }));
    await api.services.keystone.bootstrap(users, []);
    [mine, other] = (await Promise.all(
      users.map(({ name, password, project }) =>
        Api.login({ authUrl: `${api.config.publicUrl}/identity/v3`, username: name, password, project }),
      ),
    )) as [Api, Api];
  });
  afterAll(() => api.stop());

  const measured = async (of: Api, value: number): Promise<string> => {
    const id = randomUUID();
    await of.call('POST', '/metric/v1/resource/generic', {
      id,
      project_id: of.projectId,
      metrics: { cpu: { archive_policy_name: 'low' } },
    });
    await of.call('POST', `/metric/v1/resource/generic/${id}/metric/cpu/measures`, [{ timestamp: 1e9, value }]);
    return id;
  };

  it('groups by what resources were, and a value counts for the share of its time in which they were so', async () => {
    const id = randomUUID();
    await mine.call('POST', '/metric/v1/resource/generic', {
      id,
      user_id: 'first',
      project_id: mine.projectId,
      metrics: { cpu: { archive_policy_name: 'medium' } },
    });
    await mine.call('PATCH', `/metric/v1/resource/generic/${id}`, { user_id: 'second' });
    const [before, after] = await mine.call<{ revision_start: string; revision_end: string | null }[]>(
      'GET',
      `/metric/v1/resource/generic/${id}/history`,
    );
    expect(after!.revision_start).toBe(before!.revision_end);
    const changed = Date.parse(before!.revision_end!);
    // An hour that both held in, and one of each alone.
    const hour = 3_600_000;
    const whole = Math.floor(changed / hour) * hour;
    await mine.call(
      'POST',
      `/metric/v1/resource/generic/${id}/metric/cpu/measures`,
      [-1, 0, 1].map((n) => ({ timestamp: new Date(whole + n * hour).toISOString(), value: 100 })),
    );
    const groups = await mine.call<
      { group: { user_id: string }; measures: { measures: { aggregated: [string, number, number][] } } }[]
    >('POST', '/metric/v1/aggregates?groupby=user_id&use_history=true&granularity=3600', {
      resource_type: 'generic',
      search: { '=': { id } },
      operations: '(aggregate mean (metric cpu mean))',
    });
    const share = (100 * (changed - whole)) / hour;
    const near = (value: number): unknown => expect.closeTo(value, 1);
    const valuesOf = (user: string) =>
      groups.find(({ group }) => group.user_id === user)!.measures.measures.aggregated.map(([, , value]) => value);
    expect(valuesOf('first')).toEqual([100, near(share)]);
    expect(valuesOf('second')).toEqual([near(100 - share), 100]);
    const plain = await mine.call<unknown[]>('POST', '/metric/v1/aggregates?groupby=user_id&granularity=3600', {
      resource_type: 'generic',
      search: { '=': { id } },
      operations: '(aggregate mean (metric cpu mean))',
    });
    expect(plain).toHaveLength(1);
    const { status } = await mine.request('POST', '/metric/v1/aggregates?groupby=user_id&use_history=true', {
      resource_type: 'generic',
      search: { '=': { id } },
      operations: '(metric cpu mean)',
    });
    expect(status).toBe(400);
  });

  it('tells nobody of another project’s resources, metrics and measures, however they are asked for', async () => {
    const [own, theirs] = [await measured(mine, 1), await measured(other, 5)];
    const [metric] = await other.call<{ id: string }[]>('GET', `/metric/v1/resource/generic/${theirs}/metric`);
    for (const [method, path, body, status] of [
      ['GET', `/metric/v1/resource/generic/${theirs}`, undefined, 404],
      ['PATCH', `/metric/v1/resource/generic/${theirs}`, { user_id: 'x' }, 404],
      ['GET', `/metric/v1/resource/generic/${theirs}/history`, undefined, 404],
      ['GET', `/metric/v1/resource/generic/${theirs}/metric/cpu/measures`, undefined, 404],
      ['GET', `/metric/v1/metric/${metric!.id}/measures`, undefined, 404],
      ['POST', `/metric/v1/metric/${metric!.id}/measures`, [{ timestamp: 1e9, value: 1 }], 404],
      ['POST', '/metric/v1/batch/metrics/measures', { [metric!.id]: [{ timestamp: 1e9, value: 1 }] }, 400],
      ['POST', '/metric/v1/metric', { name: 'x', resource_id: theirs, archive_policy_name: 'low' }, 404],
      ['POST', '/metric/v1/aggregates', { operations: ['metric', metric!.id, 'mean'] }, 404],
      ['GET', `/metric/v1/aggregation/metric?metric=${metric!.id}`, undefined, 404],
      ['POST', `/metric/v1/search/metric?metric_id=${metric!.id}`, { '>': 0 }, 404],
    ] as const) {
      const answer = await mine.request<Refusal>(method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, status]);
    }
    const said = async (id: string): Promise<unknown> => {
      const { body } = await mine.request<Refusal>('GET', `/metric/v1/resource/generic/${id}/metric/cpu/measures`);
      return JSON.stringify(body).replaceAll(id, '…');
    };
    expect(await said(theirs)).toEqual(await said(randomUUID()));
    const lists = [
      await mine.call('GET', '/metric/v1/metric'),
      await mine.call('GET', '/metric/v1/resource/generic'),
      await mine.call('POST', '/metric/v1/search/resource/generic', { '=': { id: theirs } }),
      await mine.call('POST', '/metric/v1/aggregates?details=true', {
        operations: ['metric', 'cpu', 'mean'],
        resource_type: 'generic',
        search: { or: [{ '=': { id: theirs } }, { '=': { id: own } }] },
      }),
    ];
    expect(JSON.stringify(lists)).not.toContain(theirs);
    expect(JSON.stringify(lists.at(-1))).toContain(own);
    const before = await other.call('GET', `/metric/v1/metric/${metric!.id}/measures`);
    expect(before).toEqual([['2001-09-09T01:45:00+00:00', 300, 5]]);
  });

  it('refuses what cannot be kept, in its own words and never with a failure', async () => {
    const id = await measured(mine, 1);
    const resource = `/metric/v1/resource/generic/${id}`;
    for (const [method, path, body] of [
      ['POST', `${resource}/metric/cpu/measures`, [{ timestamp: '1e400', value: 1 }]],
      ['POST', `${resource}/metric/cpu/measures`, [{ timestamp: '+9999999 weeks', value: 1 }]],
      ['POST', `${resource}/metric/cpu/measures`, [{ timestamp: -5, value: 1 }]],
      ['POST', `${resource}/metric/cpu/measures`, [{ timestamp: 1, value: 'NaN' }]],
      ['POST', `${resource}/metric/cpu/measures`, [null]],
      ['GET', `${resource}/metric/cpu/measures?start=2026-02-30`, undefined],
      ['GET', `${resource}/metric/cpu/measures?granularity=-1`, undefined],
      ['GET', '/metric/v1/metric?limit=0', undefined],
      ['GET', '/metric/v1/resource/generic?sort=constructor', undefined],
      ['GET', '/metric/v1/resource/generic?marker=nothing', undefined],
      ['POST', '/metric/v1/search/resource/generic', { '=': { toString: 1 } }],
      ['POST', '/metric/v1/search/resource/generic', { '=': { started_at: 'never' } }],
      ['POST', '/metric/v1/search/resource/generic', { and: [] }],
      // A LIKE that ends amid an escape, and more than a statement has room for.
      ['POST', '/metric/v1/search/resource/generic', { like: { type: '%\\' } }],
      ['POST', '/metric/v1/search/resource/generic', { in: { user_id: Array.from({ length: 70_000 }, String) } }],
      ['POST', '/metric/v1/search/metric?metric_id=', { and: Array.from({ length: 101 }, () => ({ '>': 0 })) }],
      ['POST', `/metric/v1/search/resource/generic?filter=${'('.repeat(4_000)}`, undefined],
      ['POST', '/metric/v1/aggregates', { operations: ['+', 1, 2] }],
      ['POST', '/metric/v1/aggregates', { operations: '('.repeat(1_000) }],
      ['POST', '/metric/v1/resource/generic', { id: 'x'.repeat(290) }],
      ['POST', '/metric/v1/resource/generic', { id: randomUUID(), ended_at: 1, started_at: 2 }],
      ['POST', '/metric/v1/resource/generic', { id: randomUUID(), metrics: { a: { archive_policy_name: 'none' } } }],
      ['DELETE', '/metric/v1/resource/generic', undefined],
    ] as const) {
      const { status, body: answer } = await mine.request<Refusal>(method, path, body);
      expect([path.slice(0, 80), JSON.stringify(body)?.slice(0, 80), status, answer.code]).toEqual([
        path.slice(0, 80),
        JSON.stringify(body)?.slice(0, 80),
        400,
        400,
      ]);
    }
  });

  it('computes nothing that would keep everybody else waiting, and lets no name reach what all objects have', async () => {
    const id = await measured(mine, 1);
    const many = Array.from({ length: 8_000 }, (_, i) => ({ timestamp: 1e9 + i * 300, value: i }));
    await mine.call('POST', `/metric/v1/resource/generic/${id}/metric/cpu/measures`, many);
    const ask = (operations: string) =>
      mine.request('POST', '/metric/v1/aggregates', {
        operations,
        resource_type: 'generic',
        search: { '=': { id } },
      });
    const before = performance.now();
    expect((await ask('(rolling median 4000 (metric cpu mean))')).status).toBe(400);
    expect((await ask('(rolling mean 10 (metric cpu mean))')).status).toBe(200);
    expect(performance.now() - before).toBeLessThan(20_000);
    const made = { name: '__proto__', resource_id: id, archive_policy_name: 'low' };
    const metric = await mine.call<{ id: string }>('POST', '/metric/v1/metric', made);
    await mine.call('POST', `/metric/v1/metric/${metric.id}/measures`, [{ timestamp: 1e9, value: 7 }]);
    const { status, body } = await ask('(metric __proto__ mean)');
    expect([status, JSON.stringify(body)]).toEqual([200, expect.stringContaining('__proto__')]);
    expect(Object.hasOwn(Object.prototype, 'mean')).toBe(false);
  });

  it('lets a member change nothing that is everybody’s', async () => {
    for (const [method, path, body] of [
      ['POST', '/metric/v1/archive_policy', { name: 'own', definition: [{ granularity: 1, points: 1 }] }],
      ['PATCH', '/metric/v1/archive_policy/low', { definition: [{ granularity: 300, points: 1 }] }],
      ['DELETE', '/metric/v1/archive_policy/low', undefined],
      ['POST', '/metric/v1/archive_policy_rule', { name: 'r', metric_pattern: '*', archive_policy_name: 'low' }],
      ['POST', '/metric/v1/resource_type', { name: 'own' }],
      ['DELETE', '/metric/v1/resource_type/instance', undefined],
      ['GET', '/metric/v1/status', undefined],
    ] as const)
      expect([path, (await mine.request(method, path, body)).status]).toEqual([path, 403]);
  });

  it('shows the archive policies and the resource types that Ceilometer makes', async () => {
    const names = async (path: string) => (await mine.call<{ name: string }[]>('GET', path)).map(({ name }) => name);
    expect(await names('/metric/v1/archive_policy')).toEqual(
      expect.arrayContaining(['bool', 'ceilometer-high-rate', 'ceilometer-low', 'high', 'low', 'medium']),
    );
    expect(await names('/metric/v1/resource_type')).toEqual(
      expect.arrayContaining(['generic', 'instance', 'instance_disk', 'volume', 'image', 'network', 'host']),
    );
  });

  it('answers NaN where a series has no value, as Gnocchi does, and leaves such times out unless they are asked for', async () => {
    const [a, b] = [await measured(mine, 1), await measured(mine, 3)];
    await mine.call('POST', `/metric/v1/resource/generic/${b}/metric/cpu/measures`, [
      { timestamp: 1e9 + 600, value: 4 },
    ]);
    const ask = (query: string) =>
      fetch(`${api.config.publicUrl}/metric/v1/aggregates?${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-auth-token': mine.sessionToken },
        body: JSON.stringify({
          operations: ['metric', 'cpu', 'mean'],
          resource_type: 'generic',
          search: { in: { id: [a, b] } },
        }),
      }).then((answer) => answer.text());
    expect(await ask('fill=null')).toContain('NaN');
    expect(await ask('')).not.toContain('NaN');
  });
});
