import { Module } from '@nestjs/common';
import {
  domain,
  endpoint,
  endpointGroup,
  limit,
  policy,
  project,
  region,
  registeredLimit,
  role,
  service,
  user,
} from '#services/keystone/index';
import { controllerOf } from '../kit/controller.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { tagsControllerOf } from '../kit/tags.js';
import { keystoneDialect } from './dialect.js';
import { DomainConfigController } from './domain-config.controller.js';
import { EndpointFilterController } from './endpoint-filter.controller.js';
import { EndpointPolicyController, POLICY_PLACE_CONTROLLERS } from './endpoint-policy.controller.js';
import { GRANT_CONTROLLERS } from './grants.controller.js';
import { KeystoneController } from './keystone.controller.js';
import { LimitModelController } from './limit-model.controller.js';
import { RegionsController } from './regions.controller.js';
import { UsersController } from './users.controller.js';

const of = inDialect(keystoneDialect);
const KEYSTONE_RESOURCES: readonly Resource[] = [
  of(domain, ({ keystone }) => keystone.domains),
  of(project, ({ keystone }) => keystone.projects),
  of(user, ({ keystone }) => keystone.users),
  of(role, ({ keystone }) => keystone.roles),
  of(region, ({ keystone }) => keystone.regions),
  of(service, ({ keystone }) => keystone.catalogServices),
  of(endpoint, ({ keystone }) => keystone.endpoints),
  of(endpointGroup, ({ keystone }) => keystone.endpointGroups),
  of(policy, ({ keystone }) => keystone.policies),
  of(registeredLimit, ({ keystone }) => keystone.registeredLimits),
  of(limit, ({ keystone }) => keystone.limits),
];

/** The routes of Keystone. */
@Module({
  controllers: [
    KeystoneController,
    UsersController,
    RegionsController,
    EndpointFilterController,
    EndpointPolicyController,
    ...POLICY_PLACE_CONTROLLERS,
    DomainConfigController,
    LimitModelController,
    ...GRANT_CONTROLLERS,
    ...KEYSTONE_RESOURCES.filter(({ spec }) => spec.tags).map(tagsControllerOf),
    ...KEYSTONE_RESOURCES.map(controllerOf),
  ],
})
export class KeystoneModule {}
