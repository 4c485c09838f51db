import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../kernel/context.js';
import type { Database, Prisma, Queries } from '../kernel/database.js';
import { badRequest, conflict, notFound } from '../kernel/errors.js';
import { fetchPage, type Page } from '../kernel/paging.js';
import { disallowed } from '../kernel/policy/index.js';
import { defined } from './defined.js';
import { overlaps, type Pool } from './ipam.js';
import type { NeutronQuotas } from './quotas.js';
import { mtuConflict } from './network-changes.js';
import { LEAST_MTU, planSubnet, type SubnetInput, type SubnetPlan } from './subnet-plan.js';
import { mayDo, onNetwork, visibleNetworks } from './visibility.js';

export interface NewSubnet extends SubnetInput {
  readonly network_id: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}
export type SubnetChange = Omit<Partial<NewSubnet>, 'network_id' | 'cidr' | 'ip_version'>;
interface Network {
  readonly id: string;
  readonly project_id: string;
  readonly mtu: number;
}

/** Neutron's subnets. */
export class Subnets {
  constructor(
    private readonly db: Database,
    private readonly quotas: NeutronQuotas,
    private readonly networkOf: (ctx: RequestContext, id: string) => Promise<Network>,
    /** To be called when what a network has, has changed. */
    private readonly changed: () => void,
  ) {}

  /** Makes all of them, or none. @throws 400, 403, 404, 409 in Neutron's words */
  async create(ctx: RequestContext, inputs: readonly NewSubnet[]) {
    const ids = [...new Set(inputs.map((i) => i.network_id))].toSorted();
    const networks = new Map(await Promise.all(ids.map(async (id) => [id, await this.networkOf(ctx, id)] as const)));
    const planned = inputs.map((input) => {
      const network = networks.get(input.network_id)!;
      if (!mayDo(ctx, 'create_subnet', onNetwork(network, {}))) throw disallowed('rule:create_subnet');
      const plan = planSubnet(input);
      const least = LEAST_MTU[input.ip_version === 6 ? 6 : 4];
      if (network.mtu < least) throw mtuConflict(network.id, least);
      return { network, plan, input };
    });
    const projects = planned.map((p) => p.network.project_id);
    const made = await this.quotas.making('subnet', projects, async (tx) => {
      // The network's row lock makes two overlapping subnets take turns.
      for (const id of ids) await tx.$queryRaw`SELECT 1 FROM neutron.networks WHERE id = ${id} FOR UPDATE`;
      const subnets = [];
      for (const one of planned) subnets.push(await this.make(tx, one));
      return subnets;
    });
    this.changed();
    return made;
  }

  private async make(tx: Queries, { network, plan, input }: { network: Network; plan: SubnetPlan; input: NewSubnet }) {
    const others = await tx.subnet.findMany({ where: { network_id: network.id, ip_version: input.ip_version } });
    if (others.some((s) => overlaps(s.cidr, plan.cidr)))
      throw badRequest(
        `Invalid input for operation: Requested subnet with cidr: ${plan.cidr} for network: ${network.id} overlaps with another subnet.`,
      );
    const { gateway_ip: _gateway, allocation_pools: _pools, dns_nameservers, ...rest } = defined(input);
    return tx.subnet.create({
      data: {
        ...rest,
        ...plan,
        dns_nameservers: [...(dns_nameservers ?? [])],
        id: randomUUID(),
        project_id: network.project_id,
      },
    });
  }

  list(ctx: RequestContext, where: Prisma.SubnetWhereInput, page: Page) {
    return fetchPage(
      page,
      (args) =>
        this.db.subnet.findMany({
          where: { AND: [{ network: visibleNetworks(ctx) }, where] },
          orderBy: { id: 'asc' },
          ...args,
        }),
      (marker) => this.get(ctx, marker),
    );
  }

  async get(ctx: RequestContext, id: string) {
    const subnet = await this.db.subnet.findFirst({ where: { id, network: visibleNetworks(ctx) } });
    if (!subnet) throw subnetNotFound(id);
    return subnet;
  }

  /** @throws 400, 403, 404, 409 in Neutron's words. Addresses that ports have already stay theirs, also outside of new pools. */
  async update(ctx: RequestContext, id: string, change: SubnetChange) {
    const { project_id } = await this.get(ctx, id);
    // A subnet is of its network's project.
    if (!mayDo(ctx, 'update_subnet', onNetwork({ project_id }, { project_id }))) throw disallowed('rule:update_subnet');
    const changed = await this.db.$transaction(async (tx) => {
      await tx.$executeRaw`
        UPDATE neutron.subnets SET updated_at = now(), revision_number = revision_number + 1 WHERE id = ${id}`;
      const subnet = await tx.subnet.findUnique({ where: { id } });
      if (!subnet) throw subnetNotFound(id);
      const { dns_nameservers, allocation_pools: _pools, gateway_ip: _gateway, ...rest } = defined(change);
      const { gateway_ip, allocation_pools } = planSubnet({
        cidr: subnet.cidr,
        ip_version: subnet.ip_version,
        // What DHCP cannot serve is refused when it is turned on.
        enable_dhcp: (change.enable_dhcp ?? false) && !subnet.enable_dhcp,
        gateway_ip: change.gateway_ip === undefined ? subnet.gateway_ip : change.gateway_ip,
        allocation_pools: change.allocation_pools ?? (subnet.allocation_pools as unknown as Pool[]),
        dns_nameservers,
      });
      const data = { ...rest, gateway_ip, allocation_pools };
      return tx.subnet.update({
        where: { id },
        data: dns_nameservers === undefined ? data : { ...data, dns_nameservers: [...dns_nameservers] },
      });
    });
    this.changed();
    return changed;
  }

  async delete(ctx: RequestContext, id: string): Promise<void> {
    const { project_id } = await this.get(ctx, id);
    if (!mayDo(ctx, 'delete_subnet', onNetwork({ project_id }, { project_id }))) throw subnetNotFound(id);
    await this.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM neutron.subnets WHERE id = ${id} FOR UPDATE`;
      if (await tx.ipAllocation.findFirst({ where: { subnet_id: id } }))
        throw conflict(
          'SubnetInUse',
          `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
        );
      await tx.subnet.delete({ where: { id } });
    });
    this.changed();
  }
}

const subnetNotFound = (id: string) => notFound('SubnetNotFound', `Subnet ${id} could not be found.`);
