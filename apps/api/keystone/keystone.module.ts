import { Module } from '@nestjs/common';
import { domain, project, role, user } from '#services/keystone/index';
import { controllerOf } from '../kit/controller.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { tagsControllerOf } from '../kit/tags.js';
import { keystoneDialect } from './dialect.js';
import { GRANT_CONTROLLERS } from './grants.controller.js';
import { ImpliedRolesController } from './implied-roles.controller.js';
import { KeystoneController } from './keystone.controller.js';
import { OwnScopesController } from './own-scopes.controller.js';
import { projectTree } from './project-tree.js';
import { RevocationsController } from './revocations.controller.js';
import { RoleAssignmentsController } from './role-assignments.controller.js';
import { UsersController } from './users.controller.js';

const of = inDialect(keystoneDialect);
const KEYSTONE_RESOURCES: readonly Resource[] = [
  of(domain, ({ keystone }) => keystone.domains),
  of(project, ({ keystone }) => keystone.projects, projectTree),
  of(user, ({ keystone }) => keystone.users),
  of(role, ({ keystone }) => keystone.roles),
];

/** The routes of Keystone. */
@Module({
  controllers: [
    KeystoneController,
    UsersController,
    OwnScopesController,
    ImpliedRolesController,
    RoleAssignmentsController,
    RevocationsController,
    ...GRANT_CONTROLLERS,
    ...KEYSTONE_RESOURCES.filter(({ spec }) => spec.tags).map(tagsControllerOf),
    ...KEYSTONE_RESOURCES.map(controllerOf),
  ],
})
export class KeystoneModule {}
