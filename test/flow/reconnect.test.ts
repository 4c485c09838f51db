import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TemporalOperations, makeClient } from '#apps/temporal/index';
import { loadConfig } from '#config';

/** Tries to connect: by gRPC's own back-off the tenth comes after two minutes. */
const TRIES = 10;
const LIMIT_MS = 60_000;

describe('While Temporal is away', () => {
  it('a client looks for it every few seconds, however long that lasts', { timeout: 2 * LIMIT_MS }, async () => {
    let tries = 0;
    const away = createServer((socket) => {
      tries++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(away.address() as AddressInfo).port}`;
    const client = makeClient(loadConfig({ ...process.env, TEMPORAL_ADDRESS: address }));
    onTestFinished(async () => {
      await client.connection.close();
      away.close();
    });
    const operations = new TemporalOperations(client);
    const triesSoFar = async (): Promise<number> => {
      await operations.story('of-any-workflow');
      return tries;
    };
    await expect.poll(triesSoFar, { timeout: LIMIT_MS }).toBeGreaterThanOrEqual(TRIES);
  });
});
