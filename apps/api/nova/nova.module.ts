import { flavor, keypair } from '#services/nova/index';
import { controllerOf } from '../kit/controller.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { ComputeAdminController } from './admin.controller.js';
import { novaDialect } from './dialect.js';
import { FlavorPartsController } from './flavor-parts.controller.js';
import { HypervisorsController } from './hypervisors.controller.js';
import { QuotaSetsController } from './quota-sets.controller.js';
import { ServersController } from './servers.controller.js';
import { ComputeServicesController } from './services.controller.js';

const of = inDialect(novaDialect);
const NOVA_RESOURCES: readonly Resource[] = [
  of(flavor, ({ nova }) => nova.flavors.records),
  of(keypair, ({ nova }) => nova.keypairs),
];

/** Every controller of Nova. */
export const NOVA_CONTROLLERS = [
  ServersController,
  FlavorPartsController,
  ...NOVA_RESOURCES.map(controllerOf),
  ComputeAdminController,
  ComputeServicesController,
  HypervisorsController,
  QuotaSetsController,
];
