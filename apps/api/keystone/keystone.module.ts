import { Module } from '@nestjs/common';
import { domain, group, project, role, user } from '#services/keystone/index';
import { controllerOf } from '../kit/controller.js';
import { inDialect, type Resource } from '../kit/resource.js';
import { tagsControllerOf } from '../kit/tags.js';
import { keystoneDialect } from './dialect.js';
import { GRANT_CONTROLLERS } from './grants.controller.js';
import { MembersController } from './members.controller.js';
import { KeystoneController } from './keystone.controller.js';
import { UsersController } from './users.controller.js';

const of = inDialect(keystoneDialect);
const KEYSTONE_RESOURCES: readonly Resource[] = [
  of(domain, ({ keystone }) => keystone.domains),
  of(project, ({ keystone }) => keystone.projects),
  of(group, ({ keystone }) => keystone.groups),
  of(user, ({ keystone }) => keystone.users),
  of(role, ({ keystone }) => keystone.roles),
];

/** The routes of Keystone. */
@Module({
  controllers: [
    KeystoneController,
    UsersController,
    MembersController,
    ...GRANT_CONTROLLERS,
    ...KEYSTONE_RESOURCES.filter(({ spec }) => spec.tags).map(tagsControllerOf),
    ...KEYSTONE_RESOURCES.map(controllerOf),
  ],
})
export class KeystoneModule {}
