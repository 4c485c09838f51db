import { createHash } from 'node:crypto';

/** Ids of what the cloud makes itself are derived, so that they are the same on every cloud and after every start. */
const idOf = (...parts: string[]): string => createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 32);

/** The services of this cloud, by where they are below the API's address. An account of Swift is a project. */
const SERVICES = [
  { type: 'identity', name: 'keystone', path: '/identity/v3' },
  { type: 'compute', name: 'nova', path: '/compute/v2.1' },
  { type: 'image', name: 'glance', path: '/image' },
  { type: 'network', name: 'neutron', path: '/network' },
  { type: 'volumev3', name: 'cinderv3', path: '/volume/v3' },
  { type: 'placement', name: 'placement', path: '/placement' },
  { type: 'alarming', name: 'aodh', path: '/alarming' },
  { type: 'metric-storage', name: 'aetos', path: '/prometheus' },
  { type: 'metric', name: 'gnocchi', path: '/metric' },
  { type: 'object-store', name: 'swift', path: '/object-store/v1/AUTH_%(project_id)s' },
] as const;
export const INTERFACES = ['admin', 'internal', 'public'] as const;

export interface ShippedEndpoint {
  readonly id: string;
  readonly service_id: string;
  readonly interface: string;
  readonly region_id: string;
  readonly url: string;
}

/** The id of a service that a cloud comes with. */
export const idOfShipped = (type: (typeof SERVICES)[number]['type']): string => idOf('service', type);

/** The services that a cloud comes with. */
export const shippedServices = () => SERVICES.map(({ type, name }) => ({ id: idOfShipped(type), type, name }));

/** Their endpoints, for an address of the API and a region. One set of addresses serves all three interfaces. */
export const shippedEndpoints = (publicUrl: string, region: string): ShippedEndpoint[] =>
  SERVICES.flatMap(({ type, path }) =>
    INTERFACES.map((kind) => ({
      id: idOf('endpoint', type, kind, region),
      service_id: idOfShipped(type),
      interface: kind,
      region_id: region,
      // The address itself names nothing.
      url: publicUrl.replaceAll('%', '%%') + path,
    })),
  );
