import { describe, expect, inject as provided, it } from 'vitest';
import type { Diagnosis, Why } from '#apps/temporal/diagnosis';
import { until } from '#cli/bench/measure';
import { inject } from '../setup/faults.js';
import { Tenant } from '../setup/tenant.js';

/** GET /internal/operations: what is open, and why it does not go on. */
const cloud = provided('fake');

async function openIn(tenant: Tenant): Promise<Diagnosis[]> {
  const { operations } = await tenant.admin.call<{ operations: Diagnosis[] }>('GET', '/internal/operations');
  return operations.filter((o) => o.project_id === tenant.api.projectId);
}
const becomes = (tenant: Tenant, why: Why): Promise<Diagnosis> =>
  until(async () => (await openIn(tenant)).find((o) => o.why === why), 100, 60_000);

describe('the list of open operations', () => {
  it('names the step that is tried again, its attempt and its last failure, and is empty when all has ended', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    const clear = await inject(cloud, { project, step: 'scheduleServer', phase: 'before', kind: 'error', times: 0 });
    const id = await tenant.post();
    const open = { kind: 'bootServer', resource_id: id, state: 'running' };
    // Some starts are recorded together, a moment after they were made.
    await until(async () => ((await becomes(tenant, 'retrying')).state === 'running' ? true : undefined), 50, 10_000);
    expect(await becomes(tenant, 'retrying')).toMatchObject(open);
    expect((await becomes(tenant, 'retrying')).detail).toMatch(/^scheduleServer, attempt \d+: injected error before/);
    const metrics = await (await fetch(cloud.metricsUrl)).text();
    expect(metrics).toContain('novaflow_operations_not_moving{why="no worker"}');
    await clear();
    await tenant.settled(id);
    await until(async () => ((await openIn(tenant)).length === 0 ? true : undefined), 100, 60_000);
    await tenant.delete(id);
  });

  it('is for administrators alone', async () => {
    const tenant = await Tenant.make(cloud);
    expect((await tenant.api.request('GET', '/internal/operations')).status).toBe(403);
  });
});
