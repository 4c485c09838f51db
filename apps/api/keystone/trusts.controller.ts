import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { missing, trust, trustRoleRules } from '#services/keystone/index';
import { Described } from '../http/described.js';
import { KitPolicy, PolicyOfHandler } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Answers } from '../kit/answers.js';
import { answerPage, queryOf } from '../kit/page.js';
import { Views } from '../kit/view.js';
import { keystoneDialect as dialect } from './dialect.js';

const closed = { additionalProperties: false };
const Role = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    domain_id: Type.Union([Type.String(), Type.Null()]),
    description: Type.Union([Type.String(), Type.Null()]),
    options: Type.Unknown(),
    links: Type.Object({ self: Type.String() }, closed),
  },
  { ...closed, title: 'TrustRole' },
);
const Links = Type.Object({ self: Type.String(), next: Type.Null(), previous: Type.Null() }, closed);

/** Lists of trusts, whose rule depends on whose they are, and the roles that a trust passes on (keystone/api/trusts.py). */
@Controller('identity/v3/OS-TRUST/trusts')
export class TrustsController {
  private readonly views: Views;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.views = new Views(dialect, trust, services.policies);
  }

  @Get()
  @PolicyOfHandler('identity:list_trusts')
  @Described({ query: dialect.parameters(trust), answer: new Answers(dialect, trust).many(false) })
  async list(@Req() request: ApiRequest): Promise<object> {
    const read = dialect.read(trust, queryOf(request), request.microversion, false);
    const page = await this.services.keystone.trusts.list(request.context!, read);
    const asked = { request, base: this.config.publicUrl, read };
    return answerPage({ dialect, spec: trust }, this.views, asked, page);
  }

  @Get(':id/roles')
  @KitPolicy(trustRoleRules, 'list')
  @Described({ answer: Type.Object({ roles: Type.Array(Role), links: Links }, closed) })
  async roles(@Req() request: ApiRequest, @Param('id') id: string): Promise<object> {
    const { passed, roles_links: links } = await this.find(request, id, 'identity:list_roles_for_trust');
    return { roles: passed, links };
  }

  @Get(':id/roles/:roleId')
  @KitPolicy(trustRoleRules, 'get')
  @Described({ answer: Type.Object({ role: Role }, closed) })
  async role(@Req() request: ApiRequest, @Param('id') id: string, @Param('roleId') roleId: string): Promise<object> {
    const { passed } = await this.find(request, id, 'identity:get_role_for_trust');
    const found = passed.find((one) => one.id === roleId);
    if (found === undefined) throw missing('role', roleId);
    return { role: found };
  }

  private find({ context }: ApiRequest, id: string, rule: string) {
    return this.services.keystone.trusts.withRoles(context!, id, rule);
  }
}
