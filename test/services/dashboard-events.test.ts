import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import type { Api } from '#apps/standalone/api';
import { newOperation, operationKind } from '#services/kernel/operations';
import { newMember, type Member } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';

const kind = operationKind<object>({ kind: 'createVolume', resource: 'volume' });
const LIMIT_MS = 20_000;

/** A stream that is read as it comes. By Node's own client: fetch opens connections that it never uses where it leaves one. */
class Followed {
  text = '';
  ended = false;
  private constructor(
    readonly status: number,
    private readonly answer: IncomingMessage,
  ) {
    answer.setEncoding('utf8').on('data', (part: string) => (this.text += part));
    for (const event of ['end', 'close', 'error']) answer.on(event, () => (this.ended = true));
  }

  static async by({ base, sessionToken }: Api, query = '', accept = 'text/event-stream'): Promise<Followed> {
    const headers = { 'x-auth-token': sessionToken, accept };
    const request = get(`${base}/dashboard/events${query}`, { headers, agent: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return new Followed(answer.statusCode ?? 0, answer);
  }

  leave(): void {
    this.answer.destroy();
  }

  get events(): { type: string; id: string }[] {
    return [...this.text.matchAll(/^data: (.*)$/gm)].map(
      ([, data]) => JSON.parse(data!) as { type: string; id: string },
    );
  }
  sees(id: string): Promise<true> {
    return until(() => Promise.resolve(this.events.some((one) => one.id === id) || undefined), 50, LIMIT_MS);
  }
}

describe('the stream of what changes', () => {
  let api: ServiceApi;
  let mine: Member;
  let other: Member;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    [mine, other] = [await newMember(api.admin), await newMember(api.admin)];
  });
  afterAll(() => api.stop());
  const made = async ({ project, user }: Member): Promise<{ id: string; volume: string }> => {
    const volume = randomUUID();
    const asker = { projectId: project, userId: user, requestId: 'req-1' };
    const operation = newOperation(kind, volume, {}, asker, { summary: '', details: '' }, true);
    await api.services.operations.add(api.services.db, [operation]);
    return { id: operation.id, volume };
  };
  /** Its first look is what later ones are compared with. */
  const following = async (who: Api, query = ''): Promise<Followed> => {
    const followed = await Followed.by(who, query);
    expect(followed.status).toBe(200);
    await until(
      async () => {
        const { id } = await made(who === other.api ? other : mine);
        return followed.events.length > 0 || followed.events.some((one) => one.id === id) ? true : undefined;
      },
      200,
      LIMIT_MS,
    );
    return followed;
  };

  it('says of what a project has that it has changed, and nothing of others, and nothing but its type and id', async () => {
    const stream = await following(mine.api);
    const theirs = await made(other);
    const own = await made(mine);
    await stream.sees(own.volume);
    expect(stream.events.find(({ id }) => id === own.volume)).toEqual({ type: 'volume', id: own.volume });
    expect(stream.events.find(({ id }) => id === own.id)).toEqual({ type: 'operation', id: own.id });
    expect(stream.text).not.toContain(theirs.id);
    expect(stream.text).not.toContain(theirs.volume);
    const before = stream.events.filter(({ id }) => id === own.id).length;
    await api.services.operations.finishNow({ operationId: own.id, state: 'done', story: [] });
    await until(
      () => Promise.resolve(stream.events.filter(({ id }) => id === own.id).length > before || undefined),
      50,
      LIMIT_MS,
    );
    stream.leave();
  });

  it('says of networks, images and whatever else notifications tell of that it has changed, and of users to operators alone', async () => {
    const [stream, operators] = [await following(mine.api), await Followed.by(api.admin)];
    const { network } = await mine.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: { name: 'live' },
    });
    await stream.sees(network.id);
    expect(stream.events.find(({ id }) => id === network.id)).toEqual({ type: 'network', id: network.id });
    const count = () => stream.events.filter(({ id }) => id === network.id).length;
    const before = count();
    await mine.api.call('PUT', `/network/v2.0/networks/${network.id}`, { network: { name: 'lively' } });
    await until(() => Promise.resolve(count() > before || undefined), 50, LIMIT_MS);
    await mine.api.call('DELETE', `/network/v2.0/networks/${network.id}`);
    const { user } = await newMember(api.admin);
    await operators.sees(user);
    expect(operators.text).not.toContain(network.id);
    expect(stream.text).not.toContain(user);
    for (const one of [stream, operators]) one.leave();
  });

  it('has what changes everywhere for an operator who asks for it, and for nobody else', async () => {
    const stream = await following(api.admin, '?all_projects=true');
    await stream.sees((await made(other)).volume);
    stream.leave();
    expect((await Followed.by(mine.api, '?all_projects=true')).status).toBe(403);
  });

  it('asks the database for nothing when nobody listens', async () => {
    await until(() => Promise.resolve(api.services.operationChanges.active ? undefined : true), 50, LIMIT_MS);
    const stream = await Followed.by(mine.api);
    expect(api.services.operationChanges.active).toBe(true);
    stream.leave();
    await until(() => Promise.resolve(api.services.operationChanges.active ? undefined : true), 50, LIMIT_MS);
  });

  it('ends when its token does', async () => {
    const who = await newMember(api.admin);
    const stream = await Followed.by(who.api);
    expect(stream.status).toBe(200);
    await api.admin.call('PATCH', `/identity/v3/users/${who.user}`, { user: { enabled: false } });
    await until(() => Promise.resolve(stream.ended || undefined), 100, LIMIT_MS);
  });

  it('is refused to who has many, who does not ask for a stream and who has no token', async () => {
    const streams = await Promise.all(Array.from({ length: 12 }, () => Followed.by(other.api)));
    expect(streams.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(streams.filter(({ status }) => status === 429)).toHaveLength(2);
    for (const stream of streams) stream.leave();
    expect((await Followed.by(mine.api, '', '*/*')).status).toBe(400);
    expect((await fetch(`${api.admin.base}/dashboard/events`)).status).toBe(401);
  });

  it('ends when the api stops, which waits for nobody', async () => {
    const own = await ServiceApi.start(provided('databaseUrl'));
    const stream = await Followed.by(own.admin);
    expect(stream.status).toBe(200);
    await own.stop();
    await until(() => Promise.resolve(stream.ended || undefined), 50, LIMIT_MS);
  });
});
