import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import type { ListQuery } from '#services/kernel/resource/query';
import type { AnySpec } from '#services/kernel/resource/spec';
import { domain, project, userProjectRules } from '#services/keystone/index';
import { Answers as AnswersWith, Described } from '../http/described.js';
import { KitPolicy, Policy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Answers } from '../kit/answers.js';
import { answerPage, queryOf } from '../kit/page.js';
import { Views } from '../kit/view.js';
import { keystoneDialect as dialect } from './dialect.js';

const listOf = (spec: AnySpec) =>
  Described({ query: dialect.parameters(spec), answer: new Answers(dialect, spec).many(false) });
const SystemSchema = Type.Object(
  {
    system: Type.Array(Type.Object({ all: Type.Literal(true) }, { additionalProperties: false })),
    links: Type.Object({ self: Type.String() }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);

type Found = Parameters<typeof answerPage>[3];

/** What a user can have a token for (keystone/api/auth.py, keystone/api/users.py). */
@Controller('identity/v3')
export class OwnScopesController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get scopes() {
    return this.services.keystone.ownScopes;
  }

  @Get('users/:id/projects')
  @KitPolicy(userProjectRules, 'list')
  @listOf(project)
  async ofUser(@Req() request: ApiRequest, @Param('id') id: string) {
    return this.answer(request, project, (read) => this.scopes.ofUser(request.context!, id, read));
  }

  @Get('auth/projects')
  @Policy('identity:get_auth_projects')
  @listOf(project)
  async projects(@Req() request: ApiRequest) {
    return this.answer(request, project, (read) => this.scopes.projects(request.context!, holderOf(request), read));
  }

  @Get('auth/domains')
  @Policy('identity:get_auth_domains')
  @listOf(domain)
  async domains(@Req() request: ApiRequest) {
    return this.answer(request, domain, (read) => this.scopes.domains(request.context!, holderOf(request), read));
  }

  /** The older path of the same. */
  @Get('OS-FEDERATION/projects')
  @Policy('identity:get_auth_projects')
  @listOf(project)
  async federatedProjects(@Req() request: ApiRequest) {
    return this.projects(request);
  }

  @Get('OS-FEDERATION/domains')
  @Policy('identity:get_auth_domains')
  @listOf(domain)
  async federatedDomains(@Req() request: ApiRequest) {
    return this.domains(request);
  }

  @Get('auth/system')
  @Policy('identity:get_auth_system')
  @AnswersWith(SystemSchema)
  async system(@Req() request: ApiRequest) {
    const all = await this.scopes.system(holderOf(request));
    return {
      system: all ? [{ all: true as const }] : [],
      links: { self: `${this.config.publicUrl}/identity/v3/auth/system` },
    };
  }

  private async answer(request: ApiRequest, spec: AnySpec, find: (read: ListQuery) => Promise<Found>): Promise<object> {
    const read = dialect.read(spec, queryOf(request), request.microversion, false);
    const asked = { request, base: this.config.publicUrl, read };
    const views = new Views(dialect, spec, this.services.policies);
    return answerPage({ dialect, spec }, views, asked, await find(read));
  }
}

/** The token's user, with the groups that its identity provider named. */
const holderOf = ({ context, tokenInfo }: ApiRequest) => ({
  user: context!.userId,
  groups: tokenInfo?.federated?.groups ?? [],
});
