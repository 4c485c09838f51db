import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('real');

interface Measure {
  readonly metric: string;
  readonly value: number;
}

describe('the agents of a cloud', () => {
  let tenant: Tenant;
  let database: pg.Client;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    database = new pg.Client({ connectionString: cloud.databaseUrl });
    await database.connect();
  });
  afterAll(() => database.end());

  const measuresOf = async (id: string, metric: string): Promise<number[]> => {
    const { rows } = await database.query<Measure>(
      `SELECT v.value FROM gnocchi.resources r JOIN gnocchi.metrics m ON m.resource_id = r.id
         JOIN gnocchi.measures v ON v.metric_id = m.id
       WHERE r.original_resource_id = $1 AND m.name = $2 ORDER BY v.timestamp`,
      [id, metric],
    );
    return rows.map(({ value }) => value);
  };

  it('measure a real guest: its processors’ time arrives again and again and grows, and so do its memory and disk', async () => {
    const id = await tenant.post();
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    const cpu = await until(
      async () => {
        const values = await measuresOf(id, 'cpu');
        return values.length >= 2 ? values : undefined;
      },
      200,
      60_000,
    );
    expect(cpu.toSorted((a, b) => a - b)).toEqual(cpu);
    expect(cpu.at(-1)).toBeGreaterThan(0);
    expect((await measuresOf(id, 'memory.usage'))[0]).toBeGreaterThan(1);
    expect((await measuresOf(id, 'power.state'))[0]).toBe(1);
    expect((await measuresOf(`${id}-vda`, 'disk.device.read.bytes'))[0]).toBeGreaterThanOrEqual(512);
    await tenant.delete(id);
  });
});
