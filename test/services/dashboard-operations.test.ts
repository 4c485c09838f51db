import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newOperation, operationKind } from '#services/kernel/operations';
import { newMember, type Member } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';

interface Operation {
  readonly id: string;
  readonly resource: { readonly id: string };
  readonly state: string;
  readonly project_id: string;
}
const kind = operationKind<object>({ kind: 'createVolume', resource: 'volume' });

describe('the list of operations', () => {
  let api: ServiceApi;
  let mine: Member;
  let other: Member;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    [mine, other] = [await newMember(api.admin), await newMember(api.admin)];
  });
  afterAll(() => api.stop());

  /** Held, so that nothing starts it. */
  const made = async ({ project, user }: Member, resourceId: string = randomUUID()): Promise<string> => {
    const asker = { projectId: project, userId: user, requestId: 'req-1' };
    const operation = newOperation(kind, resourceId, {}, asker, { summary: '', details: '' }, true);
    const { operations, db } = api.services;
    await operations.add(db, [operation]);
    return operation.id;
  };
  const end = (operationId: string): Promise<void> =>
    api.services.operations.finishNow({ operationId, state: 'done', story: [] });
  const list = async (query = '', who = mine.api): Promise<string[]> =>
    (await who.call<{ operations: Operation[] }>('GET', `/dashboard/operations${query}`)).operations.map(
      ({ id }) => id,
    );

  it('has those of a project, the newest first, in pages, by their state and by what they work on', async () => {
    const volume = randomUUID();
    const ids = [await made(mine, volume), await made(mine), await made(mine, volume)].toReversed();
    await made(other);
    await end(ids[2]!);
    expect(await list()).toEqual(ids);
    expect(await list('?limit=1')).toEqual(ids.slice(0, 1));
    expect(await list(`?limit=5&marker=${ids[0]}`)).toEqual(ids.slice(1));
    expect(await list('?state=open')).toEqual(ids.slice(0, 2));
    expect(await list('?state=ended')).toEqual(ids.slice(2));
    expect(await list(`?resource_id=${volume}`)).toEqual([ids[0], ids[2]]);
    expect(await list(`?resource_id=${volume}&state=ended`)).toEqual([ids[2]]);
  });

  it('and each of them is closed to other projects, as if it were not there', async () => {
    const theirs = await made(other);
    const absent = randomUUID();
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '?marker='],
    ] as const) {
      const at = (id: string) => (path === '' ? `/dashboard/operations/${id}` : `/dashboard/operations${path}${id}`);
      const answers = [];
      for (const id of [theirs, absent]) {
        const { status, body } = await mine.api.request<object>(method, at(id));
        answers.push([status, JSON.stringify(body).replaceAll(id, 'ID')]);
      }
      expect(answers[0]![0]).toBe(404);
      expect(answers[0]).toEqual(answers[1]);
    }
    expect((await mine.api.request('GET', '/dashboard/operations?all_projects=true')).status).toBe(403);
    expect((await mine.api.request('POST', `/dashboard/operations/${theirs}/retry`)).status).toBe(403);
    const all = await list('?all_projects=true&limit=500', api.admin);
    expect(all).toContain(theirs);
    expect(await list('', api.admin)).not.toContain(theirs);
  });

  it('says why one failed to operators alone: a host’s words name its files and itself', async () => {
    const id = await made(mine);
    const message = 'connectVolume on node-7: /var/lib/novaflow/volumes: no space left';
    await api.services.operations.finishNow({ operationId: id, state: 'failed', message, story: [] });
    const seen = async (who: Member['api'], all = '') => {
      const { operations } = await who.call<{ operations: { id: string; error: string | null }[] }>(
        'GET',
        `/dashboard/operations?limit=500${all}`,
      );
      const one = await who.call<{ operation: { error: string | null } }>('GET', `/dashboard/operations/${id}`);
      return [operations.find((operation) => operation.id === id)?.error, one.operation.error];
    };
    expect(await seen(mine.api)).toEqual(['Error', 'Error']);
    expect(await seen(api.admin, '&all_projects=true')).toEqual([message, message]);
  });

  it('refuses what it does not understand', async () => {
    for (const query of ['state=x', 'limit=x', 'limit=-1', `limit=${'9'.repeat(30)}`])
      expect([query, (await mine.api.request('GET', `/dashboard/operations?${query}`)).status]).toEqual([query, 400]);
    for (const id of ['nothing', 'constructor', 'x'.repeat(4_000)])
      expect((await mine.api.request('GET', `/dashboard/operations/${id}`)).status).toBe(404);
  });

  it('is read by an index, whatever it is asked for', async () => {
    const { db } = api.services;
    const owner = (i: string) => `md5((${i})::text)`;
    await db.$executeRawUnsafe(`
      INSERT INTO operations.operations (id, kind, resource_type, resource_id, project_id, user_id, request_id, state, input, story)
      SELECT gen_random_uuid(), 'stopServer', 'server', gen_random_uuid(), ${owner('i % 5')}, 'u', 'r', 'done', '{}', '{}'
      FROM generate_series(1, 20000) i`);
    await db.$executeRawUnsafe('ANALYZE operations.operations');
    for (const where of [`WHERE project_id = ${owner('3')}`, '']) {
      const plan = await db.$queryRawUnsafe<{ 'QUERY PLAN': string }[]>(
        `EXPLAIN SELECT id FROM operations.operations ${where} ORDER BY requested_at DESC, id DESC LIMIT 50`,
      );
      const text = plan.map((row) => row['QUERY PLAN']).join('\n');
      expect(text).toMatch(/Index/);
      expect(text).not.toMatch(/Seq Scan|Sort/);
    }
  });

  it('has nothing to try again of one that has ended', async () => {
    const id = await made(mine);
    await end(id);
    const { status, body } = await api.admin.request<object>('POST', `/dashboard/operations/${id}/retry`);
    expect([status, Object.keys(body)]).toEqual([409, ['conflictingRequest']]);
  });
});
