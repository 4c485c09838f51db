import { randomBytes, randomUUID } from 'node:crypto';
import { isAdmin, scopeOf, type RequestContext } from '../context.js';
import { Prisma, isConflict, type Database, type Statements } from '../database.js';
import { badRequest, conflict, notFound } from '../errors.js';
import { cutPage, pageArgs, type Page } from '../paging.js';
import { Recent } from '../recent.js';
import { allocateAddress, canonical, contains, overlaps, planSubnet, type Pool, type SubnetRange } from './ipam.js';

/** One network card of a server, as the host needs it. */
export interface Vif {
  readonly portId: string;
  readonly networkId: string;
  readonly networkName: string;
  readonly mac: string;
  readonly mtu: number;
  readonly fixedIps: readonly { readonly subnetId: string; readonly ip: string; readonly version: number }[];
}
/** A card that a server asks for. The id is chosen with the request, before the port exists. */
export interface PortRequest {
  readonly portId: string;
  readonly networkId: string;
  readonly fixedIp?: string;
  /** The boot makes the port, so the boot's undo and the server's delete remove it. Else it is the user's own. */
  readonly create: boolean;
}
export interface PortInput {
  network_id: string;
  name?: string | undefined;
  description?: string | undefined;
  admin_state_up?: boolean | undefined;
  mac_address?: string | undefined;
  device_id?: string | undefined;
  device_owner?: string | undefined;
  fixed_ips?: { subnet_id?: string | undefined; ip_address?: string | undefined }[] | undefined;
}

const newMac = (): string => ['fa', '16', '3e', ...randomBytes(3).toString('hex').match(/../g)!].join(':');
const withSubnets = { subnets: { select: { id: true } } } as const;
const withAddresses = { fixed_ips: true } as const;

/** Neutron: networks, subnets, ports, and the addresses that they hold. */
export class Neutron {
  private readonly recent = new Recent((id) => this.db.network.findUnique({ where: { id }, include: withSubnets }));

  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
  ) {}

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
        await this.giveAddresses(
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

  /**
   * Makes or binds a server's ports, with their addresses. Runs twice with the same result: a port that is already
   * this server's is taken as it is.
   */
  async bindPorts(
    tx: Statements,
    server: { id: string; projectId: string; host: string },
    requests: readonly PortRequest[],
  ): Promise<Vif[]> {
    const made = new Map<string, Vif>();
    for (const request of requests) {
      if (!request.create) await this.bindOwnPort(tx, server, request.portId);
      const vif = request.create ? await this.makePort(tx, server, request) : undefined;
      if (vif) made.set(vif.portId, vif);
    }
    const others = requests.map((r) => r.portId).filter((id) => !made.has(id));
    const known = others.length === 0 ? [] : await this.vifs(tx, Prisma.sql`p.id = ANY(${others})`);
    return requests.flatMap(({ portId }) => made.get(portId) ?? known.find((v) => v.portId === portId) ?? []);
  }

  /** @returns undefined when the port is there already */
  private async makePort(
    tx: Statements,
    server: { id: string; projectId: string; host: string },
    { portId, networkId, fixedIp }: PortRequest,
  ): Promise<Vif | undefined> {
    const mac = newMac();
    const [network] = await tx.$queryRaw<{ made: boolean; name: string; mtu: number; subnets: SubnetRange[] }[]>`
      WITH made AS (
        INSERT INTO neutron.ports (id, project_id, network_id, mac_address, device_id, device_owner, binding_host_id, binding_vif_type, created_by_nova)
        VALUES (${portId}, ${server.projectId}, ${networkId}, ${mac}, ${server.id}, 'compute:nova', ${server.host}, 'tap', true)
        ON CONFLICT (id) DO NOTHING RETURNING id)
      SELECT EXISTS (SELECT 1 FROM made) AS made, n.name, n.mtu, ARRAY(${subnetRanges(networkId)}) AS subnets
      FROM neutron.networks n WHERE n.id = ${networkId}`;
    if (!network?.made) return undefined;
    const wanted = fixedIp === undefined ? undefined : [{ ip_address: fixedIp }];
    const port = { id: portId, network_id: networkId };
    const fixedIps = await this.giveAddresses(tx, port, network.subnets, wanted);
    return { portId, networkId, networkName: network.name, mac, mtu: network.mtu, fixedIps };
  }

  private async bindOwnPort(tx: Statements, server: { id: string; host: string }, portId: string): Promise<void> {
    const bound = await tx.$executeRaw`
      UPDATE neutron.ports SET device_id = ${server.id}, device_owner = 'compute:nova', binding_host_id = ${server.host},
        binding_vif_type = 'tap', updated_at = now(), revision_number = revision_number + 1
      WHERE id = ${portId} AND device_id IN ('', ${server.id})`;
    if (bound === 1) return;
    const there = await tx.$queryRaw<unknown[]>`SELECT 1 FROM neutron.ports WHERE id = ${portId}`;
    if (there.length > 0) throw conflict('PortInUse', `Port ${portId} is still in use.`);
    throw notFound('PortNotFound', `Port id ${portId} could not be found.`);
  }

  /** Removes the ports that a boot made for the server, and hands the user's own back. Nothing there is fine. */
  async unbindPorts(tx: Statements, serverId: string): Promise<void> {
    await tx.$executeRaw`
      WITH removed AS (DELETE FROM neutron.ports WHERE device_id = ${serverId} AND created_by_nova)
      UPDATE neutron.ports SET device_id = '', device_owner = '', binding_host_id = '', binding_vif_type = 'unbound',
        status = 'DOWN', updated_at = now()
      WHERE device_id = ${serverId} AND NOT created_by_nova`;
  }

  /** Frees an address whose port is not there. @returns whether there was one */
  async forgetAddress(ip: string, portId: string): Promise<boolean> {
    const count = await this.db.$executeRaw`
      DELETE FROM neutron.ip_allocations a WHERE a.ip_address = ${ip} AND a.port_id = ${portId}
        AND NOT EXISTS (SELECT 1 FROM neutron.ports p WHERE p.id = a.port_id)`;
    return count > 0;
  }

  /** The guests run, so their cards are up: a statement for the caller's own. @param servers a query for their ids */
  activatePorts(servers: Prisma.Sql): Prisma.Sql {
    return Prisma.sql`UPDATE neutron.ports SET status = 'ACTIVE', updated_at = now() WHERE device_id IN (${servers})`;
  }

  /** A server's cards, for the host to unplug them. */
  portsOf(serverId: string): Promise<Vif[]> {
    return this.vifs(this.sql, Prisma.sql`p.device_id = ${serverId}`);
  }

  async reportAgent(host: string, facts: Prisma.InputJsonObject): Promise<void> {
    const row = { facts, updated_at: new Date() };
    await this.db.networkAgent.upsert({ where: { host }, create: { host, ...row }, update: row });
  }

  private async vifs(queries: Statements, which: Prisma.Sql): Promise<Vif[]> {
    const rows = await queries.$queryRaw<(Omit<Vif, 'fixedIps'> & { fixedIps: Vif['fixedIps'] | null })[]>`
      SELECT p.id AS "portId", n.id AS "networkId", n.name AS "networkName", p.mac_address AS mac, n.mtu,
        (SELECT jsonb_agg(jsonb_build_object('subnetId', a.subnet_id, 'ip', a.ip_address, 'version', s.ip_version))
         FROM neutron.ip_allocations a JOIN neutron.subnets s ON s.id = a.subnet_id WHERE a.port_id = p.id) AS "fixedIps"
      FROM neutron.ports p JOIN neutron.networks n ON n.id = p.network_id WHERE ${which}`;
    return rows.map((r) => ({ ...r, fixedIps: r.fixedIps ?? [] }));
  }

  private async giveAddresses(
    tx: Statements,
    port: { id: string; network_id: string },
    subnets: readonly SubnetRange[],
    wanted: PortInput['fixed_ips'],
  ): Promise<Vif['fixedIps']> {
    const given: { subnetId: string; ip: string; version: number }[] = [];
    const chosen = wanted === undefined ? firstOfEachVersion(subnets) : wanted.map(subnetFor(port.network_id, subnets));
    for (const { subnet, ip } of chosen)
      given.push({
        subnetId: subnet.id,
        ip: await allocateAddress(tx, subnet, port.id, ip),
        version: subnet.ip_version,
      });
    return given;
  }

  private own(ctx: RequestContext, record: { project_id: string }, hide: () => Error): void {
    if (record.project_id !== ctx.projectId && !isAdmin(ctx)) throw hide();
  }
}

const seesAllNetworks = (ctx: RequestContext): boolean => isAdmin(ctx) || ctx.roles.includes('service');

/** A query for a network's subnets, the oldest first. */
const subnetRanges = (networkId: string): Prisma.Sql => Prisma.sql`
  SELECT jsonb_build_object('id', id, 'network_id', network_id, 'ip_version', ip_version, 'cidr', cidr, 'allocation_pools', allocation_pools) AS subnet
  FROM neutron.subnets WHERE network_id = ${networkId} ORDER BY created_at`;

/** One address of the first subnet of each IP version, as Neutron gives. */
function firstOfEachVersion(subnets: readonly SubnetRange[]): { subnet: SubnetRange; ip?: string }[] {
  return [4, 6].flatMap((version) => {
    const subnet = subnets.find((s) => s.ip_version === version);
    return subnet ? [{ subnet }] : [];
  });
}

/** Finds the subnet of an address that is asked for. @throws 400 when the network has none for it */
const subnetFor =
  (networkId: string, subnets: readonly SubnetRange[]) =>
  ({ subnet_id, ip_address }: NonNullable<PortInput['fixed_ips']>[number]): { subnet: SubnetRange; ip?: string } => {
    const version = ip_address?.includes(':') ? 6 : 4;
    const subnet = subnets.find((s) =>
      subnet_id
        ? s.id === subnet_id
        : ip_address
          ? s.ip_version === version && contains(s.cidr, canonical(ip_address, version), version)
          : true,
    );
    if (!subnet)
      throw badRequest(
        subnet_id
          ? `Failed to create port on network ${networkId}, because fixed_ips included invalid subnet ${subnet_id}.`
          : `IP address ${ip_address ?? ''} is not a valid IP for any of the subnets on the specified network.`,
      );
    return { subnet, ...(ip_address === undefined ? {} : { ip: ip_address }) };
  };

/** Without the keys whose value is undefined: Prisma takes undefined for "not given", exact types do not. */
function defined<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
