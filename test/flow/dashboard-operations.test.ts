import { describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import type { Api } from '#apps/standalone/api';
import { inject } from '../setup/faults.js';
import { idle, workflowOf } from '../setup/operations.js';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');

interface Step {
  readonly name: string;
  readonly state: string;
  readonly host: string | null;
  readonly next_attempt_at: string | null;
  readonly attempts: { readonly n: number; readonly started_at: string | null; readonly error: string | null }[];
}
interface Operation {
  readonly operation: { readonly state: string; readonly resource: { readonly name: string } };
  readonly steps: Step[];
}
const show = (api: Api, id: string) => api.call<Operation>('GET', `/dashboard/operations/${id}`);
const stepOf = ({ steps }: Operation, name: string): Step => steps.find((step) => step.name === name)!;

describe('an operation as the dashboard shows it', () => {
  it('keeps each attempt of its steps with its error, on hosts and on the conductor, and tells hosts to operators alone', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    for (const [step, phase] of [
      ['allocateNetwork', 'before'],
      ['spawnServer', 'after'],
      ['scheduleServer', 'after'],
    ] as const)
      await inject(cloud, { project, step, phase, kind: 'error', times: 2 });
    const server = await tenant.post();
    await tenant.settled(server);
    const id = await workflowOf(cloud, 'bootServer', server);
    const shown = await show(tenant.admin, id);
    expect(shown.operation.state).toBe('done');
    for (const name of ['allocateNetwork', 'spawnServer', 'scheduleServer']) {
      const { attempts, state } = stepOf(shown, name);
      expect([name, state, attempts.map(({ n }) => n)]).toEqual([name, 'done', [1, 2, 3]]);
      expect(attempts.map(({ error }) => error?.startsWith('injected error') ?? null)).toEqual([true, true, null]);
      const times = attempts.map(({ started_at }) => started_at!);
      expect(times.toSorted()).toEqual(times);
    }
    expect(stepOf(shown, 'validateToken').attempts).toHaveLength(1);
    expect(stepOf(shown, 'spawnServer').host).toBeTruthy();
    const own = await show(tenant.api, id);
    expect(own.steps.map(({ name, state }) => [name, state])).toEqual(
      shown.steps.map(({ name, state }) => [name, state]),
    );
    expect(JSON.stringify(own)).not.toContain('injected');
    expect(own.steps.every(({ host }) => host === null)).toBe(true);
    await tenant.delete(server);
  });

  it('keeps those of a step that was given up, and of its undo', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    await inject(cloud, { project, step: 'spawnServer', phase: 'before', kind: 'error', times: 0 });
    const clear = await inject(cloud, { project, step: 'releaseNetwork', phase: 'before', kind: 'error', times: 2 });
    const server = await tenant.post();
    await idle(cloud, server);
    await clear();
    const { steps } = await show(tenant.admin, await workflowOf(cloud, 'bootServer', server));
    const failed = steps.filter(({ name, state }) => name === 'spawnServer' && state === 'failed');
    expect(failed.map(({ attempts }) => attempts.length)).toContain(3);
    const undone = steps.filter(({ name, state }) => name === 'allocateNetwork' && state === 'undone');
    expect(undone.map(({ attempts }) => attempts.length)).toContain(3);
    await tenant.delete(server);
  });

  it('says when a step is tried again, and an operator has it tried at once, as if for the first time', async () => {
    const tenant = await Tenant.make(cloud);
    const project = tenant.api.projectId;
    const clear = await inject(cloud, { project, step: 'scheduleServer', phase: 'before', kind: 'error', times: 0 });
    const server = await tenant.post();
    const id = await workflowOf(cloud, 'bootServer', server);
    const waiting = await until(
      async () => {
        const step = stepOf(await show(tenant.admin, id), 'scheduleServer');
        return step.next_attempt_at !== null && step.attempts.length >= 5 ? step : undefined;
      },
      50,
      60_000,
    );
    expect(waiting.attempts.at(-1)!.error).toMatch(/^injected error before/);
    const retry = (api: Api) => api.request<{ retried: number }>('POST', `/dashboard/operations/${id}/retry`);
    expect((await retry(tenant.api)).status).toBe(403);
    // Between two attempts it waits for two seconds, and is not waiting for some milliseconds.
    const retried = await until(
      async () => {
        const { status, body } = await retry(tenant.admin);
        if (status !== 200) expect(status).toBe(409);
        return status === 200 ? body : undefined;
      },
      20,
      60_000,
    );
    expect(retried).toEqual({ retried: 1 });
    // Temporal counts anew, and the attempts that were made are still told.
    const { attempts } = await until(
      async () => {
        const { operations } = await tenant.admin.call<{ operations: { id: string; detail: string }[] }>(
          'GET',
          '/internal/operations',
        );
        const [, attempt] = /attempt (\d+)/.exec(operations.find((o) => o.id === id)?.detail ?? '') ?? [];
        const step = stepOf(await show(tenant.admin, id), 'scheduleServer');
        return Number(attempt) < 5 && step.attempts.length > waiting.attempts.length ? step : undefined;
      },
      50,
      60_000,
    );
    expect(attempts.map(({ n }) => n)).toEqual(attempts.map((_, i) => i + 1));
    await clear();
    await tenant.settled(server);
    expect((await show(tenant.admin, id)).operation.state).toBe('done');
    expect((await retry(tenant.admin)).status).toBe(409);
    await tenant.delete(server);
  });
});
