import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TemporalEngine, makeClient } from '#apps/temporal/index';
import { loadConfig } from '#config';

/** Tries to connect: by gRPC's own back-off the tenth comes after two minutes. */
const TRIES = 10;
const LIMIT_MS = 60_000;
/** gRPC's status for a server that is not there. */
const UNAVAILABLE = 14;

/** A Temporal that takes no connection, and how many were tried. */
async function away(): Promise<{ operations: TemporalEngine; tries: () => number }> {
  let tries = 0;
  const server = createServer((socket) => {
    tries++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = makeClient(loadConfig({ ...process.env, TEMPORAL_ADDRESS: address }));
  onTestFinished(async () => {
    await client.connection.close();
    server.close();
  });
  return { operations: new TemporalEngine(client), tries: () => tries };
}

describe('While Temporal is away', () => {
  it('a client looks for it every few seconds, however long that lasts', { timeout: 2 * LIMIT_MS }, async () => {
    const { operations, tries } = await away();
    const triesSoFar = async (): Promise<number> => {
      await operations.story('of-any-workflow');
      return tries();
    };
    await expect.poll(triesSoFar, { timeout: LIMIT_MS }).toBeGreaterThanOrEqual(TRIES);
  });

  it('a start fails at once: one that waited for it could come after the delete that withdraws it', async () => {
    const { operations } = await away();
    const failing = operations.start({
      id: 'w',
      kind: 'bootServer',
      resource_type: 'server',
      resource_id: 's',
      project_id: 'p',
      request_id: 'r',
      input: {},
      story: { summary: '', details: '' },
    });
    // One that is tried again ends by its deadline, with another status.
    await expect(failing).rejects.toMatchObject({ cause: { code: UNAVAILABLE } });
  });
});
