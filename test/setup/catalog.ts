import { afterAll, beforeAll, inject as provided } from 'vitest';
import { answerOf, bodyOf, kindOf, newMember, newName, type Item, type Member } from './identity.js';
import { ServiceApi } from './service-api.js';

/** A service, as the catalog shows it. */
export interface Entry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly { id: string; interface: string; region: string; region_id: string; url: string }[];
}

/** An API of a test's file with a member, and what a catalog is made of there. */
export function withCatalog() {
  let cloud: ServiceApi;
  let member: Member;
  beforeAll(async () => {
    cloud = await ServiceApi.start(provided('databaseUrl'));
    member = await newMember(cloud.admin);
  });
  afterAll(() => cloud.stop());
  const services = () => kindOf(cloud.admin, 'service');
  const endpoints = () => kindOf(cloud.admin, 'endpoint');
  const catalogOf = async (): Promise<Entry[]> =>
    (await bodyOf<{ catalog: Entry[] }>(member.api, 'GET', '/auth/catalog')).catalog;
  /** A service with an endpoint that the catalog shows. */
  const newService = async (url = 'http://a.example/%(project_id)s'): Promise<{ service: Item; endpoint: Item }> => {
    const service = await services().make({ type: newName(), name: newName() });
    const endpoint = await endpoints().make({ service_id: service.id, interface: 'public', url });
    return { service, endpoint };
  };
  return {
    /** As they are once the tests run. */
    world: {
      get cloud() {
        return cloud;
      },
      get member() {
        return member;
      },
    },
    ask: (method: string, path: string, body?: object) => answerOf(cloud.admin, method, path, body),
    regions: () => kindOf(cloud.admin, 'region'),
    services,
    endpoints,
    groups: () => kindOf(cloud.admin, 'endpoint_group', 'endpoint_groups', 'OS-EP-FILTER/endpoint_groups'),
    policies: () => kindOf(cloud.admin, 'policy', 'policies'),
    /** The catalog of the member's token. */
    catalogOf,
    newService,
    /** A region within another one, and a new service with a second endpoint in it. */
    newPlace: async () => {
      const [top, below] = [newName(), newName()];
      await kindOf(cloud.admin, 'region').make({ id: top });
      await kindOf(cloud.admin, 'region').make({ id: below, parent_region_id: top });
      const { service } = await newService();
      const endpoint = await endpoints().make({
        service_id: service.id,
        interface: 'admin',
        url: 'http://a.example',
        region_id: below,
      });
      return { top, below, service, endpoint };
    },
    /** The addresses that the member's catalog has of a service. */
    shown: async ({ id }: Item): Promise<string[] | undefined> =>
      (await catalogOf()).find((entry) => entry.id === id)?.endpoints.map(({ url }) => url),
  };
}
