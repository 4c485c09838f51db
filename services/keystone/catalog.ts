import { createHash } from 'node:crypto';

export interface CatalogEntry {
  id: string;
  type: string;
  name: string;
  endpoints: { id: string; interface: string; region: string; region_id: string; url: string }[];
}

/** Ids of the catalog are derived, so every api process shows the same ones without storing them. */
const idOf = (...parts: string[]): string => createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 32);

const SERVICES = [
  { type: 'identity', name: 'keystone', path: '/identity/v3' },
  { type: 'compute', name: 'nova', path: '/compute/v2.1' },
  { type: 'image', name: 'glance', path: '/image' },
  { type: 'network', name: 'neutron', path: '/network' },
  { type: 'volumev3', name: 'cinderv3', path: '/volume/v3' },
  { type: 'placement', name: 'placement', path: '/placement' },
  { type: 'object-store', name: 'swift', path: '/object-store/v1/AUTH_' },
] as const;

/** The catalog that comes with a token. One set of URLs serves all three interfaces. */
export function catalogOf(publicUrl: string, region: string, projectId: string): CatalogEntry[] {
  return SERVICES.map(({ type, name, path }) => ({
    id: idOf('service', type),
    type,
    name,
    endpoints: ['public', 'internal', 'admin'].map((kind) => ({
      id: idOf('endpoint', type, kind, region),
      interface: kind,
      region,
      region_id: region,
      // An account of Swift is a project.
      url: publicUrl + path + (path.endsWith('AUTH_') ? projectId : ''),
    })),
  }));
}
