import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { ofOperations, replayAll, withTemporal } from '../setup/temporal.js';
import { NOTHING, Tenant, adminOf } from '../setup/tenant.js';
import { workflowOf } from '../setup/operations.js';

/** Processes are killed here, so the cloud is this file's own. A spawn takes a second, to be killed in the middle of it. */
describe('when a process is killed', () => {
  let own: OwnCloud;
  let tenant: Tenant;
  let keys: string;
  beforeAll(async () => {
    // With its payloads encrypted, as production has them.
    keys = await mkdtemp(path.join(os.tmpdir(), 'novaflow-key-'));
    const key = path.join(keys, 'payload-key');
    await writeFile(key, randomBytes(32).toString('base64'), { mode: 0o600 });
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake', NOVAFLOW_FAKE_SPAWN_MS: '1000', TEMPORAL_PAYLOAD_KEY: key });
    tenant = await Tenant.make(own.at);
  });
  afterAll(async () => {
    await own.stop();
    await rm(keys, { recursive: true });
  });

  /** The spawn is under way: it has begun, and takes a second. */
  const spawning = (id: string): Promise<true> =>
    until(
      async () =>
        (await tenant.events(id)).some((e) => e.event === 'spawnServer' && e.result === null) ? true : undefined,
      20,
      30_000,
    );
  const leftovers = async (): Promise<unknown[]> =>
    (await (await adminOf(own.at)).call<{ orphans: unknown[] }>('POST', '/internal/audit')).orphans;

  for (const role of ['compute', 'conductor'] as const) {
    it(`kill -9 of the ${role} during a boot: the boot ends ACTIVE, and nothing is left over`, async () => {
      const id = await tenant.post(tenant.volumeServer());
      await spawning(id);
      process.kill(own.cloud.pids()[role]!, 'SIGKILL');
      expect((await tenant.settled(id)).status).toBe('ACTIVE');
      await tenant.delete(id);
      expect(await tenant.holdings()).toEqual(NOTHING);
      expect(await leftovers()).toEqual([]);
    });
  }

  it('payloads are encrypted where a key is set: Temporal sees none', async () => {
    const id = await tenant.post(tenant.server({ name: 'not-to-be-read' }));
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    const client = new Client({ connection: await Connection.connect({ address: own.at.temporalAddress }) });
    const { events } = await client.workflow.getHandle(await workflowOf(own.at, 'bootServer', id)).fetchHistory();
    await client.connection.close();
    const input = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
    expect(Buffer.from(input?.metadata?.['encoding'] ?? []).toString()).toBe('binary/novaflow-aes256gcm');
    expect(Buffer.from(input?.data ?? []).toString('latin1')).not.toContain('not-to-be-read');
    await tenant.delete(id);
  });

  it('Temporal away at POST /servers: 202 at once, and ACTIVE when it is back', async () => {
    await own.cloud.suspend('temporal');
    const began = Date.now();
    const id = await tenant.post();
    expect(Date.now() - began).toBeLessThan(5_000);
    expect((await tenant.show(id)).status).toBe('BUILD');
    await own.cloud.resume('temporal');
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await tenant.delete(id);
    expect(await leftovers()).toEqual([]);
  });

  it('the api killed between insert and start, and a delete before the start: it is never built, and nothing is left', async () => {
    await own.cloud.suspend('temporal');
    const id = await tenant.post();
    process.kill(own.cloud.pids()['api']!, 'SIGKILL');
    await until(
      async () =>
        (await tenant.api.request('DELETE', `/compute/v2.1/servers/${id}`).catch(() => undefined))?.status === 204
          ? true
          : undefined,
      100,
      30_000,
    );
    await own.cloud.resume('temporal');
    await tenant.gone(id);
    await withTemporal(own.at, async (client) => {
      await expect(client.workflow.getHandle(await workflowOf(own.at, 'bootServer', id)).describe()).rejects.toThrow(
        'not found',
      );
    });
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await leftovers()).toEqual([]);
  });

  it('the api killed between insert and start: the conductor starts the boot', async () => {
    await own.cloud.suspend('temporal');
    const id = await tenant.post();
    process.kill(own.cloud.pids()['api']!, 'SIGKILL');
    await own.cloud.resume('temporal');
    await until(async () => (await tenant.show(id).catch(() => undefined))?.status, 100, 30_000);
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await tenant.delete(id);
    expect(await leftovers()).toEqual([]);
  });

  it('every history of these boots and deletes replays', async () => {
    expect(await replayAll(own.at, ofOperations)).toBeGreaterThan(8);
  });
});
