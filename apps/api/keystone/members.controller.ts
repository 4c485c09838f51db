import { Controller, Delete, Get, Head, HttpCode, Inject, Param, Put, Req } from '@nestjs/common';
import type { Config } from '#config';
import type { Services } from '#services/index';
import type { AnySpec } from '#services/kernel/resource/spec';
import type { ListQuery } from '#services/kernel/resource/query';
import { groupUserRules, user, userGroup, userGroupRules } from '#services/keystone/index';
import { Described } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Answers } from '../kit/answers.js';
import { answerPage, queryOf } from '../kit/page.js';
import { Views } from '../kit/view.js';
import { keystoneDialect as dialect } from './dialect.js';

type Found = Parameters<typeof answerPage>[3];
const listOf = (spec: AnySpec) =>
  Described({ query: dialect.parameters(spec), answer: new Answers(dialect, spec).many(false) });

/** Who is in which group (keystone/api/groups.py, keystone/api/users.py). */
@Controller('identity/v3')
export class MembersController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get members() {
    return this.services.keystone.members;
  }

  @Get('groups/:groupId/users')
  @KitPolicy(groupUserRules, 'list')
  @listOf(user)
  async users(@Req() request: ApiRequest, @Param('groupId') groupId: string) {
    return this.answer(request, user, (read) => this.members.usersOf(request.context!, groupId, read));
  }

  @Get('users/:userId/groups')
  @KitPolicy(userGroupRules, 'list')
  @listOf(userGroup)
  async groups(@Req() request: ApiRequest, @Param('userId') userId: string) {
    return this.answer(request, userGroup, (read) => this.members.groupsOf(request.context!, userId, read));
  }

  @Get('groups/:groupId/users/:userId')
  @HttpCode(204)
  @KitPolicy(groupUserRules, 'get')
  async check(@Req() request: ApiRequest, @Param('groupId') groupId: string, @Param('userId') userId: string) {
    await this.members.check(request.context!, groupId, userId);
  }

  @Head('groups/:groupId/users/:userId')
  @HttpCode(204)
  @KitPolicy(groupUserRules, 'get')
  async has(@Req() request: ApiRequest, @Param('groupId') groupId: string, @Param('userId') userId: string) {
    await this.members.check(request.context!, groupId, userId);
  }

  @Put('groups/:groupId/users/:userId')
  @HttpCode(204)
  @KitPolicy(groupUserRules, 'create')
  async add(@Req() request: ApiRequest, @Param('groupId') groupId: string, @Param('userId') userId: string) {
    await this.members.add(request.context!, groupId, userId);
  }

  @Delete('groups/:groupId/users/:userId')
  @HttpCode(204)
  @KitPolicy(groupUserRules, 'delete')
  async remove(@Req() request: ApiRequest, @Param('groupId') groupId: string, @Param('userId') userId: string) {
    await this.members.remove(request.context!, groupId, userId);
  }

  private async answer(request: ApiRequest, spec: AnySpec, find: (read: ListQuery) => Promise<Found>): Promise<object> {
    const views = new Views(dialect, spec, this.services.policies);
    const read = dialect.read(spec, queryOf(request), request.microversion, false);
    const asked = { request, base: this.config.publicUrl, read };
    return answerPage({ dialect, spec }, views, asked, await find(read));
  }
}
