import { Module } from '@nestjs/common';
import { addressGroup, network, port, subnet } from '#services/neutron/index';
import { controllerOf } from '../kit/controller.js';
import { quotasControllerOf } from '../kit/quotas.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { tagsControllerOf } from '../kit/tags.js';
import { AddressGroupsController } from './address-groups.controller.js';
import { neutronDialect } from './dialect.js';
import { ExtensionsController } from './extensions.controller.js';
import { neutronQuotas } from './quotas.js';

const of = inDialect(neutronDialect);
export const NEUTRON_RESOURCES: readonly Resource[] = [
  of(network, ({ neutron }) => neutron.networks),
  of(subnet, ({ neutron }) => neutron.subnets),
  of(port, ({ neutron }) => neutron.ports),
  of(addressGroup, ({ neutron }) => neutron.addressGroups),
];

/** The routes of Neutron. */
@Module({
  controllers: [
    ExtensionsController,
    AddressGroupsController,
    quotasControllerOf(neutronQuotas),
    ...NEUTRON_RESOURCES.filter(({ spec }) => spec.tags).map(tagsControllerOf),
    ...NEUTRON_RESOURCES.map(controllerOf),
  ],
})
export class NeutronModule {}
