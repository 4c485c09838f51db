import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { openDatabase, type OpenDatabase } from '#services/kernel/database';

interface Told {
  heard?: boolean;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly error?: unknown;
}

describe('a pool that somebody traces', () => {
  let at: OpenDatabase;
  const ended: Told[] = [];
  let hears = true;
  const begins = (message: unknown): void => void ((message as Told).heard = hears);
  const ends = (message: unknown): void => void ended.push(message as Told);
  beforeAll(() => {
    subscribe('tracing:novaflow.sql:start', begins);
    subscribe('tracing:novaflow.sql:asyncEnd', ends);
    at = openDatabase(provided('databaseUrl'), 1);
  });
  afterAll(async () => {
    unsubscribe('tracing:novaflow.sql:start', begins);
    unsubscribe('tracing:novaflow.sql:asyncEnd', ends);
    await at.close();
  });
  /** What is told of some work: each use of a connection by its statements. */
  async function told(work: () => Promise<unknown>): Promise<(readonly [statements: unknown, text: unknown])[]> {
    ended.length = 0;
    await work();
    return ended.map(({ attributes }) => [attributes?.['novaflow.statements'], attributes?.['db.query.text']] as const);
  }

  it('tells of a transaction as one use, of each other statement as one, and never a value', async () => {
    const secret = 'a value of a statement';
    expect(await told(() => at.sql.transaction((tx) => tx.$queryRaw`SELECT ${secret}::text AS one`))).toEqual([
      [3, "BEGIN; SET LOCAL statement_timeout = '10s'; SELECT $1::text AS one; COMMIT"],
    ]);
    expect(await told(() => at.sql.$queryRaw`SELECT ${secret}::text   AS two`)).toEqual([
      [1, 'SELECT $1::text AS two'],
    ]);
    const [[statements, text] = []] = await told(() => at.db.server.count({ where: { id: secret } }));
    expect(statements).toBe(1);
    expect(text).toMatch(/^SELECT COUNT/i);
    expect(text).not.toContain(secret);
  });

  it('gives the one connection back whatever becomes of its use', async () => {
    const wrong = (): Promise<unknown> =>
      at.sql.transaction((tx) => tx.$queryRaw`SELECT no_such_column`).catch(() => 0);
    expect((await told(wrong))[0]?.[1]).toMatch(/ROLLBACK$/);
    await Promise.all(Array.from({ length: 20 }, () => at.sql.$queryRaw`SELECT 1`));
    expect(at.pool()).toEqual({ open: 1, idle: 1, waiting: 0 });
  });

  it('notes nothing of a use that nobody traces', async () => {
    hears = false;
    expect(await told(() => at.sql.$queryRaw`SELECT 1`)).toEqual([]);
    hears = true;
    expect(await told(() => at.sql.$queryRaw`SELECT 2`)).toEqual([[1, 'SELECT 2']]);
  });

  it('tells why there was no connection', async () => {
    const nowhere = openDatabase('postgresql://nobody@127.0.0.1:1/none', 1);
    ended.length = 0;
    await expect(nowhere.sql.$queryRaw`SELECT 1`).rejects.toThrow('database');
    expect(ended).toMatchObject([{ error: { code: 'ECONNREFUSED' } }]);
    await nowhere.close();
  });
});
