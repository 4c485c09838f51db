/** Task queues by role. One place makes their names, for workflows and workers alike. */
export const CONDUCTOR_QUEUE = 'nova-conductor';
export const computeQueue = (machine: string): string => `nova-compute.${machine}`;
export const networkQueue = (machine: string): string => `neutron-agent.${machine}`;
export const volumeQueue = (machine: string): string => `cinder-volume.${machine}`;
