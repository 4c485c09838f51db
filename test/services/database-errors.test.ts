import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { toTemporalFailure } from '#activities/failures';
import { databaseError } from '#services/kernel/database-errors';
import { openDatabase, type OpenDatabase, type Statements } from '#services/kernel/database';
import { OpenStackError } from '#services/kernel/errors';

const databaseUrl = provided('databaseUrl');

describe('what the database refuses', () => {
  let at: OpenDatabase;
  /** A domain that a project refers to. */
  const domain = randomUUID();
  beforeAll(async () => {
    at = openDatabase(databaseUrl, 4);
    await at.db.project.create({ data: { id: domain, name: domain, is_domain: true } });
    await at.db.project.create({ data: { id: randomUUID(), name: 'p', domain_id: domain, parent_id: domain } });
  });
  afterAll(() => at.close());

  const refused = async (work: () => Promise<unknown>): Promise<OpenStackError> => {
    const caught: unknown = await work().then(
      () => undefined,
      (error: unknown) => error,
    );
    const error = caught instanceof OpenStackError ? caught : databaseError(caught);
    if (error === undefined) throw new Error(`No service's error was made of ${String(caught)}.`);
    return error;
  };
  const port = (on: Statements, network: string): Promise<number> => on.$executeRaw`
    INSERT INTO neutron.ports (id, project_id, network_id, mac_address) VALUES (${randomUUID()}, 'p', ${network}, 'm')`;

  it('for want of what a foreign key points to is a 404 in the words of its service, and an activity gives up', async () => {
    const network = randomUUID();
    const plain = await refused(() => port(at.sql, network));
    expect(plain).toMatchObject({ status: 404, type: 'NetworkNotFound', verdict: 'abort' });
    expect(plain.message).toBe(`Network ${network} could not be found.`);
    expect(await refused(() => at.sql.transaction((tx) => port(tx, network)))).toMatchObject({ status: 404 });
    const byPrisma = await refused(() => at.db.$transaction((tx) => port(tx, network)));
    expect(byPrisma).toMatchObject({ status: 404, type: 'NetworkNotFound', message: 'Network could not be found.' });
    const user = { id: randomUUID(), name: randomUUID(), password_hash: '', domain_id: 'nope' };
    const created: unknown = await at.db.user.create({ data: user }).catch((error: unknown) => error);
    expect(databaseError(created)).toMatchObject({ status: 404, type: 'DomainNotFound' });
    expect(toTemporalFailure(created, { attempt: 1, neverGivesUp: false })).toMatchObject({
      type: 'DomainNotFound',
      nonRetryable: true,
    });
  });

  it('since something still refers to it is a 409', async () => {
    const remove = { where: { id: domain } };
    expect(await refused(() => at.db.project.delete(remove))).toMatchObject({ status: 409 });
    expect(await refused(() => at.sql.$executeRaw`DELETE FROM keystone.projects WHERE id = ${domain}`)).toMatchObject({
      status: 409,
    });
  });

  it('since it is there already is a 409, and an activity tries again: the row may be its own', async () => {
    const write = (on: Statements): Promise<number> =>
      on.$executeRaw`INSERT INTO keystone.projects (id, name) VALUES (${domain}, 'x')`;
    for (const on of [at.sql, at.db])
      expect(await refused(() => write(on))).toMatchObject({ status: 409, verdict: 'retry' });
  });

  it('as no value of its column is a 400', async () => {
    const image = { id: randomUUID(), owner: 'o', status: 'queued', visibility: 'private' };
    const cases: (() => Promise<unknown>)[] = [
      () => at.db.image.create({ data: { ...image, min_disk: 2 ** 31 } }),
      () => at.db.image.create({ data: { ...image, properties: { a: '\ud800' } } }),
      () => at.db.flavor.findMany({ where: { disk: { gte: 1e30 } } }),
      () => at.db.flavor.findUnique({ where: { id: 'a\0b' } }),
      () => at.db.server.findMany({ where: { updated_at: { gte: new Date('nope') } } }),
      () => at.db.server.findMany({ where: { updated_at: { gte: new Date('-271821-04-20T00:00:00Z') } } }),
      () => at.sql.$queryRaw`SELECT ${'x'}::text::int`,
      () => at.sql.$queryRaw`SELECT ${'99999999999'}::text::int`,
    ];
    for (const work of cases) expect(await refused(work)).toMatchObject({ status: 400 });
  });

  it('which is a mistake of ours, stays one', async () => {
    const mistake: unknown = await at.sql.$queryRaw`SELECT nonsense`.catch((error: unknown) => error);
    expect(mistake).not.toBeInstanceOf(OpenStackError);
    expect(databaseError(mistake)).toBeUndefined();
    // Files and other connections have codes like the network's.
    expect(databaseError(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))).toBeUndefined();
  });

  it('for the sake of another transaction is tried again: of two that wait for each other, both succeed', async () => {
    const ids = [randomUUID(), randomUUID()] as const;
    for (const id of ids)
      await at.sql.$executeRaw`INSERT INTO placement.resource_providers (id, name) VALUES (${id}, ${id})`;
    let attempts = 0;
    let both = (): void => undefined;
    let holding = 0;
    const met = new Promise<void>((resolve) => {
      both = resolve;
    });
    const lockBoth = (first: string, second: string): Promise<void> =>
      at.sql.transaction(async (tx) => {
        attempts++;
        await tx.$executeRaw`UPDATE placement.resource_providers SET generation = generation + 1 WHERE id = ${first}`;
        if (++holding === 2) both();
        await met;
        await tx.$executeRaw`UPDATE placement.resource_providers SET generation = generation + 1 WHERE id = ${second}`;
      });
    await Promise.all([lockBoth(ids[0], ids[1]), lockBoth(ids[1], ids[0])]);
    expect(attempts).toBeGreaterThan(2);
    for (const id of ids)
      await at.sql.$executeRaw`DELETE FROM placement.resource_providers WHERE id = ${id} AND generation = 2`;
    expect(await at.db.resourceProvider.count({ where: { id: { in: [...ids] } } })).toBe(0);
  });

  it('again and again for the sake of others is a 503 that a client repeats, and never a 500', async () => {
    const hindered = at.sql.transaction(async (tx) => {
      await tx.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END $$`;
    });
    const error = await refused(() => hindered);
    expect(error).toMatchObject({ status: 503, verdict: 'retry' });
    expect(error.headers['retry-after']).toBe('1');
  });
});
