import { FaultStore, type FaultInput, type Hit } from '#apps/faults/store';
import type { TestCloud } from './clouds.js';

/** Sets a fault for the workflows of one project, and returns what takes the project's faults back. */
export async function inject(
  cloud: TestCloud,
  fault: FaultInput & { project: string },
): Promise<() => Promise<unknown>> {
  const store = new FaultStore(cloud.home);
  await store.add(fault);
  return () => store.clear((f) => f.project === fault.project);
}

/** The faults that struck in workflows with this in their id. */
export const hits = (cloud: TestCloud, workflow: string): Hit[] =>
  new FaultStore(cloud.home).hits().filter((h) => h.workflowId.includes(workflow));
