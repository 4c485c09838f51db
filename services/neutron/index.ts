import type { Config } from '#config';
import type { RequestContext } from '../kernel/context.js';
import type { Database, Prisma, Statements } from '../kernel/database.js';
import { badRequest, notFound } from '../kernel/errors.js';
import { disallowed, type Policies } from '../kernel/policy/index.js';
import { Recent } from '../kernel/recent.js';
import { Records } from '../kernel/resource/records.js';
import { withAddresses, withoutAddresses } from './group-addresses.js';
import { HeldPorts } from './held-ports.js';
import { canonical, contains } from './ipam.js';
import { ofNetwork } from './parents.js';
import { NeutronQuotas } from './quotas.js';
import { addressGroup } from './resources/address-group.js';
import { network } from './resources/network.js';
import { port } from './resources/port.js';
import { subnet } from './resources/subnet.js';
import { ServerPorts } from './server-ports.js';

export { addressGroup } from './resources/address-group.js';
export { network } from './resources/network.js';
export { port } from './resources/port.js';
export { subnet } from './resources/subnet.js';

export type { PortRequest, Vif } from './server-ports.js';

/** Neutron: networks, subnets, ports, the addresses that they hold, and groups of addresses. */
export class Neutron {
  readonly quotas: NeutronQuotas;
  readonly networks;
  readonly subnets;
  readonly ports;
  readonly addressGroups;
  readonly serverPorts: ServerPorts;
  readonly heldPorts: HeldPorts;
  private readonly recent = new Recent((id) =>
    this.db.network.findUnique({ where: { id }, include: network.include! }),
  );

  constructor(
    private readonly db: Database,
    sql: Statements,
    private readonly policies: Policies,
    config: Config,
  ) {
    this.quotas = new NeutronQuotas(db, config);
    this.serverPorts = new ServerPorts(sql, this.quotas);
    this.heldPorts = new HeldPorts(this.serverPorts);
    const parts = {
      db,
      quotas: this.quotas,
      networkOf: (ctx: RequestContext, id: string) => this.getRecentNetwork(ctx, id),
      networkChanged: () => this.recent.forget(),
    };
    this.networks = new Records(network, parts, policies);
    this.subnets = new Records(subnet, parts, policies);
    this.ports = new Records(port, parts, policies);
    this.addressGroups = new Records(addressGroup, parts, policies);
  }

  /** A network as it was a moment ago, for what is to be on it. @throws 404 unless the asker may see it */
  async getRecentNetwork(ctx: RequestContext, id: string) {
    const found = await this.recent.get(id);
    if (!found || !this.policies.allows('neutron', 'get_network', ctx.credentials, found))
      throw notFound('NetworkNotFound', `Network ${id} could not be found.`);
    return found;
  }

  /** A port, for a boot that is to take it. */
  getPort(ctx: RequestContext, id: string) {
    return this.ports.get(ctx, id);
  }

  /** @throws 400 AddressesAlreadyExist, and 412 for another revision than the expected one */
  addAddresses(ctx: RequestContext, groupId: string, addresses: readonly string[], revision?: number) {
    const next = (group: { id: string; addresses: string[] }) => ({ addresses: withAddresses(group, addresses) });
    return this.addressGroups.change(ctx, groupId, next, 'add_addresses', revision);
  }

  /** @throws 404 AddressesNotFound, and 412 for another revision than the expected one */
  removeAddresses(ctx: RequestContext, groupId: string, addresses: readonly string[], revision?: number) {
    const next = (group: { id: string; addresses: string[] }) => ({ addresses: withoutAddresses(group, addresses) });
    return this.addressGroups.change(ctx, groupId, next, 'remove_addresses', revision);
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
    on: { id: string; project_id: string; shared: boolean },
    ip: string,
  ): Promise<void> {
    const target = { project_id: ctx.projectId, tenant_id: ctx.projectId, ...ofNetwork(on) };
    if (!this.policies.allows('neutron', 'create_port:fixed_ips:ip_address', ctx.credentials, target))
      throw disallowed(
        '(rule:create_port and (rule:create_port:fixed_ips and (rule:create_port:fixed_ips:ip_address)))',
      );
    const subnets = await this.db.subnet.findMany({ where: { network_id: on.id } });
    const address = canonical(ip);
    if (!subnets.some((s) => contains(s.cidr, address)))
      throw badRequest(`Fixed IP address ${ip} is not a valid ip address for network ${on.id}.`);
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
