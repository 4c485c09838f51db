import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { openDatabase, type OpenDatabase } from '#services/kernel/database';
import { OpenStackError } from '#services/kernel/errors';

const databaseUrl = provided('databaseUrl');

/** One connection: what is not given back is missing at the next statement. */
describe('a transaction straight through the driver', () => {
  let at: OpenDatabase;
  beforeAll(() => {
    at = openDatabase(databaseUrl, 1);
  });
  afterAll(() => at.close());

  const names = (name: string): Promise<{ name: string }[]> =>
    at.sql.$queryRaw`SELECT name FROM placement.resource_providers WHERE name = ${name}`;

  it('leaves nothing when it fails, and gives its connection back', async () => {
    const name = `sql-${randomUUID()}`;
    const write = at.sql.transaction(async (tx) => {
      await tx.$executeRaw`INSERT INTO placement.resource_providers (id, name) VALUES (${randomUUID()}, ${name})`;
      throw new Error('refused');
    });
    await expect(write).rejects.toThrow('refused');
    expect(await names(name)).toEqual([]);
  });

  it('gives its connection back also when a statement of it was wrong', async () => {
    await expect(at.sql.transaction((tx) => tx.$executeRaw`SELECT nonsense`)).rejects.toThrow('nonsense');
    expect(await names('none')).toEqual([]);
  });

  it('holds its lock until it ends', async () => {
    const other = openDatabase(databaseUrl, 1);
    const lock = `it's ${randomUUID()}`;
    const taken = (): Promise<{ mine: boolean }[]> =>
      other.sql.$queryRaw`SELECT pg_try_advisory_lock(hashtextextended(${lock}, 0)) AS mine`;
    await at.sql.transaction(async () => expect(await taken()).toEqual([{ mine: false }]), lock);
    expect(await taken()).toEqual([{ mine: true }]);
    await other.close();
  });

  it('whose connection breaks says that the database is away, and the next one has another', async () => {
    const broken = at.sql.transaction(async (tx) => {
      const [self] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      const other = openDatabase(databaseUrl, 1);
      await other.sql.$queryRaw`SELECT pg_terminate_backend(${self!.pid})`;
      await other.close();
      await tx.$queryRaw`SELECT 1`;
    });
    const error: unknown = await broken.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenStackError);
    expect(error).toMatchObject({ status: 503, verdict: 'retry' });
    expect(await names('none')).toEqual([]);
  });

  it('says that the database is away where there is none', async () => {
    const nowhere = openDatabase('postgresql://nobody@127.0.0.1:1/none', 1);
    await expect(nowhere.sql.$queryRaw`SELECT 1`).rejects.toMatchObject({ status: 503, verdict: 'retry' });
    await expect(nowhere.sql.transaction((tx) => tx.$queryRaw`SELECT 1`)).rejects.toMatchObject({ status: 503 });
    await nowhere.close();
  });
});
