import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Gnocchi, type Sample, type Series } from '#services/gnocchi/index';
import { policies } from '#services/kernel/policy/index';
import { openDatabase, type OpenDatabase } from '#services/kernel/database';

/** Noon of a day, which begins a block of every archive policy. */
const NOON = Date.UTC(2026, 5, 1, 12);

describe('measures that agents take', () => {
  let open: OpenDatabase;
  let gnocchi: Gnocchi;
  beforeAll(() => {
    open = openDatabase(provided('databaseUrl'), 4);
    gnocchi = new Gnocchi(open.db, open.sql, policies, { raw_retention: 2 });
  });
  afterAll(() => open.close());

  const server = (project: string = randomUUID()) => ({
    type: 'instance',
    id: randomUUID(),
    project_id: project,
    user_id: randomUUID(),
    attributes: { display_name: 'vm1', flavor_id: 'f', flavor_name: 'm1.nano' },
  });
  const sample = (
    resource: Sample['resource'],
    seconds: number,
    value: number,
    more: Partial<Sample> = {},
  ): Sample => ({
    resource,
    metric: 'cpu',
    unit: 'ns',
    archive_policy: 'ceilometer-low-rate',
    timestamp: new Date(NOON + seconds * 1_000),
    value,
    ...more,
  });
  const read = (resource: Sample['resource'], aggregation = 'mean'): Promise<Series[]> =>
    gnocchi.aggregate({
      of: { resource_type: 'instance', search: { op: '=', field: 'id', value: resource.id } },
      aggregation,
    });
  const valuesOf = (series: readonly Series[]) =>
    series.flatMap(({ points }) => points.map(({ time, value }) => [(+time - NOON) / 1_000, value]));

  it('make the resource and the metric that are not there, and are read with both', async () => {
    const one = server();
    await gnocchi.collect([sample(one, 0, 10), sample(one, 60, 30), sample(one, 300, 50)]);
    const series = await read(one);
    expect(valuesOf(series)).toEqual([
      [0, 20],
      [300, 50],
    ]);
    expect(series[0]).toMatchObject({
      granularity: 300,
      metric: {
        name: 'cpu',
        unit: 'ns',
        resource: { id: one.id, type: 'instance', attributes: { display_name: 'vm1' } },
      },
    });
  });

  it('are there once though they come twice, and the later value of one time counts', async () => {
    const one = server();
    const samples = [sample(one, 0, 10), sample(one, 60, 30)];
    await gnocchi.collect(samples);
    await gnocchi.collect(samples);
    expect(valuesOf(await read(one))).toEqual([[0, 20]]);
    await gnocchi.collect([sample(one, 60, 50)]);
    expect(valuesOf(await read(one))).toEqual([[0, 30]]);
  });

  it('come to rates over the blocks between which they rise, whether they come together or one by one', async () => {
    const [together, oneByOne] = [server(), server()];
    const samples = (of: Sample['resource']) => [sample(of, 0, 100), sample(of, 300, 160), sample(of, 600, 180)];
    await gnocchi.collect(samples(together));
    for (const one of samples(oneByOne)) await gnocchi.collect([one]);
    for (const one of [together, oneByOne])
      expect(valuesOf(await read(one, 'rate:mean'))).toEqual([
        [300, 60],
        [600, 20],
      ]);
  });

  it('that are older than the block of the newest one are left out', async () => {
    const one = server();
    await gnocchi.collect([sample(one, 300, 1)]);
    await gnocchi.collect([sample(one, 0, 7), sample(one, 330, 3)]);
    expect(valuesOf(await read(one))).toEqual([[300, 2]]);
  });

  it('note what has changed of their resource, and keep what it was', async () => {
    const one = server();
    await gnocchi.collect([sample(one, 0, 1)]);
    await gnocchi.collect([sample(one, 10, 1)]);
    const renamed = { ...one, attributes: { ...one.attributes, display_name: 'vm2', unheard: 'of' } };
    await gnocchi.collect([sample(renamed, 20, 1)]);
    const [series] = await read(one);
    expect(series!.metric!.resource!.attributes).toEqual({ ...one.attributes, display_name: 'vm2' });
    const history = await open.db.resourceRevision.findMany({ where: { id: one.id } });
    expect(history.map(({ attributes }) => attributes)).toEqual([one.attributes]);
  });

  it('of one project are not read for another', async () => {
    const [mine, others] = [server('mine'), server('others')];
    await gnocchi.collect([sample(mine, 0, 1), sample(others, 0, 2)]);
    const of = { resource_type: 'generic', metrics: ['cpu'] };
    const series = await gnocchi.aggregate({ of, aggregation: 'mean', project: 'mine' });
    expect(series.map(({ metric }) => metric?.resource?.id)).toEqual([mine.id]);
    const [{ metric }] = (await read(others)) as [Series];
    expect(await gnocchi.aggregate({ of: { metrics: [metric!.id] }, aggregation: 'mean', project: 'mine' })).toEqual(
      [],
    );
  });

  it('of several resources are aggregated over the times at which any of them has one', async () => {
    const project = randomUUID();
    const [a, b] = [server(project), server(project)];
    await gnocchi.collect([sample(a, 0, 1), sample(b, 0, 3), sample(b, 300, 5)]);
    const series = await gnocchi.aggregate({
      of: { resource_type: 'instance', metrics: ['cpu'] },
      project,
      aggregation: 'mean',
      reaggregation: 'sum',
      start: new Date(NOON),
      stop: new Date(NOON + 600_000),
    });
    expect(valuesOf(series)).toEqual([
      [0, 4],
      [300, 5],
    ]);
  });

  it('of a metric that names no archive policy get the one of a rule, else that of Ceilometer', async () => {
    const one = server();
    const rule = { name: randomUUID(), metric_pattern: 'ruled.*', archive_policy_name: 'low' };
    await open.db.archivePolicyRule.create({ data: rule });
    await gnocchi.collect(
      ['ruled.one', 'unruled'].map((metric) => sample(one, 0, 1, { metric, archive_policy: undefined })),
    );
    const metrics = await open.db.metric.findMany({ where: { resource_id: one.id }, orderBy: { name: 'asc' } });
    expect(metrics.map((metric) => metric.archive_policy_name)).toEqual(['low', 'ceilometer-low']);
    await open.db.archivePolicyRule.delete({ where: { name: rule.name } });
  });

  it('that come from two collectors at the same time are all there', async () => {
    const servers = Array.from({ length: 20 }, () => server());
    await Promise.all([0, 60].map((second) => gnocchi.collect(servers.map((one) => sample(one, second, second)))));
    for (const one of servers) expect(valuesOf(await read(one))).toEqual([[0, 30]]);
  });

  it('of a resource type or an archive policy that is not there are refused, and nothing of them is taken', async () => {
    const one = server();
    await expect(gnocchi.collect([sample(one, 0, 1), sample({ ...server(), type: 'none' }, 0, 1)])).rejects.toThrow(
      'Resource type none does not exist',
    );
    await expect(gnocchi.collect([sample(one, 0, 1, { archive_policy: 'none' })])).rejects.toThrow(
      'Archive policy none does not exist',
    );
    expect(await read(one)).toEqual([]);
  });
});
