import { flavor, hypervisor, keypair } from '#services/nova/index';
import { controllerOf } from '../kit/controller.js';
import { quotasControllerOf } from '../kit/quotas.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { ComputeAdminController } from './admin.controller.js';
import { novaDialect } from './dialect.js';
import { FlavorPartsController } from './flavor-parts.controller.js';
import { HypervisorPartsController } from './hypervisor-parts.controller.js';
import { novaQuotas } from './quotas.js';
import { InterfacesController } from './interfaces.controller.js';
import { ServersController } from './servers.controller.js';
import { ComputeServicesController } from './services.controller.js';
import { VolumeAttachmentsController } from './volume-attachments.controller.js';

const of = inDialect(novaDialect);
const NOVA_RESOURCES: readonly Resource[] = [
  of(flavor, ({ nova }) => nova.flavors.records),
  of(hypervisor, ({ nova }) => nova.hypervisors),
  of(keypair, ({ nova }) => nova.keypairs),
];

/** Every controller of Nova. */
export const NOVA_CONTROLLERS = [
  ServersController,
  VolumeAttachmentsController,
  InterfacesController,
  FlavorPartsController,
  HypervisorPartsController,
  ...NOVA_RESOURCES.map(controllerOf),
  ComputeAdminController,
  ComputeServicesController,
  quotasControllerOf(novaQuotas),
];
