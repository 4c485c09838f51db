import type { Answers } from '../api/schema.js';
import { TELEMETRY } from './telemetry.js';

const time = '2026-01-01T00:00:00Z';
const container = { name: 'backups', count: 2, bytes: 3_145_728, last_modified: time };

/** What is read beside resources, always the same. A project or an account in a path is any. */
const ANSWERS: Readonly<Partial<Answers>> = {
  'GET /compute/v2.1/limits': {
    limits: {
      rate: [],
      absolute: { totalInstancesUsed: 9, maxTotalInstances: 10, totalCoresUsed: 9, maxTotalCores: 20 },
    },
  },
  'GET /compute/v2.1/os-hypervisors/detail': {
    hypervisors: [
      {
        id: 'host-1',
        hypervisor_hostname: 'host-1',
        hypervisor_type: 'QEMU',
        host_ip: '127.0.0.1',
        state: 'up',
        status: 'enabled',
        vcpus: 16,
        vcpus_used: 9,
        memory_mb: 32_768,
        memory_mb_used: 30_000,
        running_vms: 9,
      },
    ],
  },
  'GET /network/v2.0/quotas/{projectId}/details': { quota: { network: { limit: 100, used: 1, reserved: 0 } } },
  'GET /volume/v3/os-quota-sets/{projectId}': {
    quota_set: { id: 'demo', volumes: { limit: -1, in_use: 3, reserved: 0 } },
  },
  'GET /object-store/v1/{account}': [container],
  'GET /object-store/v1/{account}/{container}': [
    { name: 'monday.tar', hash: '', bytes: 2_097_152, content_type: 'application/x-tar', last_modified: time },
    { name: 'tuesday.tar', hash: '', bytes: 1_048_576, content_type: 'application/x-tar', last_modified: time },
  ],
  'GET /internal/operations': { operations: [] },
  ...TELEMETRY,
};

/** The answer of a route whose path is as this one. */
export function answerOf(method: string, path: string): unknown {
  const found = Object.entries(ANSWERS).find(([route]) => {
    const pattern = route.replaceAll(/\{\w+\}/g, '[^/]+');
    return new RegExp(`^${pattern}$`).test(`${method} ${path}`);
  });
  return found?.[1];
}
