import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { webhooksOf, passOn } from '#apps/worker/notifier';
import { until } from '#cli/bench/measure';
import { loadConfig } from '#config';
import { makeLogger } from '#services/kernel/log';
import type { Reader } from '#services/notifications/index';
import { ServiceApi } from '../setup/service-api.js';

const SECRET = 'a secret for tests only';

interface Delivery {
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

describe('a reader whose place the cloud keeps', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());

  /** Writes notifications, and waits until they can be read: other tests on the same server have transactions open. */
  const tell = async (type: string, ...ids: string[]): Promise<void> => {
    for (const id of ids)
      await api.database.query(
        `INSERT INTO notifications.notifications (event_type, publisher_id, resource_type, resource_id, payload)
         VALUES ($1, 'test', 'test', $2, '{}')`,
        [type, id],
      );
    await until(
      async () => {
        const { rows } = await api.database.query(
          'SELECT 1 FROM notifications.notifications WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint',
        );
        return rows.length === 0 || undefined;
      },
      50,
      20_000,
    );
  };
  /** As if the pause after a failure were over. */
  const retryNow = (): Promise<unknown> =>
    api.database.query('UPDATE notifications.readers SET next_attempt_at = now()');
  const reader = (name: string, more: Partial<Reader> = {}): Reader => ({
    name,
    from: 'now',
    filter: { eventType: name },
    limit: 2,
    leaseSeconds: 30,
    attempts: 3,
    ...more,
  });

  it('is handed everything in its order, and once where it takes it', async () => {
    const seen: string[] = [];
    const turn = () =>
      api.services.readers.advance(reader('in-order'), (rows) => {
        seen.push(...rows.map((n) => n.resource_id));
        return Promise.resolve();
      });
    await tell('in-order', 'before');
    expect(await turn()).toEqual({ state: 'idle' });
    await tell('in-order', 'a', 'b', 'c');
    expect([await turn(), await turn(), await turn()].map(({ state }) => state)).toEqual(['done', 'done', 'idle']);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('is handed the same again where it failed, after a pause and before anything behind it, and goes on after the last try', async () => {
    const tried: string[][] = [];
    let works = false;
    const turn = () =>
      api.services.readers.advance(reader('failing'), (rows) => {
        tried.push(rows.map((n) => n.resource_id));
        return works ? Promise.resolve() : Promise.reject(new Error('away'));
      });
    await turn();
    await tell('failing', 'a', 'b', 'c');
    expect(await turn()).toEqual({ state: 'failed', error: 'away', attempts: 1, count: 2 });
    expect(await turn()).toEqual({ state: 'idle' });
    await retryNow();
    expect(await turn()).toMatchObject({ state: 'failed', attempts: 2 });
    await retryNow();
    expect(await turn()).toMatchObject({ state: 'given up', attempts: 3, count: 2 });
    works = true;
    expect(await turn()).toEqual({ state: 'done' });
    expect(tried).toEqual([['a', 'b'], ['a', 'b'], ['a', 'b'], ['c']]);
  });

  it('is one conductor’s at a time, and another one’s when that has died', async () => {
    const name = reader('alone');
    await api.services.readers.advance(name, () => Promise.resolve());
    await tell('alone', 'a');
    let inside = false;
    let die: (error: Error) => void = () => undefined;
    const first = api.services.readers.advance(
      name,
      () =>
        new Promise<void>((_, reject) => {
          inside = true;
          die = reject;
        }),
    );
    await until(() => Promise.resolve(inside || undefined), 5, 5_000);
    const seen: string[] = [];
    const second = () =>
      api.services.readers.advance(name, (rows) => {
        seen.push(...rows.map((n) => n.resource_id));
        return Promise.resolve();
      });
    expect(await second()).toEqual({ state: 'idle' });
    await retryNow();
    expect(await second()).toEqual({ state: 'done' });
    // Who comes back after the lease does not take the reader back.
    die(new Error('woke up late'));
    await first;
    await retryNow();
    expect(await second()).toEqual({ state: 'idle' });
    expect(seen).toEqual(['a']);
  });

  it('may be a webhook, which gets everything signed and in order, again where it did not answer well, and follows nobody elsewhere', async () => {
    const got: Delivery[] = [];
    const answers = [503, 302];
    const receiver = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        got.push({ body: Buffer.concat(parts).toString(), headers: request.headers });
        response.writeHead(answers.shift() ?? 204, { location: '/elsewhere' }).end();
      });
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-webhook-'));
    const stop = new AbortController();
    const { port } = receiver.address() as { port: number };
    await writeFile(path.join(home, 'secret'), `${SECRET}\n`);
    const hooks = await webhooksOf(
      loadConfig({
        NOVAFLOW_HOME: home,
        NOVAFLOW_NOTIFICATIONS_WEBHOOKS: `http://hooks:p%40ss@127.0.0.1:${port}/hook`,
        NOVAFLOW_NOTIFICATIONS_WEBHOOK_SECRET: path.join(home, 'secret'),
      }),
    );
    const sending = passOn(api.services, hooks, 0, makeLogger('test', 'silent'), stop.signal);
    try {
      await until(
        async () => {
          const { rows } = await api.database.query("SELECT 1 FROM notifications.readers WHERE name LIKE 'webhook:%'");
          return rows.length > 0 || undefined;
        },
        20,
        10_000,
      );
      await tell('hook', 'a', 'b');
      await until(
        async () => {
          await retryNow();
          return got.length >= 3 || undefined;
        },
        50,
        20_000,
      );
    } finally {
      stop.abort();
      await sending;
      receiver.close();
      await rm(home, { recursive: true });
    }
    const told = got.map(({ body }) =>
      (JSON.parse(body) as { notifications: { resource_id: string }[] }).notifications.map((n) => n.resource_id),
    );
    expect(told.slice(0, 3).every((ids) => ids[0] === 'a')).toBe(true);
    expect(told[2]).toContain('b');
    for (const { body, headers } of got) {
      const timestamp = String(headers['x-novaflow-timestamp']);
      const signature = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex');
      expect(headers.authorization).toBe(`Basic ${Buffer.from('hooks:p@ss').toString('base64')}`);
      expect(headers['x-novaflow-signature']).toBe(`sha256=${signature}`);
    }
  });

  it('is no webhook without a secret, nor at an address that is none', async () => {
    const hooks = (url: string) =>
      webhooksOf(loadConfig({ NOVAFLOW_HOME: os.tmpdir(), NOVAFLOW_NOTIFICATIONS_WEBHOOKS: url }));
    await expect(hooks('https://receiver.example/')).rejects.toThrow('NOVAFLOW_NOTIFICATIONS_WEBHOOK_SECRET');
    await expect(hooks('https://receiver.example/,file:///etc/passwd')).rejects.toThrow('Address 2');
    expect(await hooks('')).toEqual({ urls: [], secret: '' });
  });
});
