import { Controller, Delete, Get, Head, HttpCode, Inject, Put, Req, type Type as Class } from '@nestjs/common';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { ACTORS, TARGETS, role, rulesOf, type GrantOn } from '#services/keystone/index';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { keystoneDialect } from './dialect.js';
import { Lists, listOf } from './lists.js';

type Kinds = { readonly target: GrantOn['target']['kind']; readonly actor: GrantOn['actor']['kind'] };

/** Where the roles that one kind of actor has on one kind of target are (keystone/api/projects.py, system.py, os_inherit.py). */
function pathsOf({ target, actor }: Kinds, inherited: boolean): { list?: string; one: string } {
  const on = target === 'system' ? 'system' : `${target}s/:targetId`;
  if (!inherited) return { list: `${on}/${actor}s/:actorId/roles`, one: `${on}/${actor}s/:actorId/roles/:roleId` };
  const roles = `OS-INHERIT/${on}/${actor}s/:actorId/roles`;
  return {
    // Keystone lists what is inherited from a domain alone.
    ...(target === 'domain' ? { list: `${roles}/inherited_to_projects` } : {}),
    one: `${roles}/:roleId/inherited_to_projects`,
  };
}

/** A part of the path, which the route has. */
const parameter = ({ params }: ApiRequest, name: string): string => (params as Record<string, string>)[name] ?? '';
const unrouted: MethodDecorator = () => undefined;

/** Makes the routes of the roles that one kind of actor has on one kind of target. */
function grantsControllerOf(kinds: Kinds, inherited: boolean): Class {
  const paths = pathsOf(kinds, inherited);
  const rules = rulesOf({ target: { kind: kinds.target }, actor: { kind: kinds.actor } });
  const onOf = (request: ApiRequest): GrantOn => ({
    target: { kind: kinds.target, ...(kinds.target === 'system' ? {} : { id: parameter(request, 'targetId') }) },
    actor: { kind: kinds.actor, id: parameter(request, 'actorId') },
    inherited,
  });

  @Controller(keystoneDialect.prefix)
  class GrantsController {
    private readonly roles: Lists;

    constructor(
      @Inject(SERVICES) private readonly services: Services,
      @Inject(CONFIG) config: Config,
    ) {
      this.roles = new Lists(role, services, config);
    }

    private get grants() {
      return this.services.keystone.grants;
    }

    @(paths.list === undefined ? unrouted : Get(paths.list))
    @KitPolicy(rules, 'list')
    @listOf(role)
    async list(@Req() request: ApiRequest) {
      return this.roles.of(request, await this.grants.list(request.context!, onOf(request)));
    }

    @Get(paths.one)
    @HttpCode(204)
    @KitPolicy(rules, 'get')
    async check(@Req() request: ApiRequest): Promise<void> {
      await this.grants.check(request.context!, onOf(request), parameter(request, 'roleId'));
    }

    @Head(paths.one)
    @HttpCode(204)
    @KitPolicy(rules, 'get')
    async has(@Req() request: ApiRequest): Promise<void> {
      await this.grants.check(request.context!, onOf(request), parameter(request, 'roleId'));
    }

    @Put(paths.one)
    @HttpCode(204)
    @KitPolicy(rules, 'create')
    async give(@Req() request: ApiRequest): Promise<void> {
      await this.grants.give(request.context!, onOf(request), parameter(request, 'roleId'));
    }

    @Delete(paths.one)
    @HttpCode(204)
    @KitPolicy(rules, 'delete')
    async revoke(@Req() request: ApiRequest): Promise<void> {
      await this.grants.revoke(request.context!, onOf(request), parameter(request, 'roleId'));
    }
  }
  const name = `${inherited ? 'inherited_' : ''}${kinds.target}_${kinds.actor}_grants`;
  Object.defineProperty(GrantsController, 'name', { value: name });
  return GrantsController;
}

export const GRANT_CONTROLLERS = TARGETS.flatMap((target) =>
  ACTORS.flatMap((actor) => [
    grantsControllerOf({ target, actor }, false),
    ...(target === 'system' ? [] : [grantsControllerOf({ target, actor }, true)]),
  ]),
);
