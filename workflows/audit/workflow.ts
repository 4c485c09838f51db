import { proxyActivities } from '@temporalio/workflow';
import type {
  ComputeActivities,
  ControlActivities,
  NetworkActivities,
  Orphan,
  VolumeActivities,
} from '#activities/contract';
import { computeQueue, networkQueue, volumeQueue } from '../queues.js';

const options = {
  startToCloseTimeout: '1m',
  scheduleToStartTimeout: '30s',
  retry: { maximumAttempts: 3 },
  cancellationType: 'TRY_CANCEL',
} as const;
const { listMachines, findOrphans } = proxyActivities<ControlActivities>({
  ...options,
  summary: 'Compare records, claims, ports, volumes and workflows',
});

/** Compares what the records say with what the hosts have, and names every orphan. */
export async function audit(): Promise<readonly Orphan[]> {
  const { compute, volume, network } = await listMachines();
  const at = (taskQueue: string) => ({ ...options, taskQueue, summary: `Look at ${taskQueue}` });
  const hosts = await Promise.all([
    ...compute.map((machine) =>
      proxyActivities<ComputeActivities>(at(computeQueue(machine))).inspectCompute({ machine }),
    ),
    ...volume.map((machine) => proxyActivities<VolumeActivities>(at(volumeQueue(machine))).inspectVolumes({ machine })),
    ...network.map((machine) =>
      proxyActivities<NetworkActivities>(at(networkQueue(machine))).inspectNetwork({ machine }),
    ),
  ]);
  return findOrphans({ hosts });
}
