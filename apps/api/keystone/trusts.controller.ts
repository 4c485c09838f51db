import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { missing, trust, trustRoleRules } from '#services/keystone/index';
import { Described } from '../http/described.js';
import { KitPolicy, PolicyOfHandler } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Lists, askedListOf } from './lists.js';

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
  private readonly trusts: Lists;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) config: Config,
  ) {
    this.trusts = new Lists(trust, services, config);
  }

  @Get()
  @PolicyOfHandler('identity:list_trusts')
  @askedListOf(trust)
  async list(@Req() request: ApiRequest): Promise<object> {
    return this.trusts.asked(request, (read) => this.services.keystone.trusts.list(request.context!, read));
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
