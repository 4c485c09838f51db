import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { HostChanges, type HostChange } from '#services/neutron/hosts/changes';
import type { Statements } from '#services/kernel/sql';
import { ServiceApi } from '../setup/service-api.js';

const MANY = 10_000;

let api: ServiceApi;
let sql: Statements;
beforeAll(async () => {
  api = await ServiceApi.start(provided('databaseUrl'));
  sql = api.services.db;
});
afterAll(() => api.stop());

describe('What has changed of what hosts are told', () => {
  it('is read once, however much it is at once and however late its transaction commits', async () => {
    const sizes: number[] = [];
    const counted: Statements = {
      $executeRaw: (query, ...values) => sql.$executeRaw(query, ...values),
      async $queryRaw<T>(...asked: Parameters<Statements['$queryRaw']>): Promise<T> {
        const rows = await sql.$queryRaw<T>(...asked);
        sizes.push(JSON.stringify(rows).length);
        return rows;
      },
    };
    const heard: HostChange[] = [];
    const late = new pg.Client({ connectionString: api.databaseUrl });
    await late.connect();
    await late.query("BEGIN; INSERT INTO neutron.host_changes (kind, key) VALUES ('network', 'late')");
    const stop = new HostChanges(counted).listen((changes) => void heard.push(...changes));
    try {
      await api.database.query(
        `INSERT INTO neutron.host_changes (kind, key) SELECT 'network', i::text FROM generate_series(1, ${MANY}) i`,
      );
      await until(async () => heard.length >= MANY || undefined, 50, 20_000);
      const before = sizes.length;
      await until(async () => sizes.length >= before + 3 || undefined, 50, 20_000);
      expect(Math.max(...sizes.slice(before))).toBeLessThan(500);
      await late.query('COMMIT');
      await until(async () => heard.length > MANY || undefined, 50, 20_000);
      const after = sizes.length;
      await until(async () => sizes.length > after || undefined, 50, 20_000);
      expect(heard).toHaveLength(MANY + 1);
      expect(heard.at(-1)).toMatchObject({ kind: 'network', key: 'late' });
      expect(new Set(heard.map(({ key }) => key)).size).toBe(MANY + 1);
    } finally {
      stop();
      await late.end();
    }
  });
});
