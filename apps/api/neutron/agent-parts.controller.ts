import { Controller, Delete, Get, Header, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { MAX_LIMIT } from '#services/kernel/paging';
import type { AnySpec } from '#services/kernel/resource/spec';
import { agent, network, router } from '#services/neutron/index';
import { Answers as Answer, Described, ValidBody } from '../http/described.js';
import { JSON_TEXT } from '../http/json-text.js';
import { Policy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validateNeutron } from '../http/validation.js';
import { Answers } from '../kit/answers.js';
import type { Store } from '../kit/resource.js';
import { Views } from '../kit/view.js';
import { neutronDialect } from './dialect.js';

/** What Neutron answers when it has nothing to say: openstacksdk reads JSON. */
const NOTHING = 'null';
const strict = { additionalProperties: false };
const id = Type.String({ minLength: 1, maxLength: 255 });
const NetworkId = Type.Object({ network_id: id }, strict);
const RouterId = Type.Object({ router_id: id }, strict);
const Zones = Type.Object({
  availability_zones: Type.Array(
    Type.Object({
      name: Type.String(),
      resource: Type.Enum(['network', 'router']),
      state: Type.Enum(['available', 'unavailable']),
    }),
  ),
});
const listOf = (spec: AnySpec) => new Answers(neutronDialect, spec).many(false);

/**
 * Which agent has been given what (neutron_lib/api/definitions: dhcpagentscheduler, l3_agent_scheduler), and the availability
 * zones that agents are in.
 */
@Controller('network/v2.0')
export class AgentPartsController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('agents/:id/dhcp-networks')
  @Policy('network:get_dhcp-networks')
  @Described({ answer: listOf(network) })
  async networks(@Req() request: ApiRequest, @Param('id') agentId: string): Promise<object> {
    const { agents, networks } = this.services.neutron;
    return this.those(request, network, networks, await agents.networksOf(request.context!, agentId));
  }

  @Post('agents/:id/dhcp-networks')
  @HttpCode(201)
  @Policy('network:create_dhcp-network')
  @Header(...JSON_TEXT)
  @Described({ answer: Type.Null() })
  async addNetwork(
    @Param('id') agentId: string,
    @ValidBody(NetworkId, { check: validateNeutron }) { network_id }: Static<typeof NetworkId>,
  ): Promise<string> {
    await this.services.neutron.agents.addNetwork(agentId, network_id);
    return NOTHING;
  }

  @Delete('agents/:id/dhcp-networks/:networkId')
  @HttpCode(204)
  @Policy('network:delete_dhcp-network')
  removeNetwork(
    @Req() { context }: ApiRequest,
    @Param('id') agentId: string,
    @Param('networkId') networkId: string,
  ): Promise<void> {
    return this.services.neutron.agents.removeNetwork(context!, agentId, networkId);
  }

  @Get('networks/:id/dhcp-agents')
  @Policy('network:get_dhcp-agents')
  @Described({ answer: listOf(agent) })
  async dhcpAgents(@Req() request: ApiRequest, @Param('id') networkId: string): Promise<object> {
    const { agents, networks } = this.services.neutron;
    const { id: known } = await networks.get(request.context!, networkId);
    return this.those(request, agent, agents, await agents.dhcpAgentsOf(known));
  }

  @Get('agents/:id/l3-routers')
  @Policy('network:get_l3-routers')
  @Described({ answer: listOf(router) })
  async routers(@Req() request: ApiRequest, @Param('id') agentId: string): Promise<object> {
    const { agents, routers } = this.services.neutron;
    return this.those(request, router, routers, await agents.routersOf(request.context!, agentId));
  }

  @Post('agents/:id/l3-routers')
  @HttpCode(201)
  @Policy('network:create_l3-router')
  @Header(...JSON_TEXT)
  @Described({ answer: Type.Null() })
  async addRouter(
    @Param('id') agentId: string,
    @ValidBody(RouterId, { check: validateNeutron }) { router_id }: Static<typeof RouterId>,
  ): Promise<string> {
    await this.services.neutron.agents.addRouter(agentId, router_id);
    return NOTHING;
  }

  @Delete('agents/:id/l3-routers/:routerId')
  @HttpCode(204)
  @Policy('network:delete_l3-router')
  removeRouter(
    @Req() { context }: ApiRequest,
    @Param('id') agentId: string,
    @Param('routerId') routerId: string,
  ): Promise<void> {
    return this.services.neutron.agents.removeRouter(context!, agentId, routerId);
  }

  @Get('routers/:id/l3-agents')
  @Policy('network:get_l3-agents')
  @Described({ answer: listOf(agent) })
  async l3Agents(@Req() request: ApiRequest, @Param('id') routerId: string): Promise<object> {
    const { agents, routers } = this.services.neutron;
    const { id: known } = await routers.get(request.context!, routerId);
    return this.those(request, agent, agents, await agents.l3AgentsOf(known));
  }

  @Get('availability_zones')
  @Policy('network:get_availability_zone')
  @Answer(Zones)
  async zones(): Promise<Static<typeof Zones>> {
    return { availability_zones: await this.services.neutron.agentReports.zones() };
  }

  /** Those of a resource's records with these ids, as its own list shows them. */
  private async those(
    { context, microversion: minor }: ApiRequest,
    spec: AnySpec,
    store: object,
    ids: readonly string[],
  ): Promise<object> {
    const conditions = [{ field: 'id', operator: 'in', values: ids }] as const;
    const { rows } = await (store as Store).list(context!, { conditions, sort: [], limit: MAX_LIMIT });
    const views = new Views(neutronDialect, spec, this.services.policies);
    const reader = { ctx: context!, minor, base: this.config.publicUrl, action: 'list' } as const;
    return { [spec.names[1]]: rows.map((row) => views.of(row, reader)) };
  }
}
