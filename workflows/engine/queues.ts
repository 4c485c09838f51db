import type { Role } from '#activities/contract';

/*
 * Task queues by role. One place makes their names, for workflows and workers alike.
 */

/**
 * A release that cannot continue the workflows of earlier releases raises the number. Its conductors then do not pick
 * those workflows up, and their operations are started again (docs/operators/upgrade.md).
 */
export const CONDUCTOR_QUEUE = 'nova-conductor.2';
export const computeQueue = (machine: string): string => `nova-compute.${machine}`;
export const networkQueue = (machine: string): string => `neutron-agent.${machine}`;
export const volumeQueue = (machine: string): string => `cinder-volume.${machine}`;

/**
 * The queue of the role that runs a step; undefined is the conductor, where the workflow itself runs.
 * @param input the step's: it names the machine, or the volume role
 */
export function queueOf(role: Role, input: object): string | undefined {
  const { machine = '', volumeHost = '' } = input as { machine?: string; volumeHost?: string };
  const queues = {
    compute: computeQueue(machine),
    volume: volumeQueue(volumeHost),
    network: networkQueue(machine),
    conductor: undefined,
  };
  return queues[role];
}
