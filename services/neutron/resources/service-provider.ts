import { bool, text } from '../../kernel/resource/fields.js';
import type { ListQuery } from '../../kernel/resource/query.js';
import { SERVICE_PROVIDERS } from '../service-providers.js';
import { view } from '../words.js';

/** Who makes things of a flavor (neutron_lib/api/definitions/servicetype.py). */
export const serviceProvider = view({
  names: ['service_provider', 'service_providers'],
  path: 'service-providers',
  key: 'name',
  actions: ['list'],
  ownerless: true,
  fields: { service_type: text({ filter: true }), name: text({ filter: true }), default: bool({ filter: true }) },
});

/** Their list, which is never longer than a page. */
export class ServiceProviders {
  list(_ctx: unknown, { conditions, limit }: ListQuery) {
    const found = SERVICE_PROVIDERS.filter((one: Readonly<Record<string, unknown>>) =>
      conditions.every(({ field, values }) => (values as readonly unknown[]).includes(one[field])),
    );
    return { rows: found.slice(0, limit), more: false };
  }
}
