import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { domain, project, userProjectRules } from '#services/keystone/index';
import { Answers } from '../http/described.js';
import { KitPolicy, Policy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Lists, askedListOf } from './lists.js';

const SystemSchema = Type.Object(
  {
    system: Type.Array(Type.Object({ all: Type.Literal(true) }, { additionalProperties: false })),
    links: Type.Object({ self: Type.String() }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);

/** What a user can have a token for (keystone/api/auth.py, keystone/api/users.py). */
@Controller('identity/v3')
export class OwnScopesController {
  private readonly projectList: Lists;
  private readonly domainList: Lists;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.projectList = new Lists(project, services, config);
    this.domainList = new Lists(domain, services, config);
  }

  private get scopes() {
    return this.services.keystone.ownScopes;
  }

  @Get('users/:id/projects')
  @KitPolicy(userProjectRules, 'list')
  @askedListOf(project)
  async ofUser(@Req() request: ApiRequest, @Param('id') id: string) {
    return this.projectList.asked(request, (read) => this.scopes.ofUser(request.context!, id, read));
  }

  @Get('auth/projects')
  @Policy('identity:get_auth_projects')
  @askedListOf(project)
  async projects(@Req() request: ApiRequest) {
    return this.projectList.asked(request, (read) => this.scopes.projects(request.context!, holderOf(request), read));
  }

  @Get('auth/domains')
  @Policy('identity:get_auth_domains')
  @askedListOf(domain)
  async domains(@Req() request: ApiRequest) {
    return this.domainList.asked(request, (read) => this.scopes.domains(request.context!, holderOf(request), read));
  }

  /** The older path of the same. */
  @Get('OS-FEDERATION/projects')
  @Policy('identity:get_auth_projects')
  @askedListOf(project)
  async federatedProjects(@Req() request: ApiRequest) {
    return this.projects(request);
  }

  @Get('OS-FEDERATION/domains')
  @Policy('identity:get_auth_domains')
  @askedListOf(domain)
  async federatedDomains(@Req() request: ApiRequest) {
    return this.domains(request);
  }

  @Get('auth/system')
  @Policy('identity:get_auth_system')
  @Answers(SystemSchema)
  async system(@Req() request: ApiRequest) {
    const all = await this.scopes.system(holderOf(request));
    return {
      system: all ? [{ all: true as const }] : [],
      links: { self: `${this.config.publicUrl}/identity/v3/auth/system` },
    };
  }
}

/** The token's user, with the groups that its identity provider named. */
const holderOf = ({ context, tokenInfo }: ApiRequest) => ({
  user: context!.userId,
  groups: tokenInfo?.federated?.groups ?? [],
});
