import { Controller, Delete, Get, Head, HttpCode, Inject, Param, Put, Req, type Type as Class } from '@nestjs/common';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { ACTORS, TARGETS, grantRules, role, type GrantOn } from '#services/keystone/index';
import { Described } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Answers } from '../kit/answers.js';
import { answerPage } from '../kit/page.js';
import { Views } from '../kit/view.js';
import { keystoneDialect } from './dialect.js';

/** Makes the routes of the roles that one kind of actor has on one kind of target (keystone/api/projects.py). */
function grantsControllerOf(target: GrantOn['target']['kind'], actor: GrantOn['actor']['kind']): Class {
  const onOf = (targetId: string, actorId: string): GrantOn => ({
    target: { kind: target, id: targetId },
    actor: { kind: actor, id: actorId },
  });

  @Controller(`${keystoneDialect.prefix}/${target}s/:targetId/${actor}s/:actorId/roles`)
  class GrantsController {
    private readonly views: Views;

    constructor(
      @Inject(SERVICES) private readonly services: Services,
      @Inject(CONFIG) private readonly config: Config,
    ) {
      this.views = new Views(keystoneDialect, role, services.policies);
    }

    @Get()
    @KitPolicy(grantRules, 'list')
    @Described({ answer: new Answers(keystoneDialect, role).many(false) })
    async list(@Req() request: ApiRequest, @Param('targetId') of: string, @Param('actorId') who: string) {
      const rows = await this.services.keystone.grants.list(request.context!, onOf(of, who));
      const read = { conditions: [], sort: [], limit: rows.length };
      const asked = { request, base: this.config.publicUrl, read };
      return answerPage({ dialect: keystoneDialect, spec: role }, this.views, asked, { rows, more: false });
    }

    @Get(':roleId')
    @HttpCode(204)
    @KitPolicy(grantRules, 'get')
    async check(
      @Req() { context }: ApiRequest,
      @Param('targetId') of: string,
      @Param('actorId') who: string,
      @Param('roleId') roleId: string,
    ): Promise<void> {
      await this.services.keystone.grants.check(context!, onOf(of, who), roleId);
    }

    @Head(':roleId')
    @HttpCode(204)
    @KitPolicy(grantRules, 'get')
    async has(
      @Req() { context }: ApiRequest,
      @Param('targetId') of: string,
      @Param('actorId') who: string,
      @Param('roleId') roleId: string,
    ): Promise<void> {
      await this.services.keystone.grants.check(context!, onOf(of, who), roleId);
    }

    @Put(':roleId')
    @HttpCode(204)
    @KitPolicy(grantRules, 'create')
    async give(
      @Req() { context }: ApiRequest,
      @Param('targetId') of: string,
      @Param('actorId') who: string,
      @Param('roleId') roleId: string,
    ): Promise<void> {
      await this.services.keystone.grants.give(context!, onOf(of, who), roleId);
    }

    @Delete(':roleId')
    @HttpCode(204)
    @KitPolicy(grantRules, 'delete')
    async revoke(
      @Req() { context }: ApiRequest,
      @Param('targetId') of: string,
      @Param('actorId') who: string,
      @Param('roleId') roleId: string,
    ): Promise<void> {
      await this.services.keystone.grants.revoke(context!, onOf(of, who), roleId);
    }
  }
  Object.defineProperty(GrantsController, 'name', { value: `${target}${actor}GrantsController` });
  return GrantsController;
}

export const GRANT_CONTROLLERS = TARGETS.flatMap((target) => ACTORS.map((actor) => grantsControllerOf(target, actor)));
