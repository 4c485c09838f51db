/** Task queues by role. One place makes their names, for workflows and workers alike. */
/**
 * The number changes with a release that cannot go on with the workflows of those before it: then its conductors do not
 * take them up, and their operations are begun again (docs/operators/upgrade.md).
 */
export const CONDUCTOR_QUEUE = 'nova-conductor.2';
export const computeQueue = (machine: string): string => `nova-compute.${machine}`;
export const networkQueue = (machine: string): string => `neutron-agent.${machine}`;
export const volumeQueue = (machine: string): string => `cinder-volume.${machine}`;
