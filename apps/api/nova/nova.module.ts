import { Module } from '@nestjs/common';
import { extension, extensions, flavor, hypervisor, keypair, service } from '#services/nova/index';
import { controllerOf } from '../kit/controller.js';
import { quotasControllerOf } from '../kit/quotas.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { novaDialect } from './dialect.js';
import { FlavorPartsController } from './flavor-parts.controller.js';
import { HypervisorPartsController } from './hypervisor-parts.controller.js';
import { LimitsController } from './limits.controller.js';
import { QuotaClassesController } from './quota-classes.controller.js';
import { novaQuotas } from './quotas.js';
import { InterfacesController } from './interfaces.controller.js';
import { RemoteConsolesController } from './remote-consoles.controller.js';
import { ServersController } from './servers.controller.js';
import { ServiceVerbsController } from './service-verbs.controller.js';
import { VolumeAttachmentsController } from './volume-attachments.controller.js';
import { ZonesController } from './zones.controller.js';

const of = inDialect(novaDialect);
export const NOVA_RESOURCES: readonly Resource[] = [
  of(extension, () => extensions),
  of(flavor, ({ nova }) => nova.flavors.records),
  of(hypervisor, ({ nova }) => nova.hypervisors),
  of(keypair, ({ nova }) => nova.keypairs),
  of(service, ({ nova }) => nova.services),
];

/** The routes of Nova. */
@Module({
  controllers: [
    ServersController,
    VolumeAttachmentsController,
    InterfacesController,
    RemoteConsolesController,
    FlavorPartsController,
    HypervisorPartsController,
    ServiceVerbsController,
    ...NOVA_RESOURCES.map(controllerOf),
    LimitsController,
    ZonesController,
    quotasControllerOf(novaQuotas),
    QuotaClassesController,
  ],
})
export class NovaModule {}
