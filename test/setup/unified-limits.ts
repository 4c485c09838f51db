import { bodyOf, kindOf, type Item } from './identity.js';
import { ServiceApi } from './service-api.js';

/** Every service asks Keystone for its limits. */
export const UNIFIED = {
  NOVAFLOW_QUOTA_DRIVER: 'nova.quota.UnifiedLimitsDriver',
  NOVAFLOW_GLANCE_USE_KEYSTONE_LIMITS: 'true',
  NOVAFLOW_CINDER_USE_KEYSTONE_LIMITS: 'true',
  NOVAFLOW_NEUTRON_USE_KEYSTONE_LIMITS: 'true',
};
const REGION = 'RegionOne';
export const AT_ONCE = 20;

/** A cloud of services whose limits are Keystone's, and what tests do with those. */
export class LimitedCloud {
  private constructor(
    readonly api: ServiceApi,
    private readonly flavorRef: string,
    private readonly imageRef: string,
  ) {}

  /** @param settings further ones, by their variables */
  static async start(server: string, settings: NodeJS.ProcessEnv = {}): Promise<LimitedCloud> {
    const api = await ServiceApi.start(server, { ...UNIFIED, ...settings });
    const { flavor } = await api.admin.call<{ flavor: Item }>('POST', '/compute/v2.1/flavors', {
      flavor: { name: 'f', vcpus: 2, ram: 64, disk: 1 },
    });
    const cloud = new LimitedCloud(api, flavor.id, '');
    await cloud.register('image', { image_count_total: -1, image_count_uploading: -1, image_size_total: -1 });
    const image = { name: 'i', visibility: 'public', disk_format: 'raw', container_format: 'bare' };
    const { id } = await api.admin.call<Item>('POST', '/image/v2/images', image);
    await api.admin.send('PUT', `/image/v2/images/${id}/file`, new Uint8Array(1024));
    return new LimitedCloud(api, flavor.id, id);
  }

  /** Registers limits of a service, or changes those that are. */
  async register(type: string, limits: Readonly<Record<string, number>>): Promise<void> {
    const service_id = await this.service(type);
    for (const [resource_name, default_limit] of Object.entries(limits)) {
      const kind = kindOf(this.api.admin, 'registered_limit');
      const [there] = await kind.list(`service_id=${service_id}&resource_name=${resource_name}`);
      const registered = there === undefined ? undefined : await kind.show(there);
      if (registered === undefined)
        await bodyOf(this.api.admin, 'POST', '/registered_limits', {
          registered_limits: [{ service_id, region_id: REGION, resource_name, default_limit }],
        });
      // One of which somebody has a limit of its own cannot be changed.
      else if (registered['default_limit'] !== default_limit) await kind.change(registered.id, { default_limit });
    }
  }

  /** Gives a project or a domain a limit of its own. @returns its id */
  async limit(whose: object, type: string, resource_name: string, resource_limit: number): Promise<string> {
    const one = { ...whose, service_id: await this.service(type), region_id: REGION, resource_name, resource_limit };
    const { limits } = await bodyOf<{ limits: Item[] }>(this.api.admin, 'POST', '/limits', { limits: [one] });
    return limits[0]!.id;
  }

  async service(type: string): Promise<string> {
    return (await kindOf(this.api.admin, 'service').list(`type=${type}`))[0]!;
  }

  server(fields: object = {}): object {
    return { server: { name: 's', flavorRef: this.flavorRef, imageRef: this.imageRef, networks: 'none', ...fields } };
  }
}

/** Whoever sends requests. */
export interface Asking {
  readonly api: { request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> };
}

/** Sends the same request many times at once, in turns for each of the members. @returns how often each status came */
export async function atOnce(members: readonly Asking[], path: string, body: object): Promise<Record<number, number>> {
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, i) => members[i % members.length]!.api.request('POST', path, body)),
  );
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
