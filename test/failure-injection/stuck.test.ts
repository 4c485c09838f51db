import { describe, expect, inject as provided, it } from 'vitest';
import type { StuckOperation } from '#apps/temporal/index';
import { until } from '#cli/bench/measure';
import { hits, inject } from '../setup/faults.js';
import { replaysAtEnd, withTemporal } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';

/** What cannot be undone for now is a state that an operator sees, and it ends by itself when its cause is gone. */
const cloud = provided('fake');
replaysAtEnd(cloud);
const LIMIT_MS = 60_000;

/** Stuck operations of one project, as operators and the dashboard get them. */
async function stuckIn(tenant: Tenant): Promise<StuckOperation[]> {
  const { operations } = await tenant.admin.call<{ operations: StuckOperation[] }>('GET', '/internal/operations/stuck');
  return operations.filter((o) => o.project_id === tenant.api.projectId);
}
const isStuck = (tenant: Tenant): Promise<StuckOperation[]> =>
  until(
    async () => {
      const stuck = await stuckIn(tenant);
      return stuck.length > 0 ? stuck : undefined;
    },
    100,
    LIMIT_MS,
  );
const isFree = (tenant: Tenant): Promise<true> =>
  until(async () => ((await stuckIn(tenant)).length === 0 ? true : undefined), 100, LIMIT_MS);
async function endEmpty(tenant: Tenant, id: string): Promise<void> {
  await tenant.gone(id);
  expect(await tenant.holdings()).toEqual(NOTHING);
  expect(await orphansOf(cloud, [id])).toEqual([]);
}
async function metric(name: string): Promise<number> {
  const text = await (await fetch(cloud.metricsUrl)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
}

describe('a host that cannot', () => {
  it.concurrent('is undone and left out, the next one is tried, and the fault names both', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    // Three tries are what a step has on one host.
    const clear = await inject(cloud, { project, step: 'spawnServer', phase: 'after', kind: 'error', times: 6 });
    const id = await tenant.post(tenant.volumeServer());
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toMatch(
      /^No valid host was found\..*RetryFilter 0 of 2\. Tried before: .*spawnServer \(attempt 3\).*; .*spawnServer \(attempt 3\)/,
    );
    expect(hits(cloud, id)).toHaveLength(6);
    await clear();
    await tenant.delete(id);
    await endEmpty(tenant, id);
  });

  it.concurrent('and another that can: ACTIVE on the other one', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    await inject(cloud, { project, step: 'spawnServer', phase: 'after', kind: 'error', times: 3 });
    const id = await tenant.post(tenant.volumeServer());
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    const hosts = (await tenant.events(id)).filter((e) => e.event === 'spawnServer').map((e) => e.result);
    expect(hosts).toEqual(['Error', 'Success']);
    expect(await orphansOf(cloud, [id])).toEqual([]);
    await tenant.delete(id);
    await endEmpty(tenant, id);
  });
});

describe('steps side by side', () => {
  it.concurrent('fail with the failure that came first, not with what its cancelling made of another', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    // Cancelled while it hangs, allocateNetwork ends by its own timeout.
    await inject(cloud, { project, step: 'allocateNetwork', phase: 'before', kind: 'hang' });
    await inject(cloud, { project, step: 'requestVolume', phase: 'before', kind: 'fatal' });
    const id = await tenant.post(tenant.volumeServer());
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain('requestVolume');
    await tenant.delete(id);
    await endEmpty(tenant, id);
  });
});

describe('what cannot be undone for now', () => {
  it.concurrent('is STUCK with its reason, keeps no server in BUILD, and goes on when its cause is gone', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    await inject(cloud, { project, step: 'spawnServer', phase: 'after', kind: 'fatal' });
    const clear = await inject(cloud, { project, step: 'destroyGuest', phase: 'before', kind: 'fatal', times: 0 });
    const id = await tenant.post();
    const [operation] = await isStuck(tenant);
    expect(operation).toMatchObject({ type: 'bootServer', server_id: id });
    // A busy conductor may not tell the story in time; then the list has none, and the next look has it.
    const story = await until(async () => (await stuckIn(tenant))[0]?.story.at(-1), 100, LIMIT_MS);
    expect(story).toMatchObject({ step: 'spawnServer', status: 'undoing' });
    expect(await metric('novaflow_stuck_operations')).toBeGreaterThan(0);
    await withTemporal(cloud, async (client) => {
      const query = `OperationState = "STUCK" AND ProjectId = "${project}"`;
      expect((await client.workflow.count(query)).count).toBe(1);
    });
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain('spawnServer');
    await clear();
    await isFree(tenant);
    await tenant.delete(id);
    await endEmpty(tenant, id);
  });

  it.concurrent('on the way to another host does not keep its server in BUILD either', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    await inject(cloud, { project, step: 'spawnServer', phase: 'after', kind: 'error', times: 3 });
    const clear = await inject(cloud, { project, step: 'destroyGuest', phase: 'before', kind: 'fatal', times: 0 });
    const id = await tenant.post();
    const server = await tenant.settled(id);
    expect(server.status).toBe('ERROR');
    expect(server.fault?.message).toContain('spawnServer (attempt 3)');
    await clear();
    await isFree(tenant);
    await tenant.delete(id);
    await endEmpty(tenant, id);
  });

  it.concurrent('a failed boot that cannot be written down is STUCK, and in ERROR when it can', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    await inject(cloud, { project, step: 'spawnServer', phase: 'before', kind: 'fatal' });
    const clear = await inject(cloud, { project, step: 'failServer', phase: 'before', kind: 'fatal', times: 0 });
    const id = await tenant.post();
    expect(await isStuck(tenant)).toMatchObject([{ type: 'bootServer', server_id: id }]);
    expect((await tenant.show(id)).status).toBe('BUILD');
    await clear();
    expect((await tenant.settled(id)).fault?.message).toContain('spawnServer');
    await isFree(tenant);
    await tenant.delete(id);
    await endEmpty(tenant, id);
  });

  it.concurrent('a delete that a host refuses is STUCK, and ends when the host does not', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    const id = await tenant.post();
    await tenant.settled(id);
    const clear = await inject(cloud, { project, step: 'destroyGuest', phase: 'before', kind: 'fatal', times: 0 });
    await tenant.api.call('DELETE', `/compute/v2.1/servers/${id}`);
    expect(await isStuck(tenant)).toMatchObject([{ type: 'deleteServer', server_id: id }]);
    await clear();
    await endEmpty(tenant, id);
  });
});
