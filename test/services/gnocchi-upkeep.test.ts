import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Gnocchi } from '#services/gnocchi/index';
import { policies } from '#services/kernel/policy/index';
import { openDatabase } from '#services/kernel/database';
import { ServiceApi } from '../setup/service-api.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the upkeep of measures', () => {
  let api: ServiceApi;
  let gnocchi: Gnocchi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    gnocchi = api.services.gnocchi;
  });
  afterAll(() => api.stop());

  const partitions = async (): Promise<string[]> => {
    const { rows } = await api.database.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'gnocchi.measures'::regclass ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  };
  const count = async (table: string, metric: string): Promise<number> => {
    const { rows } = await api.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM gnocchi.${table} WHERE metric_id = $1`,
      [metric],
    );
    return rows[0]!.n;
  };
  const makeMetric = async (archive_policy_name: string): Promise<string> =>
    (await api.admin.call<{ id: string }>('POST', '/metric/v1/metric', { archive_policy_name })).id;
  const post = (metric: string, ...times: number[]) =>
    api.admin.call(
      'POST',
      `/metric/v1/metric/${metric}/measures`,
      times.map((at) => ({ timestamp: at / 1_000, value: 1 })),
    );

  it('makes a partition for each day from yesterday to a week ahead, with what came for it before it was there', async () => {
    const metric = await makeMetric('low');
    await post(metric, Date.now());
    expect(await count('measures_default', metric)).toBe(1);
    await gnocchi.upkeep.run();
    expect(await partitions()).toHaveLength(1 + 9);
    expect([await count('measures_default', metric), await count('measures', metric)]).toEqual([0, 1]);
    await gnocchi.upkeep.run();
    expect(await partitions()).toHaveLength(1 + 9);
  });

  it('drops the days that no rollup needs any more, and keeps what they came to', async () => {
    const { rows } = await api.database.query<{ day: string }>(
      `SELECT to_char(now() - interval '20 days', 'YYYYMMDD') AS day`,
    );
    const table = `gnocchi.measures_${rows[0]!.day}`;
    await api.database.query(`
      CREATE TABLE ${table} PARTITION OF gnocchi.measures
      FOR VALUES FROM (date_trunc('day', now() - interval '20 days', 'UTC')) TO (date_trunc('day', now() - interval '19 days', 'UTC'))`);
    const metric = await makeMetric('low');
    await post(metric, Date.now() - 20 * DAY);
    expect(await count('measures', metric)).toBe(1);
    await gnocchi.upkeep.run();
    expect(await partitions()).not.toContain(table);
    expect([await count('measures', metric), await count('rollups', metric)]).toEqual([0, 1]);
  });

  it('removes rollups that are older than the archive policy keeps them, and measures that came for long ago', async () => {
    const metric = await makeMetric('low');
    const old = Date.now() - 100 * DAY;
    await post(metric, old, old + 29 * DAY, old + 31 * DAY);
    await gnocchi.upkeep.run();
    expect([await count('measures_default', metric), await count('rollups', metric)]).toEqual([1, 2]);
  });

  it('removes what deleted metrics had, after which their archive policy can be deleted', async () => {
    const name = randomUUID();
    await api.admin.call('POST', '/metric/v1/archive_policy', { name, definition: [{ granularity: 60, points: 10 }] });
    const metric = await makeMetric(name);
    await post(metric, Date.now());
    await api.admin.call('DELETE', `/metric/v1/metric/${metric}`);
    expect((await api.admin.request('DELETE', `/metric/v1/archive_policy/${name}`)).status).toBe(400);
    await gnocchi.upkeep.run();
    expect([await count('measures', metric), await count('rollups', metric)]).toEqual([0, 0]);
    expect((await api.admin.request('DELETE', `/metric/v1/archive_policy/${name}`)).status).toBe(204);
  });

  it('is done once where two conductors begin it at the same time', async () => {
    await api.database.query(`DROP TABLE ${(await partitions()).findLast((name) => !name.endsWith('default'))!}`);
    const other = openDatabase(api.databaseUrl, 2);
    const second = new Gnocchi(other.db, other.sql, policies, { raw_retention: 2 });
    await Promise.all([gnocchi.upkeep.run(), second.upkeep.run()]);
    await other.close();
    expect(await partitions()).toHaveLength(1 + 9);
  });
});
