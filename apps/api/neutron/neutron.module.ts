import { Module } from '@nestjs/common';
import {
  addressGroup,
  agent,
  addressScope,
  defaultSecurityGroupRule,
  flavor,
  log,
  loggableResource,
  meteringLabel,
  meteringLabelRule,
  floatingIp,
  floatingipPool,
  network,
  networkIpAvailability,
  networkSegmentRange,
  port,
  portBinding,
  portForwarding,
  qos,
  rbacPolicy,
  router,
  securityGroup,
  securityGroupRule,
  securityGroupsDefaultStatefulness,
  segment,
  serviceProfile,
  serviceProvider,
  subnet,
  trunk,
  subnetPool,
} from '#services/neutron/index';
import { controllerOf } from '../kit/controller.js';
import { quotasControllerOf } from '../kit/quotas.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { tagsControllersOf } from '../kit/tags.js';
import { AgentPartsController } from './agent-parts.controller.js';
import { AddressGroupsController } from './address-groups.controller.js';
import { AutoTopologiesController } from './auto-topologies.controller.js';
import { neutronDialect } from './dialect.js';
import { ExtensionsController } from './extensions.controller.js';
import { FlavorProfilesController } from './flavor-profiles.controller.js';
import { PortBindingsController } from './port-bindings.controller.js';
import { neutronQuotas } from './quotas.js';
import { TrunksController } from './trunks.controller.js';
import { RoutersController } from './routers.controller.js';
import { SubnetPoolsController } from './subnet-pools.controller.js';

const of = inDialect(neutronDialect);
export const NEUTRON_RESOURCES: readonly Resource[] = [
  of(network, ({ neutron }) => neutron.networks),
  of(subnet, ({ neutron }) => neutron.subnets),
  of(port, ({ neutron }) => neutron.ports),
  of(addressGroup, ({ neutron }) => neutron.addressGroups),
  of(addressScope, ({ neutron }) => neutron.addressScopes),
  of(subnetPool, ({ neutron }) => neutron.subnetPools),
  of(router, ({ neutron }) => neutron.routers),
  of(securityGroup, ({ neutron }) => neutron.securityGroups),
  of(securityGroupRule, ({ neutron }) => neutron.securityGroupRules),
  of(defaultSecurityGroupRule, ({ neutron }) => neutron.defaultSecurityGroupRules),
  of(securityGroupsDefaultStatefulness, ({ neutron }) => neutron.securityGroupsDefaultStatefulness),
  of(floatingIp, ({ neutron }) => neutron.floatingIps),
  of(portForwarding, ({ neutron }) => neutron.portForwardings),
  of(trunk, ({ neutron }) => neutron.trunks),
  of(qos.policy, ({ neutron }) => neutron.qos.policies),
  of(qos.ruleType, ({ neutron }) => neutron.qos.ruleTypes),
  of(qos.bandwidthLimitRule, ({ neutron }) => neutron.qos.bandwidthLimitRules),
  of(qos.bandwidthLimitAlias, ({ neutron }) => neutron.qos.bandwidthLimitAliases),
  of(qos.dscpMarkingRule, ({ neutron }) => neutron.qos.dscpMarkingRules),
  of(qos.dscpMarkingAlias, ({ neutron }) => neutron.qos.dscpMarkingAliases),
  of(qos.minimumBandwidthRule, ({ neutron }) => neutron.qos.minimumBandwidthRules),
  of(qos.minimumBandwidthAlias, ({ neutron }) => neutron.qos.minimumBandwidthAliases),
  of(qos.minimumPacketRateRule, ({ neutron }) => neutron.qos.minimumPacketRateRules),
  of(qos.minimumPacketRateAlias, ({ neutron }) => neutron.qos.minimumPacketRateAliases),
  of(qos.packetRateLimitRule, ({ neutron }) => neutron.qos.packetRateLimitRules),
  of(floatingipPool, ({ neutron }) => neutron.floatingipPools),
  of(portBinding, ({ neutron }) => neutron.portBindings),
  of(networkIpAvailability, ({ neutron }) => neutron.networkIpAvailabilities),
  of(flavor, ({ neutron }) => neutron.flavors),
  of(serviceProfile, ({ neutron }) => neutron.serviceProfiles),
  of(serviceProvider, ({ neutron }) => neutron.serviceProviders),
  of(log, ({ neutron }) => neutron.logs),
  of(loggableResource, ({ neutron }) => neutron.loggableResources),
  of(meteringLabel, ({ neutron }) => neutron.meteringLabels),
  of(meteringLabelRule, ({ neutron }) => neutron.meteringLabelRules),
  of(segment, ({ neutron }) => neutron.segments),
  of(networkSegmentRange, ({ neutron }) => neutron.networkSegmentRanges),
  of(rbacPolicy, ({ neutron }) => neutron.rbacPolicies),
  of(agent, ({ neutron }) => neutron.agents),
];

/** The routes of Neutron. */
@Module({
  controllers: [
    ExtensionsController,
    AddressGroupsController,
    FlavorProfilesController,
    PortBindingsController,
    RoutersController,
    AutoTopologiesController,
    AgentPartsController,
    TrunksController,
    SubnetPoolsController,
    quotasControllerOf(neutronQuotas),
    ...NEUTRON_RESOURCES.filter(({ spec }) => spec.tags).flatMap(tagsControllersOf),
    ...NEUTRON_RESOURCES.map(controllerOf),
  ],
})
export class NeutronModule {}
