import { Controller, Delete, Get, Head, HttpCode, Inject, Param, Put, Req } from '@nestjs/common';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { groupUserRules, user, userGroup, userGroupRules } from '#services/keystone/index';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Lists, askedListOf } from './lists.js';

/** Who is in which group (keystone/api/groups.py, keystone/api/users.py). */
@Controller('identity/v3')
export class MembersController {
  private readonly userList: Lists;
  private readonly groupList: Lists;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) config: Config,
  ) {
    this.userList = new Lists(user, services, config);
    this.groupList = new Lists(userGroup, services, config);
  }

  private get members() {
    return this.services.keystone.members;
  }

  @Get('groups/:groupId/users')
  @KitPolicy(groupUserRules, 'list')
  @askedListOf(user)
  async users(@Req() request: ApiRequest, @Param('groupId') groupId: string) {
    return this.userList.asked(request, (read) => this.members.usersOf(request.context!, groupId, read));
  }

  @Get('users/:userId/groups')
  @KitPolicy(userGroupRules, 'list')
  @askedListOf(userGroup)
  async groups(@Req() request: ApiRequest, @Param('userId') userId: string) {
    return this.groupList.asked(request, (read) => this.members.groupsOf(request.context!, userId, read));
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
}
