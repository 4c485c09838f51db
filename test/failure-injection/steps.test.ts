import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { bootServerSteps } from '#workflows/boot-server/steps';
import { createVolumeSteps } from '#workflows/create-volume/steps';
import { deleteServerSteps } from '#workflows/delete-server/steps';
import { hits, inject } from '../setup/faults.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';

/**
 * Every step of the tables is failed in turn: before it acts, and after it acted. A new step is covered the day it is
 * written. Each case has a project and a server of its own, and asserts that its fault was hit.
 */
const cloud = provided('fake');
const PHASES = ['before', 'after'] as const;

/** A boot from an image for the one step that a boot from a volume does not have. */
const bodyFor = (tenant: Tenant, step: string): object =>
  step === 'fetchImage' ? tenant.server() : tenant.volumeServer();

describe.each(Object.keys(bootServerSteps))('boot: %s', (step) => {
  describe.each(PHASES)('%s it acts', (phase) => {
    it.concurrent('fails once: is tried again, and the server is ACTIVE', async () => {
      const tenant = await Tenant.make(cloud);
      const clear = await inject(cloud, { project: tenant.api.projectId, step, phase, kind: 'error' });
      const id = await tenant.post(bodyFor(tenant, step));
      expect((await tenant.settled(id)).status).toBe('ACTIVE');
      expect(hits(cloud, `boot-server/${id}`)).toMatchObject([{ step, phase, kind: 'error', attempt: 1 }]);
      await tenant.delete(id);
      await clear();
      expect(await tenant.holdings()).toEqual(NOTHING);
      expect(await orphansOf(cloud, [id])).toEqual([]);
    });

    it.concurrent(
      'fails for good: the server is in ERROR with the step in its fault, and nothing is left',
      async () => {
        const tenant = await Tenant.make(cloud);
        const clear = await inject(cloud, { project: tenant.api.projectId, step, phase, kind: 'fatal' });
        const id = await tenant.post(bodyFor(tenant, step));
        const server = await tenant.settled(id);
        const struck = hits(cloud, `boot-server/${id}`);
        expect(struck.length).toBeGreaterThan(0);
        expect(struck.every((h) => h.step === step && h.phase === phase)).toBe(true);
        if (step === 'activateServer' && phase === 'after') {
          // It took effect: the server is up, and its boot can no longer be undone.
          expect(server.status).toBe('ACTIVE');
        } else {
          expect(server.status).toBe('ERROR');
          expect(server.fault?.message).toContain(step);
          const { claims, ports, volumes } = await tenant.holdings();
          expect({ claims, ports, volumes }).toEqual({ claims: {}, ports: 0, volumes: 0 });
        }
        await tenant.delete(id);
        await clear();
        expect(await tenant.holdings()).toEqual(NOTHING);
        expect(await orphansOf(cloud, [id])).toEqual([]);
      },
    );
  });
});

describe.each(Object.keys(deleteServerSteps))('delete: %s', (step) => {
  it.concurrent.each(PHASES)('fails twice %s it acts: is tried again until all is gone', async (phase) => {
    const tenant = await Tenant.make(cloud);
    const id = await tenant.post(tenant.volumeServer());
    await tenant.settled(id);
    const clear = await inject(cloud, {
      project: tenant.api.projectId,
      workflow: `delete-server/${id}`,
      step,
      phase,
      kind: 'error',
      times: 2,
    });
    await tenant.delete(id);
    // The record goes with the last step; its retries after that still count.
    await until(() => Promise.resolve(hits(cloud, `delete-server/${id}`).length === 2 ? true : undefined), 50, 30_000);
    await clear();
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });
});

/** Workflows of one project that an operator finds as stuck. */
async function stuckIn(tenant: Tenant): Promise<string[]> {
  const client = new Client({ connection: await Connection.connect({ address: cloud.temporalAddress }) });
  const found: string[] = [];
  const query = `OperationState = "STUCK" AND ProjectId = "${tenant.api.projectId}"`;
  for await (const { workflowId } of client.workflow.list({ query })) found.push(workflowId);
  await client.connection.close();
  return found;
}

describe('a host that cannot', () => {
  it.concurrent('is undone and left out, the next one is tried, and the fault names both', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    // Three tries are what a step has on one host.
    const clear = await inject(cloud, { project, step: 'spawnServer', phase: 'after', kind: 'error', times: 3 });
    const id = await tenant.post(tenant.volumeServer());
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toMatch(
      /^No valid host was found\..*RetryFilter 0 of 2\. Tried before: .*spawnServer \(attempt 3\).*; .*spawnServer \(attempt 3\)/,
    );
    expect(hits(cloud, `boot-server/${id}`)).toHaveLength(6);
    await clear();
    await tenant.delete(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });
});

describe('what cannot be undone for now', () => {
  it.concurrent('on the way to another host does not keep its server in BUILD either', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    await inject(cloud, { project, step: 'spawnServer', phase: 'after', kind: 'error', times: 3 });
    const clear = await inject(cloud, { project, step: 'destroyGuest', phase: 'before', kind: 'fatal' });
    const id = await tenant.post();
    const server = await tenant.settled(id, 45_000);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain('spawnServer (attempt 3)');
    await clear();
    await until(async () => ((await stuckIn(tenant)).length === 0 ? true : undefined), 100, 30_000);
    await tenant.delete(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });

  it.concurrent('is STUCK, does not keep its server in BUILD, and goes on when its cause is gone', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    await inject(cloud, { project, step: 'spawnServer', phase: 'after', kind: 'fatal' });
    const clear = await inject(cloud, { project, step: 'destroyGuest', phase: 'before', kind: 'fatal' });
    const id = await tenant.post();
    await until(async () => ((await stuckIn(tenant)).length > 0 ? true : undefined), 100, 30_000);
    expect(await stuckIn(tenant)).toEqual([`boot-server/${id}`]);
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain('spawnServer');
    await clear();
    await until(async () => ((await stuckIn(tenant)).length === 0 ? true : undefined), 100, 30_000);
    await tenant.delete(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });

  it.concurrent('a delete that a host refuses is STUCK, and ends when the host does not', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await tenant.post();
    await tenant.settled(id);
    const clear = await inject(cloud, {
      project: tenant.api.projectId,
      step: 'destroyGuest',
      phase: 'before',
      kind: 'fatal',
    });
    await tenant.api.call('DELETE', `/compute/v2.1/servers/${id}`);
    await until(async () => ((await stuckIn(tenant)).includes(`delete-server/${id}`) ? true : undefined), 100, 30_000);
    await clear();
    await tenant.gone(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });
});

describe.each(Object.keys(createVolumeSteps))('create volume: %s', (step) => {
  it.concurrent.each(['error', 'fatal'] as const)(
    'fails with %s: available or in error, and it can be deleted',
    async (kind) => {
      const tenant = await Tenant.make(cloud);
      const name = randomUUID();
      const clear = await inject(cloud, { project: tenant.api.projectId, step, phase: 'after', kind });
      const { volume } = await tenant.api.call<{ volume: { id: string } }>('POST', '/volume/v3/volumes', {
        volume: { size: 1, name },
      });
      const status = await until(
        async () => {
          const shown = await tenant.api.call<{ volume: { status: string } }>('GET', `/volume/v3/volumes/${volume.id}`);
          return shown.volume.status === 'creating' ? undefined : shown.volume.status;
        },
        50,
        30_000,
      );
      // A last step that took effect and then failed has made the volume.
      expect(status).toBe(kind === 'error' || step === 'finishVolume' ? 'available' : 'error');
      expect(hits(cloud, `create-volume/${volume.id}`)).toMatchObject([{ step, kind }]);
      await tenant.api.call('DELETE', `/volume/v3/volumes/${volume.id}`);
      await until(
        async () =>
          (await tenant.api.request('GET', `/volume/v3/volumes/${volume.id}`)).status === 404 ? true : undefined,
        50,
        30_000,
      );
      await clear();
      expect(await orphansOf(cloud, [volume.id])).toEqual([]);
    },
  );
});
