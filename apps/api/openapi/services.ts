import { MAX_VOLUME_MINOR, MAX_VOLUME_VERSION, MIN_VOLUME_MINOR } from '../cinder/microversion.js';
import type { Parameters } from '../http/described.js';
import { MAX_MINOR, MAX_VERSION, MIN_MINOR } from '../http/microversion.js';
import { MAX_PLACEMENT_MINOR, MAX_PLACEMENT_VERSION } from '../placement/microversion.js';
import { PREFIX, parametersOf } from '../nova/query-names.js';
import type { Microversions } from './versions.js';

/** A service as its document speaks of it. */
export interface DescribedService {
  /** The first part of its paths, and its document's name. */
  readonly name: string;
  readonly title: string;
  /** The version of its API. */
  readonly version: string;
  /** The header that asks for a microversion begins its value with this. */
  readonly type?: string;
  readonly microversions?: Microversions;
  /** What a query may say beside what the route itself says. */
  query?(method: string, path: string): Parameters;
}

/** Services in the order of the index. What belongs to none is in the last. */
export const SERVICES: readonly DescribedService[] = [
  { name: 'identity', title: 'Identity (Keystone)', version: '3.14' },
  {
    name: 'compute',
    title: 'Compute (Nova)',
    version: MAX_VERSION,
    type: 'compute',
    microversions: { major: 2, min: MIN_MINOR, max: MAX_MINOR },
    query: (method, path) => parametersOf(method, path.slice(PREFIX.length)),
  },
  { name: 'image', title: 'Image (Glance)', version: '2.9' },
  { name: 'network', title: 'Network (Neutron)', version: '2.0' },
  {
    name: 'volume',
    title: 'Block storage (Cinder)',
    version: MAX_VOLUME_VERSION,
    type: 'volume',
    microversions: { major: 3, min: MIN_VOLUME_MINOR, max: MAX_VOLUME_MINOR },
  },
  {
    name: 'placement',
    title: 'Placement',
    version: MAX_PLACEMENT_VERSION,
    type: 'placement',
    microversions: { major: 1, min: 0, max: MAX_PLACEMENT_MINOR },
  },
  { name: 'alarming', title: 'Alarms (Aodh)', version: '2' },
  { name: 'prometheus', title: 'Measures in Prometheus’ words (Aetos)', version: '1' },
  { name: 'metric', title: 'Metric (Gnocchi)', version: '1.0' },
  { name: 'object-store', title: 'Object storage (Swift)', version: '1' },
  { name: 'dashboard', title: 'Dashboard', version: '1' },
  { name: 'internal', title: 'Host roles and operators', version: '1' },
  { name: 'novaflow', title: 'Beside the services', version: '1' },
];

/** The service that a path belongs to. */
export const serviceOfPath = (path: string): DescribedService =>
  SERVICES.find(({ name }) => name === path.split('/')[1]) ?? SERVICES.at(-1)!;
