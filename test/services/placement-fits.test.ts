import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { randomOf } from '#cli/chaos/plan';
import { capacityOf, fits, fitting } from '#services/placement/fits';

/** Enough to meet every edge of every rule many times over. */
const CASES = 5_000;

describe('the rule of an allocation', () => {
  let db: pg.Client;
  beforeAll(async () => {
    db = new pg.Client({ connectionString: provided('databaseUrl') });
    await db.connect();
  });
  afterAll(() => db.end());

  it('lets the same through in the scheduler, which filters, as in the database, which claims', async () => {
    const random = randomOf(1);
    const upTo = (most: number, least = 0): number => least + Math.floor(random() * (most - least + 1));
    const cases = Array.from({ length: CASES }, () => ({
      amount: upTo(12, 1),
      total: upTo(12, 1),
      reserved: upTo(2),
      min_unit: upTo(3, 1),
      max_unit: upTo(12, 1),
      step_size: upTo(3, 1),
      allocation_ratio: [0.5, 1, 1.5, 16][upTo(3)]!,
      used: upTo(12),
    }));
    const { rows } = await db.query<{ claimable: boolean; capacity: number }>(
      `SELECT ${fitting('c.amount', 'c').sql} AND c.amount + c.used <= ${capacityOf('c').sql} AS claimable,
         ${capacityOf('c').sql} AS capacity
       FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (amount int, total int, reserved int, min_unit int, max_unit int,
         step_size int, allocation_ratio float8, used int)) WITH ORDINALITY AS c ORDER BY c.ordinality`,
      [JSON.stringify(cases)],
    );
    const filtered = cases.map((c, i) =>
      fits(c.amount, {
        minUnit: c.min_unit,
        maxUnit: c.max_unit,
        stepSize: c.step_size,
        capacity: rows[i]!.capacity,
        used: c.used,
      }),
    );
    expect(filtered).toEqual(rows.map((r) => r.claimable));
    expect(new Set(filtered)).toEqual(new Set([true, false]));
  });
});
