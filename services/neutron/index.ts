import { randomUUID } from 'node:crypto';
import type { Config } from '#config';
import type { RequestContext } from '../kernel/context.js';
import type { Database, Prisma, Statements } from '../kernel/database.js';
import { badRequest, conflict, notFound } from '../kernel/errors.js';
import { fetchPage, type Page } from '../kernel/paging.js';
import { disallowed } from '../kernel/policy/index.js';
import { Recent } from '../kernel/recent.js';
import { defined } from './defined.js';
import { canonical, contains } from './ipam.js';
import { checkAddressPolicy } from './port-rules.js';
import { Ports } from './ports.js';
import { NeutronQuotas } from './quotas.js';
import { checkNetworkChange, type NetworkChange } from './network-changes.js';
import { ServerPorts } from './server-ports.js';
import { Subnets } from './subnets.js';
import { mayDo, networkTarget, seesAllNetworks, visibleNetworks } from './visibility.js';

export { NEUTRON_RESOURCES } from './quotas.js';
export type { NeutronLimits, NeutronResource } from './quotas.js';
export type { PortRequest, Vif } from './server-ports.js';

export interface NetworkInput {
  /** Whose network it is to be. */
  project_id: string;
  name?: string | undefined;
  description?: string | undefined;
  admin_state_up?: boolean | undefined;
  shared?: boolean | undefined;
  mtu?: number | undefined;
  port_security_enabled?: boolean | undefined;
}

const withSubnets = { subnets: { select: { id: true } } } as const;

/** Neutron: networks, subnets, ports, and the addresses that they hold. */
export class Neutron {
  readonly quotas: NeutronQuotas;
  readonly subnets: Subnets;
  readonly ports: Ports;
  readonly serverPorts: ServerPorts;
  private readonly recent = new Recent((id) => this.db.network.findUnique({ where: { id }, include: withSubnets }));

  constructor(
    private readonly db: Database,
    sql: Statements,
    config: Config,
  ) {
    this.quotas = new NeutronQuotas(db, config);
    const networkOf = (ctx: RequestContext, id: string) => this.getNetwork(ctx, id);
    this.subnets = new Subnets(db, this.quotas, networkOf, () => this.recent.forget());
    this.ports = new Ports(db, this.quotas, networkOf);
    this.serverPorts = new ServerPorts(sql, this.quotas);
  }

  /** Makes all of them, or none. @throws 409 beyond the quota */
  createNetworks(inputs: readonly NetworkInput[]) {
    const projects = inputs.map((i) => i.project_id);
    return this.quotas.making('network', projects, async (tx) => {
      const made = [];
      for (const input of inputs)
        made.push(await tx.network.create({ data: { id: randomUUID(), ...defined(input) }, include: withSubnets }));
      return made;
    });
  }

  listNetworks(ctx: RequestContext, where: Prisma.NetworkWhereInput, page: Page) {
    return fetchPage(
      page,
      (args) =>
        this.db.network.findMany({
          where: { AND: [visibleNetworks(ctx), where] },
          include: withSubnets,
          orderBy: { id: 'asc' },
          ...args,
        }),
      (marker) => this.getNetwork(ctx, marker),
    );
  }

  async getNetwork(ctx: RequestContext, id: string) {
    const network = await this.db.network.findFirst({
      where: { AND: [{ id }, visibleNetworks(ctx)] },
      include: withSubnets,
    });
    if (!network) throw networkNotFound(id);
    return network;
  }

  /** The same for a boot, from what was read a moment ago. */
  async getRecentNetwork(ctx: RequestContext, id: string) {
    const network = await this.recent.get(id);
    const visible = network && (seesAllNetworks(ctx) || network.project_id === ctx.projectId || network.shared);
    if (!visible) throw networkNotFound(id);
    return network;
  }

  /** @throws 403 and 404 as Neutron's policies have it, 409 for what those who use the network cannot bear */
  async updateNetwork(ctx: RequestContext, id: string, change: NetworkChange) {
    const network = await this.getNetwork(ctx, id);
    const target = networkTarget(network);
    const shares = change.shared !== undefined;
    if (!mayDo(ctx, 'update_network', target) || (shares && !mayDo(ctx, 'update_network:shared', target)))
      throw disallowed(shares ? '(rule:update_network and rule:update_network:shared)' : 'rule:update_network');
    const changed = await this.db.$transaction(async (tx) => {
      const there = await tx.$executeRaw`
        UPDATE neutron.networks SET updated_at = now(), revision_number = revision_number + 1 WHERE id = ${id}`;
      if (there === 0) throw networkNotFound(id);
      await checkNetworkChange(tx, network, change);
      return tx.network.update({ where: { id }, data: defined(change), include: withSubnets });
    });
    this.recent.forget();
    return changed;
  }

  async deleteNetwork(ctx: RequestContext, id: string): Promise<void> {
    if (!mayDo(ctx, 'delete_network', networkTarget(await this.getNetwork(ctx, id)))) throw networkNotFound(id);
    await this.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM neutron.networks WHERE id = ${id} FOR UPDATE`;
      const used = await tx.port.findFirst({ where: { network_id: id }, select: { id: true } });
      if (used)
        throw conflict(
          'NetworkInUse',
          `Unable to complete operation on network ${id}. There are one or more ports still in use on the network, id for these ports is: ${used.id}.`,
        );
      await tx.subnet.deleteMany({ where: { network_id: id } });
      await tx.network.delete({ where: { id } });
    });
    this.recent.forget();
  }

  /** A port, for a boot that is to take it. */
  getPort(ctx: RequestContext, id: string) {
    return this.ports.get(ctx, id);
  }

  /** The networks that `auto` or no network at all may mean: the project's own, or else the shared ones. */
  async networksForBoot(ctx: RequestContext): Promise<{ id: string; name: string }[]> {
    const select = { id: true, name: true } as const;
    const own = await this.db.network.findMany({ where: { project_id: ctx.projectId, subnets: { some: {} } }, select });
    return own.length > 0 ? own : this.db.network.findMany({ where: { shared: true, subnets: { some: {} } }, select });
  }

  /**
   * Checks an address that a boot is to have on a network.
   * @throws 403 unless the caller may choose it, 400 unless the network can give it (a taken one is found out by the boot)
   */
  async checkFixedIp(
    ctx: RequestContext,
    network: { id: string; project_id: string; shared: boolean },
    ip: string,
  ): Promise<void> {
    checkAddressPolicy(ctx, network, ip);
    const subnets = await this.db.subnet.findMany({ where: { network_id: network.id } });
    const address = canonical(ip);
    if (!subnets.some((s) => contains(s.cidr, address)))
      throw badRequest(`Fixed IP address ${ip} is not a valid ip address for network ${network.id}.`);
  }

  /** Frees an address whose port is not there. @returns whether there was one */
  async forgetAddress(ip: string, portId: string): Promise<boolean> {
    const count = await this.db.$executeRaw`
      DELETE FROM neutron.ip_allocations a WHERE a.ip_address = ${ip} AND a.port_id = ${portId}
        AND NOT EXISTS (SELECT 1 FROM neutron.ports p WHERE p.id = a.port_id)`;
    return count > 0;
  }

  async reportAgent(host: string, facts: Prisma.InputJsonObject): Promise<void> {
    await this.db.$executeRaw`
      INSERT INTO neutron.agents (host, facts) VALUES (${host}, ${JSON.stringify(facts)}::jsonb)
      ON CONFLICT (host) DO UPDATE SET facts = EXCLUDED.facts, updated_at = now()`;
  }
}

const networkNotFound = (id: string) => notFound('NetworkNotFound', `Network ${id} could not be found.`);
