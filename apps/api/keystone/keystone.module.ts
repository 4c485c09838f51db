import { Module } from '@nestjs/common';
import {
  domain,
  group,
  identityProvider,
  mapping,
  project,
  protocol,
  role,
  serviceProvider,
  accessRule,
  applicationCredential,
  credential,
  trust,
  endpoint,
  endpointGroup,
  limit,
  policy,
  region,
  registeredLimit,
  service,
  user,
} from '#services/keystone/index';
import { controllerOf } from '../kit/controller.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { tagsControllersOf } from '../kit/tags.js';
import { keystoneDialect } from './dialect.js';
import { FederationController } from './federation.controller.js';
import { DomainConfigController } from './domain-config.controller.js';
import { EndpointFilterController } from './endpoint-filter.controller.js';
import { EndpointPolicyController, POLICY_PLACE_CONTROLLERS } from './endpoint-policy.controller.js';
import { GRANT_CONTROLLERS } from './grants.controller.js';
import { Ec2Controller } from './ec2.controller.js';
import { MembersController } from './members.controller.js';
import { KeystoneController } from './keystone.controller.js';
import { TrustsController } from './trusts.controller.js';
import { ImpliedRolesController } from './implied-roles.controller.js';
import { OwnScopesController } from './own-scopes.controller.js';
import { projectTree } from './project-tree.js';
import { RevocationsController } from './revocations.controller.js';
import { RoleAssignmentsController } from './role-assignments.controller.js';
import { LimitModelController } from './limit-model.controller.js';
import { RegionsController } from './regions.controller.js';
import { UsersController } from './users.controller.js';

const of = inDialect(keystoneDialect);
export const KEYSTONE_RESOURCES: readonly Resource[] = [
  of(domain, ({ keystone }) => keystone.domains),
  of(project, ({ keystone }) => keystone.projects, projectTree),
  of(group, ({ keystone }) => keystone.groups),
  of(user, ({ keystone }) => keystone.users),
  of(accessRule, ({ keystone }) => keystone.accessRules),
  of(applicationCredential, ({ keystone }) => keystone.applicationCredentials),
  of(trust, ({ keystone }) => keystone.trusts),
  of(credential, ({ keystone }) => keystone.credentials),
  of(role, ({ keystone }) => keystone.roles),
  of(identityProvider, ({ keystone }) => keystone.identityProviders),
  of(protocol, ({ keystone }) => keystone.protocols),
  of(mapping, ({ keystone }) => keystone.mappings),
  of(serviceProvider, ({ keystone }) => keystone.serviceProviders),
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
    FederationController,
    Ec2Controller,
    TrustsController,
    OwnScopesController,
    ImpliedRolesController,
    RoleAssignmentsController,
    RevocationsController,
    MembersController,
    RegionsController,
    EndpointFilterController,
    EndpointPolicyController,
    ...POLICY_PLACE_CONTROLLERS,
    DomainConfigController,
    LimitModelController,
    ...GRANT_CONTROLLERS,
    ...KEYSTONE_RESOURCES.filter(({ spec }) => spec.tags).flatMap(tagsControllersOf),
    ...KEYSTONE_RESOURCES.map(controllerOf),
  ],
})
export class KeystoneModule {}
