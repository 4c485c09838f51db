import { FaultStore, type FaultInput, type Hit } from '#apps/faults/store';
import { until } from '#cli/bench/measure';
import type { TestCloud } from './clouds.js';
import type { Tenant } from './tenant.js';

/** A busy machine takes its time before a boot begins. */
const LIMIT_MS = 120_000;

/** Sets a fault for the workflows of one project, and returns what takes the project's faults back. */
export async function inject(
  cloud: TestCloud,
  fault: FaultInput & { project: string },
): Promise<() => Promise<unknown>> {
  const store = new FaultStore(cloud.home);
  await store.add(fault);
  return () => store.clear((f) => f.project === fault.project);
}

/** The faults that struck in a workflow, or in those of a server or volume. */
export const hits = (cloud: TestCloud, workflow: string): Hit[] =>
  new FaultStore(cloud.home).hits().filter((h) => h.workflowId === workflow || h.resourceId === workflow);

/** The hung attempts of such workflows that came back. */
export const returns = (cloud: TestCloud, workflow: string): Hit[] =>
  new FaultStore(cloud.home).returns().filter((h) => h.workflowId === workflow || h.resourceId === workflow);

/** Waits until a fault has struck in each of these workflows, or in one of each of these servers or volumes. */
export const struck = (cloud: TestCloud, ...workflows: string[]): Promise<true> =>
  until(
    () => {
      return Promise.resolve(workflows.every((w) => hits(cloud, w).length > 0) ? true : undefined);
    },
    50,
    LIMIT_MS,
  );

/** Asks for a server, and returns when its boot has come to a step and waits there for `ms` milliseconds. */
export async function heldAt(
  cloud: TestCloud,
  tenant: Tenant,
  step: string,
  { body, ms = 3_000 }: { body?: object; ms?: number } = {},
): Promise<string> {
  await inject(cloud, { project: tenant.api.projectId, step, phase: 'before', kind: 'delay', ms });
  const id = await tenant.post(body);
  await struck(cloud, id);
  return id;
}
