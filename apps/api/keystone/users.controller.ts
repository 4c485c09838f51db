import { Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import type { ListQuery } from '#services/kernel/resource/query';
import { project, userProjectRules } from '#services/keystone/index';
import { Described, ValidBody } from '../http/described.js';
import { KitPolicy, Policy, Public } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Answers } from '../kit/answers.js';
import { answerPage, queryOf } from '../kit/page.js';
import { Views } from '../kit/view.js';
import { keystoneDialect as dialect } from './dialect.js';

/** keystone/identity/schema.py: password_change */
const ChangePasswordSchema = Type.Object({
  user: Type.Object({ original_password: Type.String(), password: Type.String() }, { additionalProperties: false }),
});

const projects = Described({
  query: dialect.parameters(project),
  answer: new Answers(dialect, project).many(false),
});

type Found = Parameters<typeof answerPage>[3];

/** What users do for themselves: another password, and the projects in which they have roles. */
@Controller('identity/v3')
export class UsersController {
  private readonly views: Views;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.views = new Views(dialect, project, services.policies);
  }

  /** The old password is all that a user needs, as in Keystone: the token may have ended with a password that expired. */
  @Post('users/:id/password')
  @HttpCode(204)
  @Public()
  async changePassword(
    @Param('id') id: string,
    @ValidBody(ChangePasswordSchema) { user }: Static<typeof ChangePasswordSchema>,
  ): Promise<void> {
    await this.services.keystone.changePassword(id, user.original_password, user.password);
  }

  @Get('users/:id/projects')
  @KitPolicy(userProjectRules, 'list')
  @projects
  async projects(@Req() request: ApiRequest, @Param('id') id: string) {
    const { userProjects } = this.services.keystone;
    return this.answer(request, (read) => userProjects.list(request.context!, id, read));
  }

  @Get('auth/projects')
  @Policy('identity:get_auth_projects')
  @projects
  async own(@Req() request: ApiRequest) {
    const { userProjects } = this.services.keystone;
    return this.answer(request, (read) => userProjects.own(request.context!, read));
  }

  private async answer(request: ApiRequest, find: (read: ListQuery) => Promise<Found>): Promise<object> {
    const read = dialect.read(project, queryOf(request), request.microversion, false);
    const asked = { request, base: this.config.publicUrl, read };
    return answerPage({ dialect, spec: project }, this.views, asked, await find(read));
  }
}
