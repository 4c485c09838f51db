import type { RequestContext } from '../kernel/context.js';
import type { Database } from '../kernel/database.js';
import { conflict, notFound, type OpenStackError } from '../kernel/errors.js';
import type { ListQuery } from '../kernel/resource/query.js';
import { Records } from '../kernel/resource/records.js';
import type { Policies } from '../kernel/policy/index.js';
import { DHCP_AGENT, L3_AGENT, type Agents } from './agents.js';
import { agent } from './resources/agent.js';
import type { NeutronParts } from './words.js';

/** Agents as the API shows them, and what each of them has been given (neutron/db/agentschedulers_db.py). */
export class AgentRecords {
  private readonly records;

  constructor(
    private readonly db: Database,
    private readonly agents: Agents,
    parts: NeutronParts,
    policies: Policies,
  ) {
    this.records = new Records(agent, parts, policies);
  }

  async list(ctx: RequestContext, query: ListQuery) {
    const [page, alive] = await Promise.all([this.records.list(ctx, query), this.agents.alive()]);
    return { ...page, rows: page.rows.map((row) => ({ ...row, alive: alive.includes(row.id) })) };
  }

  async get(ctx: RequestContext, id: string) {
    const [row, alive] = await Promise.all([this.records.get(ctx, id), this.agents.alive()]);
    return { ...row, alive: alive.includes(id) };
  }

  async update(ctx: RequestContext, id: string, change: Parameters<typeof this.records.update>[2]) {
    await this.records.update(ctx, id, change);
    return this.get(ctx, id);
  }

  /** A role that runs reports it again. */
  delete(ctx: RequestContext, id: string): Promise<void> {
    return this.records.delete(ctx, id);
  }

  /** Ids of the networks whose DHCP an agent serves. @throws 404, where Neutron says that an agent that is not there serves none */
  async networksOf(ctx: RequestContext, agentId: string): Promise<string[]> {
    await this.records.get(ctx, agentId);
    const bindings = await this.db.dhcpBinding.findMany({ where: { agent_id: agentId }, select: { network_id: true } });
    return bindings.map(({ network_id }) => network_id);
  }

  /** Ids of the agents that serve a network's DHCP. */
  async dhcpAgentsOf(networkId: string): Promise<string[]> {
    const bindings = await this.db.dhcpBinding.findMany({
      where: { network_id: networkId },
      select: { agent_id: true },
    });
    return bindings.map(({ agent_id }) => agent_id);
  }

  /** @throws 404 for an agent that cannot, or a network that is not there, 409 where it does already */
  async addNetwork(agentId: string, networkId: string): Promise<void> {
    await this.hostOf(agentId, DHCP_AGENT, (id) =>
      notFound('InvalidDHCPAgent', `Agent ${id} is not a valid DHCP Agent or has been disabled.`),
    );
    if ((await this.db.network.count({ where: { id: networkId } })) === 0)
      throw notFound('NetworkNotFound', `Network ${networkId} could not be found.`);
    const { count } = await this.db.dhcpBinding.createMany({
      data: { agent_id: agentId, network_id: networkId },
      skipDuplicates: true,
    });
    if (count === 0)
      throw conflict(
        'NetworkHostedByDHCPAgent',
        `The network ${networkId} has been already hosted by the DHCP Agent ${agentId}.`,
      );
  }

  /** @throws 404, and 409 where it does not serve it */
  async removeNetwork(ctx: RequestContext, agentId: string, networkId: string): Promise<void> {
    await this.records.get(ctx, agentId);
    const { count } = await this.db.dhcpBinding.deleteMany({ where: { agent_id: agentId, network_id: networkId } });
    if (count === 0)
      throw conflict(
        'NetworkNotHostedByDhcpAgent',
        `The network ${networkId} is not hosted by the DHCP agent ${agentId}.`,
      );
  }

  /** Ids of the routers that an agent runs. @throws 404 */
  async routersOf(ctx: RequestContext, agentId: string): Promise<string[]> {
    const found = await this.records.get(ctx, agentId);
    if (found.agent_type !== L3_AGENT) return [];
    const routers = await this.db.router.findMany({ where: { host: found.host }, select: { id: true } });
    return routers.map(({ id }) => id);
  }

  /** Ids of the agents that run a router: one, or none. */
  async l3AgentsOf(routerId: string): Promise<string[]> {
    const router = await this.db.router.findUnique({ where: { id: routerId }, select: { host: true } });
    if (router === null || router.host === '') return [];
    const agents = await this.db.networkAgent.findMany({
      where: { host: router.host, agent_type: L3_AGENT },
      select: { id: true },
    });
    return agents.map(({ id }) => id);
  }

  /** @throws 404 for an agent that cannot, or a router that is not there, 409 where it has an agent */
  async addRouter(agentId: string, routerId: string): Promise<void> {
    const host = await this.hostOf(agentId, L3_AGENT, (id) =>
      notFound('InvalidL3Agent', `Agent ${id} is not a L3 Agent or has been disabled`),
    );
    const { count } = await this.db.router.updateMany({ where: { id: routerId, host: '' }, data: { host } });
    if (count === 1) return;
    if ((await this.db.router.count({ where: { id: routerId } })) === 0)
      throw notFound('RouterNotFound', `Router ${routerId} could not be found`);
    throw conflict(
      'RouterHostedByL3Agent',
      `The router ${routerId} has been already hosted by the L3 Agent ${agentId}.`,
    );
  }

  /** The router gets another agent in a moment, unless it has no ports. @throws 404, and 409 where the agent does not run it */
  async removeRouter(ctx: RequestContext, agentId: string, routerId: string): Promise<void> {
    const { host } = await this.records.get(ctx, agentId);
    const { count } = await this.db.router.updateMany({ where: { id: routerId, host }, data: { host: '' } });
    if (count === 0)
      throw conflict('RouterNotHostedByL3Agent', `The router ${routerId} is not hosted by L3 agent ${agentId}.`);
  }

  private async hostOf(id: string, type: string, refusal: (id: string) => OpenStackError): Promise<string> {
    const found = await this.db.networkAgent.findUnique({ where: { id } });
    if (found === null || found.agent_type !== type || !found.admin_state_up) throw refusal(id);
    return found.host;
  }
}
