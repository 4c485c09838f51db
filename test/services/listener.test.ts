import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Listener } from '#services/kernel/listen';

describe('who listens to the database', () => {
  /** What a client and PostgreSQL are connected by. */
  const sockets: Socket[] = [];
  let between: Server;
  let listener: Listener;
  beforeAll(async () => {
    const url = new URL(provided('databaseUrl'));
    const directory = url.searchParams.get('host');
    url.searchParams.delete('host');
    const target =
      directory === null
        ? { host: url.hostname, port: Number(url.port) }
        : { path: `${directory}/.s.PGSQL.${url.port}` };
    between = createServer((client) => {
      const server = connect(target);
      for (const socket of [client, server]) sockets.push(socket.on('error', () => undefined));
      client.pipe(server).pipe(client);
    });
    await new Promise<void>((listening) => between.listen(0, '127.0.0.1', listening));
    Object.assign(url, { hostname: '127.0.0.1', port: String((between.address() as AddressInfo).port) });
    listener = new Listener(url.href, 'test_listener');
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await listener.close();
    between.close();
  });

  it('of two processes gives a lease to one, and to the other as soon as the first has ended', async () => {
    const url = provided('databaseUrl');
    const [first, second] = [new Listener(url, 'test_listener'), new Listener(url, 'test_listener')];
    try {
      expect(await first.holds('test lease')).toBe(true);
      expect(await second.holds('test lease')).toBe(false);
      expect(await second.holds('another lease')).toBe(true);
      expect(await first.holds('test lease')).toBe(true);
      await first.close();
      expect(await first.holds('test lease')).toBe(false);
      await expect.poll(() => second.holds('test lease'), { timeout: 10_000 }).toBe(true);
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  it('connects again where a connection has gone dead and nobody has said so', async () => {
    await expect.poll(() => listener.hears && sockets.length > 0, { timeout: 10_000 }).toBe(true);
    const dead = sockets.length;
    for (const socket of sockets) socket.unpipe().pause();
    await expect.poll(() => listener.hears, { timeout: 10_000 }).toBe(false);
    await expect.poll(() => listener.hears, { timeout: 10_000 }).toBe(true);
    expect(sockets.length).toBeGreaterThan(dead);
  }, 40_000);
});
