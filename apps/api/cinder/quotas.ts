import { Type, type Static } from 'typebox';
import { badRequest } from '#services/kernel/errors';
import type { QuotaSpec } from '../kit/quotas.js';

/** Keys that clients send along and that are no quota (cinder/quota.py: NON_QUOTA_KEYS). */
const NO_QUOTAS = new Set(['tenant_id', 'id']);
const QuotaSetSchema = Type.Object(
  { quota_set: Type.Record(Type.String(), Type.Unknown(), { minProperties: 1 }) },
  { additionalProperties: false },
);

/** Cinder's quotas (cinder/api/contrib/quotas.py). A project that is not there may have one: Keystone is not asked. */
export const cinderQuotas: QuotaSpec = {
  path: 'volume/v3/os-quota-sets',
  name: 'quota_set',
  rules: {
    show: 'volume_extension:quotas:show',
    defaults: 'volume_extension:quotas:show',
    update: 'volume_extension:quotas:update',
    delete: 'volume_extension:quotas:delete',
  },
  parts: { defaults: 'defaults', detail: 'detail' },
  named: true,
  statuses: { delete: 200 },
  store: ({ cinder }) => cinder.quotas,
  inUse: (limit, in_use) => ({ limit, in_use, reserved: 0 }),
  asksUsage: ({ usage }) => ['true', '1'].includes([usage].flat().at(-1)?.toLowerCase() ?? ''),
  schema: QuotaSetSchema,
  read(body, { resources }) {
    const given = Object.entries((body as Static<typeof QuotaSetSchema>).quota_set).filter(
      ([name]) => !NO_QUOTAS.has(name),
    );
    const bad = given.map(([name]) => name).filter((name) => !resources.includes(name));
    if (bad.length > 0) throw badRequest(`Invalid input received: Bad key(s) in quota set: ${bad.join(', ')}`);
    return { limits: Object.fromEntries(given.map(([name, value]) => [name, limitOf(name, value)])), force: false };
  },
};

/** oslo_utils.strutils.validate_integer */
function limitOf(name: string, value: unknown): number {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`${name} must be an integer`);
  const limit = Number(text);
  if (limit < -1) throw badRequest(`${name} must be >= -1`);
  if (limit > 2 ** 31 - 1) throw badRequest(`${name} must be <= ${2 ** 31 - 1}`);
  return limit;
}
