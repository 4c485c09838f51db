import { Type, type TSchema } from 'typebox';
import { badRequest } from '#services/kernel/errors';
import type { Resource } from '#services/nova/index';
import { booleanText, integerText, isTrue } from '../http/parameter-types.js';
import type { QuotaSpec } from '../kit/quotas.js';
import { byMinor } from '../http/by-minor.js';
import { checkProject } from './projects.js';

/** What every microversion has. */
export const ALWAYS: readonly Resource[] = [
  'instances',
  'cores',
  'ram',
  'metadata_items',
  'key_pairs',
  'server_groups',
  'server_group_members',
];
/** What nova-network counted, until 2.35. */
export const NETWORK: readonly Resource[] = ['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules'];
/** What went with personality, in 2.57. */
export const FILES: readonly Resource[] = ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes'];
const shown = (minor: number): readonly Resource[] => [
  ...ALWAYS,
  ...(minor < 36 ? NETWORK : []),
  ...(minor < 57 ? FILES : []),
];

const schemaOf = byMinor(
  (minor): TSchema => {
    const limits = Object.fromEntries(shown(minor).map((resource) => [resource, Type.Optional(integerText(-1))]));
    const strict = { additionalProperties: false };
    return Type.Object({ quota_set: Type.Object({ ...limits, force: Type.Optional(booleanText) }, strict) }, strict);
  },
  [1, 36, 57],
);

/** Quotas of projects (nova/api/openstack/compute/quota_sets.py). Users have none of their own. */
export const novaQuotas: QuotaSpec = {
  path: 'compute/v2.1/os-quota-sets',
  name: 'quota_set',
  rules: {
    show: 'os_compute_api:os-quota-sets:show',
    detail: 'os_compute_api:os-quota-sets:detail',
    defaults: 'os_compute_api:os-quota-sets:defaults',
    update: 'os_compute_api:os-quota-sets:update',
    delete: 'os_compute_api:os-quota-sets:delete',
  },
  parts: { defaults: 'defaults', detail: 'detail' },
  named: true,
  statuses: { delete: 202 },
  store: ({ nova }) => nova.quotas,
  shown,
  inUse: (limit, in_use) => ({ in_use, limit, reserved: 0 }),
  check: checkProject,
  // A limit that was meant for one user must not become the project's.
  refuse({ user_id }) {
    if (user_id !== undefined) throw badRequest('This cloud has no quotas for single users; leave user_id out.');
  },
  schema: schemaOf,
  read(body) {
    const { quota_set } = body as { quota_set: Record<string, number | string | boolean> };
    const { force, ...limits } = quota_set;
    return {
      limits: Object.fromEntries(Object.entries(limits).map(([resource, limit]) => [resource, Number(limit)])),
      force: isTrue(force as boolean | string | undefined),
    };
  },
};
