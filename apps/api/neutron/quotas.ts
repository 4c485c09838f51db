import { Type, type Static } from 'typebox';
import { OpenStackError } from '#services/kernel/errors';
import { invalidAttribute, invalidInput } from '#services/neutron/refusals';
import { validateNeutron } from '../http/validation.js';
import type { QuotaSpec } from '../kit/quotas.js';

const QuotaSchema = Type.Object({ quota: Type.Record(Type.String(), Type.Unknown()) }, { additionalProperties: false });

/**
 * Neutron's quotas (neutron/extensions/quotasv2.py), of what there is here to have a quota for. A project that is not
 * there may have one: Keystone is not asked. The code of Neutron asks `get_quota` for other projects' alone.
 */
export const neutronQuotas: QuotaSpec = {
  path: 'network/v2.0/quotas',
  name: 'quota',
  rules: {
    show: 'network:get_quota',
    defaults: 'network:get_quota',
    update: 'network:update_quota',
    delete: 'network:delete_quota',
  },
  ownOpen: true,
  parts: { defaults: 'default', detail: 'details' },
  listed: true,
  statuses: { delete: 204 },
  store: ({ neutron }) => neutron.quotas,
  inUse: (limit, used) => ({ limit, used, reserved: 0 }),
  schema: QuotaSchema,
  checkBody: validateNeutron,
  read(body, { resources }) {
    const { force, check_limit: _checked, ...given } = (body as Static<typeof QuotaSchema>).quota;
    const unknown = Object.keys(given).find((name) => !resources.includes(name));
    if (unknown !== undefined)
      throw new OpenStackError(400, 'HTTPBadRequest', `Unrecognized attribute(s) '${unknown}'`);
    const limits = Object.entries(given).map(([name, value]) => [name, limitOf(name, value)] as const);
    return { limits: Object.fromEntries(limits), force: force === true };
  },
};

/** neutron_lib: convert_to_int and type:range [-1, 2^31-1] */
function limitOf(name: string, value: unknown): number {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^[+-]?\d+$/.test(text)) throw invalidInput(`'${text || JSON.stringify(value)}' is not an integer`);
  const limit = Number(text);
  if (limit < -1) throw invalidAttribute(name, `'${text}' is too small - must be at least '-1'`);
  if (limit > 2 ** 31 - 1)
    throw invalidAttribute(name, `'${text}' is too large - must be no larger than '${2 ** 31 - 1}'`);
  return limit;
}
