import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { Tenant } from '../setup/tenant.js';
import { storedFiles, tokenOf } from '../setup/uploads.js';

const cloud = provided('fake');
const AT_ONCE = 12;
const ROUNDS = 8;

describe('requests for one object at once', () => {
  let tenant: Tenant;
  let account: string;
  let token: string;
  let db: pg.Client;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    token = await tokenOf(cloud, tenant);
    account = `/object-store/v1/AUTH_${tenant.api.projectId}`;
    db = new pg.Client({ connectionString: cloud.databaseUrl });
    await db.connect();
  });
  afterAll(() => db.end());

  const statusOf = async (method: string, path: string, body?: Uint8Array): Promise<number> =>
    (
      await fetch(`${tenant.api.base}${account}${path}`, {
        method,
        headers: { 'x-auth-token': token },
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      })
    ).status;
  /** The store holds what the records say, and nothing else. */
  const consistent = (): Promise<true> =>
    until(
      async () => {
        const files = await storedFiles(cloud, 'swift-');
        const { rows } = await db.query<{ location: string }>('SELECT location FROM swift.objects');
        const recorded = rows.map((r) => r.location.split('/').at(-1) ?? '');
        return new Set([...files, ...recorded]).size === files.length && files.length === recorded.length
          ? true
          : undefined;
      },
      50,
      20_000,
    );

  it('PUTs and DELETEs of one object leave the bytes of the last one and of no other', async () => {
    expect(await statusOf('PUT', '/races')).toBe(201);
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) =>
          i % 6 === 5 ? statusOf('DELETE', '/races/one') : statusOf('PUT', '/races/one', new Uint8Array(1000 + i)),
        ),
      );
      expect(answers.filter((s) => ![201, 204, 404].includes(s))).toEqual([]);
      await consistent();
    }
    await statusOf('DELETE', '/races/one');
    await consistent();
    expect(await statusOf('DELETE', '/races')).toBe(204);
  });

  it('a container that is deleted under PUTs is either gone, and they are 404, or kept, and the delete is 409', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      expect(await statusOf('PUT', '/closing')).toBe(201);
      const [deleted, ...puts] = await Promise.all([
        statusOf('DELETE', '/closing'),
        ...Array.from({ length: AT_ONCE }, (_, i) => statusOf('PUT', `/closing/o${i}`, new Uint8Array(1000))),
      ]);
      expect([204, 409]).toContain(deleted);
      expect(puts.filter((s) => ![201, 404].includes(s))).toEqual([]);
      await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => statusOf('DELETE', `/closing/o${i}`)));
      await statusOf('DELETE', '/closing');
      await consistent();
    }
  });

  it('GETs beside PUTs are always answered with a whole object', async () => {
    expect(await statusOf('PUT', '/readers')).toBe(201);
    expect(await statusOf('PUT', '/readers/one', new Uint8Array(1000))).toBe(201);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        i % 3 === 0 ? statusOf('PUT', '/readers/one', new Uint8Array(1000 + i)) : statusOf('GET', '/readers/one'),
      ),
    );
    expect(answers.filter((s) => ![200, 201].includes(s))).toEqual([]);
    await statusOf('DELETE', '/readers/one');
    await statusOf('DELETE', '/readers');
  });
});
