import { CINDER_RESOURCES } from '../cinder/cinder.module.js';
import { GLANCE_RESOURCES } from '../glance/glance.module.js';
import { KEYSTONE_RESOURCES } from '../keystone/keystone.module.js';
import type { Resource } from '../kit/resource.js';
import { NEUTRON_RESOURCES } from '../neutron/neutron.module.js';
import { NOVA_RESOURCES } from '../nova/nova.module.js';
import { PLACEMENT_RESOURCES } from '../placement/placement.module.js';

/** Every resource that the kit serves, service by service. */
export const ALL_RESOURCES: readonly Resource[] = [
  ...NOVA_RESOURCES,
  ...NEUTRON_RESOURCES,
  ...CINDER_RESOURCES,
  ...GLANCE_RESOURCES,
  ...KEYSTONE_RESOURCES,
  ...PLACEMENT_RESOURCES,
];
