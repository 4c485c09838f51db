import { Module } from '@nestjs/common';
import { extension, extensions, flavor, hypervisor, keypair, proxies, service } from '#services/nova/index';
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

/** What clients of older microversions ask Nova for: the dashboard, which knows Neutron, has no pages of it. */
const PROXIES: readonly Resource[] = [
  of(proxies.network, ({ nova }) => nova.proxies.networks),
  of(proxies.tenantNetwork, ({ nova }) => nova.proxies.networks),
  of(proxies.floatingIp, ({ nova }) => nova.proxies.floatingIps),
  of(proxies.floatingIpPool, ({ nova }) => nova.proxies.floatingIpPools),
  of(proxies.securityGroup, ({ nova }) => nova.proxies.securityGroups),
  of(proxies.securityGroupRule, ({ nova }) => nova.proxies.securityGroupRules),
  of(proxies.serverSecurityGroup, ({ nova }) => nova.proxies.serverSecurityGroups),
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
    ...[...NOVA_RESOURCES, ...PROXIES].map(controllerOf),
    LimitsController,
    ZonesController,
    quotasControllerOf(novaQuotas),
    QuotaClassesController,
  ],
})
export class NovaModule {}
