import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { faultsFile, hitsFile, readFaults, type Fault } from '#apps/worker/faults/index';
import { until } from '#cli/bench/measure';
import type { TestCloud } from './clouds.js';

/** Test files share the faults file of a cloud: a directory is the lock while one of them rewrites it. */
async function locked(home: string, change: () => void): Promise<void> {
  const lock = path.join(home, 'faults.lock');
  await until(
    () => {
      try {
        mkdirSync(lock);
        return Promise.resolve(true);
      } catch {
        return Promise.resolve(undefined);
      }
    },
    5,
    10_000,
  );
  try {
    change();
  } finally {
    rmdirSync(lock);
  }
}

/** Sets a fault for the workflows of one project, and returns what takes it back. */
export async function inject(
  cloud: TestCloud,
  fault: Omit<Fault, 'times' | 'ms'> & Partial<Fault> & { project: string },
): Promise<() => Promise<void>> {
  const full: Fault = { times: 1, ms: 1_000, ...fault };
  const write = (faults: Fault[]): void => writeFileSync(faultsFile(cloud.home), JSON.stringify(faults));
  await locked(cloud.home, () => write([...readFaults(cloud.home), full]));
  return () => locked(cloud.home, () => write(readFaults(cloud.home).filter((f) => f.project !== full.project)));
}

/** The faults that struck in a server's or volume's workflows. */
export function hits(cloud: TestCloud, workflow: string): (Fault & { attempt: number; workflowId: string })[] {
  const file = hitsFile(cloud.home);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean);
  return lines
    .map((line) => JSON.parse(line) as Fault & { attempt: number; workflowId: string })
    .filter((h) => h.workflowId.includes(workflow));
}
