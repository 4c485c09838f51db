import { randomUUID } from 'node:crypto';
import { isAdmin, scopeOf, type RequestContext } from '../context.js';
import { isConflict, type Database, type Prisma, type Statements } from '../database.js';
import { badRequest, conflict, notFound } from '../errors.js';
import { cutPage, pageArgs, type Page } from '../paging.js';
import { Recent } from '../recent.js';
import { giveAddresses, subnetRanges, type AddressRequest } from './addresses.js';
import { canonical, contains, overlaps, planSubnet, type Pool, type SubnetRange } from './ipam.js';
import { newMac } from './mac.js';
import { ServerPorts } from './server-ports.js';

export type { PortRequest, Vif } from './server-ports.js';

export interface PortInput {
  network_id: string;
  name?: string | undefined;
  description?: string | undefined;
  admin_state_up?: boolean | undefined;
  mac_address?: string | undefined;
  device_id?: string | undefined;
  device_owner?: string | undefined;
  fixed_ips?: AddressRequest[] | undefined;
}

const withSubnets = { subnets: { select: { id: true } } } as const;
const withAddresses = { fixed_ips: true } as const;

/** Neutron: networks, subnets, ports, and the addresses that they hold. */
export class Neutron {
  readonly serverPorts: ServerPorts;
  private readonly recent = new Recent((id) => this.db.network.findUnique({ where: { id }, include: withSubnets }));

  constructor(
    private readonly db: Database,
    sql: Statements,
  ) {
    this.serverPorts = new ServerPorts(sql);
  }

  private visibleNetworks(ctx: RequestContext): Prisma.NetworkWhereInput {
    return seesAllNetworks(ctx) ? {} : { OR: [{ project_id: ctx.projectId }, { shared: true }] };
  }

  createNetwork(
    ctx: RequestContext,
    input: {
      name?: string | undefined;
      description?: string | undefined;
      admin_state_up?: boolean | undefined;
      shared?: boolean | undefined;
      mtu?: number | undefined;
      port_security_enabled?: boolean | undefined;
    },
  ) {
    return this.db.network.create({
      data: { id: randomUUID(), project_id: ctx.projectId, ...defined(input) },
      include: withSubnets,
    });
  }

  async listNetworks(ctx: RequestContext, where: Prisma.NetworkWhereInput, page: Page) {
    const found = await this.db.network.findMany({
      where: { AND: [this.visibleNetworks(ctx), where] },
      include: withSubnets,
      orderBy: { id: 'asc' },
      ...pageArgs(page),
    });
    return cutPage(found, page);
  }

  async getNetwork(ctx: RequestContext, id: string) {
    const network = await this.db.network.findFirst({
      where: { AND: [{ id }, this.visibleNetworks(ctx)] },
      include: withSubnets,
    });
    if (!network) throw notFound('NetworkNotFound', `Network ${id} could not be found.`);
    return network;
  }

  /** The same for a boot, from what was read a moment ago. */
  async getRecentNetwork(ctx: RequestContext, id: string) {
    const network = await this.recent.get(id);
    const visible = network && (seesAllNetworks(ctx) || network.project_id === ctx.projectId || network.shared);
    if (!visible) throw notFound('NetworkNotFound', `Network ${id} could not be found.`);
    return network;
  }

  async deleteNetwork(ctx: RequestContext, id: string): Promise<void> {
    const network = await this.getNetwork(ctx, id);
    this.own(ctx, network, () => notFound('NetworkNotFound', `Network ${id} could not be found.`));
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

  async createSubnet(
    ctx: RequestContext,
    input: {
      network_id: string;
      name?: string | undefined;
      description?: string | undefined;
      cidr: string;
      ip_version: number;
      gateway_ip?: string | null | undefined;
      enable_dhcp?: boolean | undefined;
      dns_nameservers?: string[] | undefined;
      allocation_pools?: Pool[] | undefined;
    },
  ) {
    const network = await this.getNetwork(ctx, input.network_id);
    this.own(ctx, network, () => notFound('NetworkNotFound', `Network ${input.network_id} could not be found.`));
    const plan = planSubnet(input);
    const made = await this.db.$transaction(async (tx) => {
      // The network's row lock makes two overlapping subnets take turns.
      await tx.$queryRaw`SELECT 1 FROM neutron.networks WHERE id = ${network.id} FOR UPDATE`;
      const others = await tx.subnet.findMany({ where: { network_id: network.id, ip_version: input.ip_version } });
      const clash = others.find((s) => overlaps(s.cidr, plan.cidr, input.ip_version));
      if (clash)
        throw badRequest(
          `Invalid input for operation: Requested subnet with cidr: ${plan.cidr} for network: ${network.id} overlaps with another subnet.`,
        );
      const { gateway_ip: _gateway, allocation_pools: _pools, ...rest } = defined(input);
      return tx.subnet.create({
        data: {
          ...rest,
          ...plan,
          id: randomUUID(),
          project_id: network.project_id,
          network_id: network.id,
          cidr: plan.cidr,
          ip_version: input.ip_version,
        },
      });
    });
    this.recent.forget();
    return made;
  }

  async listSubnets(ctx: RequestContext, where: Prisma.SubnetWhereInput, page: Page) {
    const found = await this.db.subnet.findMany({
      where: { AND: [{ network: this.visibleNetworks(ctx) }, where] },
      orderBy: { id: 'asc' },
      ...pageArgs(page),
    });
    return cutPage(found, page);
  }

  async getSubnet(ctx: RequestContext, id: string) {
    const subnet = await this.db.subnet.findFirst({ where: { id, network: this.visibleNetworks(ctx) } });
    if (!subnet) throw notFound('SubnetNotFound', `Subnet ${id} could not be found.`);
    return subnet;
  }

  async deleteSubnet(ctx: RequestContext, id: string): Promise<void> {
    const subnet = await this.getSubnet(ctx, id);
    this.own(ctx, subnet, () => notFound('SubnetNotFound', `Subnet ${id} could not be found.`));
    await this.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM neutron.subnets WHERE id = ${id} FOR UPDATE`;
      if (await tx.ipAllocation.findFirst({ where: { subnet_id: id } }))
        throw conflict(
          'SubnetInUse',
          `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
        );
      await tx.subnet.delete({ where: { id } });
    });
    this.recent.forget();
  }

  async createPort(ctx: RequestContext, input: PortInput) {
    const network = await this.getNetwork(ctx, input.network_id);
    try {
      return await this.db.$transaction(async (tx) => {
        const { fixed_ips, ...fields } = defined(input);
        const port = await tx.port.create({
          data: {
            mac_address: newMac(),
            ...fields,
            network_id: network.id,
            id: randomUUID(),
            project_id: ctx.projectId,
          },
        });
        const subnets = await tx.$queryRaw<{ subnet: SubnetRange }[]>(subnetRanges(network.id));
        await giveAddresses(
          tx,
          port,
          subnets.map((s) => s.subnet),
          fixed_ips,
        );
        return tx.port.findUniqueOrThrow({ where: { id: port.id }, include: withAddresses });
      });
    } catch (error) {
      if (isConflict(error))
        throw conflict(
          'MacAddressInUse',
          `Unable to complete operation for network ${network.id}. The mac address ${input.mac_address ?? ''} is in use.`,
        );
      throw error;
    }
  }

  async listPorts(ctx: RequestContext, where: Prisma.PortWhereInput, page: Page) {
    const found = await this.db.port.findMany({
      where: { AND: [scopeOf(ctx, true), where] },
      include: withAddresses,
      orderBy: { id: 'asc' },
      ...pageArgs(page),
    });
    return cutPage(found, page);
  }

  async getPort(ctx: RequestContext, id: string) {
    const port = await this.db.port.findFirst({ where: { id, ...scopeOf(ctx, true) }, include: withAddresses });
    if (!port) throw notFound('PortNotFound', `Port ${id} could not be found.`);
    return port;
  }

  async deletePort(ctx: RequestContext, id: string): Promise<void> {
    await this.getPort(ctx, id);
    await this.db.port.deleteMany({ where: { id } });
  }

  /** The networks that `auto` or no network at all may mean: the project's own, or else the shared ones. */
  async networksForBoot(ctx: RequestContext): Promise<{ id: string; name: string }[]> {
    const select = { id: true, name: true } as const;
    const own = await this.db.network.findMany({ where: { project_id: ctx.projectId, subnets: { some: {} } }, select });
    return own.length > 0 ? own : this.db.network.findMany({ where: { shared: true, subnets: { some: {} } }, select });
  }

  /** @throws 400 unless the address is one that the network can give (a taken one is found out by the boot) */
  async checkFixedIp(networkId: string, ip: string): Promise<void> {
    const subnets = await this.db.subnet.findMany({ where: { network_id: networkId } });
    const version = ip.includes(':') ? 6 : 4;
    const address = canonical(ip, version);
    if (!subnets.some((s) => s.ip_version === version && contains(s.cidr, address, version)))
      throw badRequest(`Fixed IP address ${ip} is not a valid ip address for network ${networkId}.`);
  }

  /** Frees an address whose port is not there. @returns whether there was one */
  async forgetAddress(ip: string, portId: string): Promise<boolean> {
    const count = await this.db.$executeRaw`
      DELETE FROM neutron.ip_allocations a WHERE a.ip_address = ${ip} AND a.port_id = ${portId}
        AND NOT EXISTS (SELECT 1 FROM neutron.ports p WHERE p.id = a.port_id)`;
    return count > 0;
  }

  async reportAgent(host: string, facts: Prisma.InputJsonObject): Promise<void> {
    const row = { facts, updated_at: new Date() };
    await this.db.networkAgent.upsert({ where: { host }, create: { host, ...row }, update: row });
  }

  private own(ctx: RequestContext, record: { project_id: string }, hide: () => Error): void {
    if (record.project_id !== ctx.projectId && !isAdmin(ctx)) throw hide();
  }
}

const seesAllNetworks = (ctx: RequestContext): boolean => isAdmin(ctx);

/** Without the keys whose value is undefined: Prisma takes undefined for "not given", exact types do not. */
function defined<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
