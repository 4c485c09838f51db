import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { openDatabase, type OpenDatabase } from '#services/kernel/database';
import { bool, integer, nullable, rowType, rowsOf, text, texts, textMap, time } from '#services/kernel/rows';

const databaseUrl = provided('databaseUrl');

describe('the rows of a statement that is written as it is', () => {
  let at: OpenDatabase;
  beforeAll(() => {
    at = openDatabase(databaseUrl, 2);
  });
  afterAll(() => at.close());

  const CHANGED = rowType({ id: text, n: integer });

  it('are the same by the driver, by Prisma and in the transactions of both, and as they are described', async () => {
    const all = rowType({ id: text, n: integer, is: bool, at: time, none: nullable(text), names: texts, map: textMap });
    const write = (on: Parameters<typeof rowsOf>[0]) => rowsOf(on, all)`
      SELECT ${'a'}::text AS id, 1 AS n, true AS is, now() AS at, NULL::text AS none, ARRAY['x', 'y'] AS names,
        '{"a": "b"}'::jsonb AS map`;
    for (const rows of [
      await write(at.sql),
      await write(at.db),
      await at.sql.transaction((tx) => write(tx)),
      await at.db.$transaction((tx) => write(tx)),
    ])
      expect(rows).toEqual([
        { id: 'a', n: 1, is: true, at: expect.any(Date) as Date, none: null, names: ['x', 'y'], map: { a: 'b' } },
      ]);
    expect(await rowsOf(at.sql, all)`SELECT 1 AS other WHERE false`).toEqual([]);
  });

  it('are refused by both ways when a column is missing, is one too many, is null or is of another type', async () => {
    for (const on of [at.sql, at.db]) {
      await expect(rowsOf(on, CHANGED)`SELECT 'a' AS id`).rejects.toThrow('not as its columns are described (id, n)');
      await expect(rowsOf(on, CHANGED)`SELECT 'a' AS id, 1 AS n, 2 AS more`).rejects.toThrow('more: number');
      await expect(rowsOf(on, CHANGED)`SELECT 'a' AS id, NULL::int AS n`).rejects.toThrow('n: null');
      // PostgreSQL counts in 64 bits, which come as text by one way and as a bigint by the other.
      await expect(rowsOf(on, CHANGED)`SELECT 'a' AS id, count(*) AS n`).rejects.toThrow(/n: (string|bigint)/);
    }
  });

  it('are refused without a word of what is in them', async () => {
    const told = rowsOf(at.sql, CHANGED)`SELECT 'secret' AS id, 'secret' AS n`;
    await expect(told).rejects.toThrow('id: string, n: string');
    await expect(told).rejects.not.toThrow('secret');
  });

  it('undo the transaction that got them when they are refused', async () => {
    const name = `rows-${process.pid}`;
    const write = at.sql.transaction(
      (tx) => rowsOf(tx, CHANGED)`
        INSERT INTO placement.resource_providers (id, name) VALUES (${name}, ${name}) RETURNING id, name`,
    );
    await expect(write).rejects.toThrow('name: string');
    expect(await at.db.resourceProvider.count({ where: { name } })).toBe(0);
  });
});
