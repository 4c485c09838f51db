import type { Config } from '#config';
import type { RequestContext } from '../kernel/context.js';
import type { Database, Statements } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { disallowed, type Policies } from '../kernel/policy/index.js';
import { oncePerRequest } from '../kernel/once-per-request.js';
import { Recent } from '../kernel/recent.js';
import { targetOf } from '../kernel/resource/access.js';
import type { ListQuery } from '../kernel/resource/query.js';
import { Records } from '../kernel/resource/records.js';
import { AgentRecords } from './agent-records.js';
import { Agents } from './agents.js';
import { withAddresses, withoutAddresses } from './group-addresses.js';
import { AutoTopologies } from './auto-topologies.js';
import { cardsOf, isServedBy, serverAt, type GuestCard } from './guest-network.js';
import { FlavorProfiles } from './flavor-profiles.js';
import { HeldPorts } from './held-ports.js';
import { HostNetworks } from './hosts/index.js';
import { NetworkSchedule } from './hosts/schedule.js';
import { canonical, contains } from './ipam.js';
import { RouterActions } from './l3/router-actions.js';
import { ofNetwork } from './parents.js';
import { PortBindings } from './port-bindings.js';
import { NeutronQuotas } from './quotas.js';
import { networkMissing } from './refusals.js';
import { ensureDefaultGroup } from './default-groups.js';
import { PoolActions } from './pools/pool-actions.js';
import { addressGroup } from './resources/address-group.js';
import { addressScope } from './resources/address-scope.js';
import { defaultSecurityGroupRule } from './resources/default-security-group-rule.js';
import { floatingIp } from './resources/floating-ip.js';
import { floatingipPool } from './resources/floatingip-pool.js';
import { flavor } from './resources/flavor.js';
import { LoggableResources, Logs } from './logs.js';
import { meteringLabelRule } from './resources/metering-label-rule.js';
import { meteringLabel } from './resources/metering-label.js';
import { networkIpAvailability } from './resources/network-ip-availability.js';
import { networkSegmentRange } from './resources/network-segment-range.js';
import { network } from './resources/network.js';
import { port } from './resources/port.js';
import { portForwarding } from './resources/port-forwarding.js';
import { qos } from './resources/qos/index.js';
import { QosRuleTypes } from './resources/qos/rule-type.js';
import { rbacPolicy } from './resources/rbac-policy.js';
import { router } from './resources/router.js';
import { securityGroupRule } from './resources/security-group-rule.js';
import { securityGroup } from './resources/security-group.js';
import { securityGroupsDefaultStatefulness } from './resources/security-groups-default-statefulness.js';
import { segment } from './resources/segment.js';
import { serviceProfile } from './resources/service-profile.js';
import { ServiceProviders } from './resources/service-provider.js';
import { trunk } from './resources/trunk.js';
import { TrunkActions } from './trunks/trunk-actions.js';
import { subnetPool } from './resources/subnet-pool.js';
import { subnet } from './resources/subnet.js';
import { groupIdsOf } from './security-group-names.js';
import { isSharedWith, isThereFor, type Shareable } from './sharing.js';
import { ensureDefaultRanges } from './segmentation-ids.js';
import { sharedWith } from './visibility.js';
import { ServerGroups } from './server-groups.js';
import { ServerPorts } from './server-ports.js';

export type { SeenCard } from './hosts/reports.js';
export { addressGroup } from './resources/address-group.js';
export { addressScope } from './resources/address-scope.js';
export { defaultSecurityGroupRule } from './resources/default-security-group-rule.js';
export { floatingIp } from './resources/floating-ip.js';
export { floatingipPool } from './resources/floatingip-pool.js';
export { flavor } from './resources/flavor.js';
export { log, loggableResource } from './resources/log.js';
export { meteringLabelRule } from './resources/metering-label-rule.js';
export { meteringLabel } from './resources/metering-label.js';
export { networkIpAvailability } from './resources/network-ip-availability.js';
export { agent } from './resources/agent.js';
export { networkSegmentRange } from './resources/network-segment-range.js';
export { network } from './resources/network.js';
export { portBinding } from './resources/port-binding.js';
export { port } from './resources/port.js';
export { portForwarding } from './resources/port-forwarding.js';
export { qos } from './resources/qos/index.js';
export { rbacPolicy } from './resources/rbac-policy.js';
export { router } from './resources/router.js';
export { securityGroupRule } from './resources/security-group-rule.js';
export { securityGroup } from './resources/security-group.js';
export { securityGroupsDefaultStatefulness } from './resources/security-groups-default-statefulness.js';
export { segment } from './resources/segment.js';
export { serviceProfile } from './resources/service-profile.js';
export { serviceProvider } from './resources/service-provider.js';
export { ShownSubPort, SubPortSchema, trunk } from './resources/trunk.js';
export { subnetPool } from './resources/subnet-pool.js';
export { subnet } from './resources/subnet.js';

export type { GuestCard } from './guest-network.js';
export type { PortRequest, ServersFloatingIp, Vif } from './server-ports.js';

/** Neutron: networks, subnets, ports, the addresses that they hold, routers, and the groups that say what ports may send and get. */
export class Neutron {
  readonly quotas: NeutronQuotas;
  readonly networks;
  readonly subnets;
  readonly ports;
  readonly addressGroups;
  readonly addressScopes;
  readonly subnetPools;
  readonly poolActions: PoolActions;
  readonly routers;
  readonly routerActions: RouterActions;
  readonly autoTopologies: AutoTopologies;
  readonly securityGroups;
  readonly securityGroupRules;
  readonly defaultSecurityGroupRules;
  readonly securityGroupsDefaultStatefulness;
  readonly floatingIps;
  readonly portForwardings;
  readonly qos;
  readonly trunks;
  readonly trunkActions: TrunkActions;
  private readonly pools;
  readonly networkIpAvailabilities;
  readonly flavors;
  readonly serviceProfiles;
  readonly flavorProfiles: FlavorProfiles;
  readonly serviceProviders = new ServiceProviders();
  readonly logs = new Logs();
  readonly loggableResources = new LoggableResources();
  readonly meteringLabels;
  readonly rbacPolicies;
  readonly segments;
  readonly networkSegmentRanges;
  readonly meteringLabelRules;
  readonly portBindings: PortBindings;
  readonly agents: AgentRecords;
  readonly agentReports: Agents;
  /** What each host's network is to be. */
  readonly hosts: HostNetworks;
  readonly schedule: NetworkSchedule;
  readonly serverPorts: ServerPorts;
  readonly heldPorts: HeldPorts;
  readonly serverGroups = new ServerGroups();
  private readonly recent = new Recent((id) =>
    this.db.network.findUnique({ where: { id }, include: network.include! }),
  );

  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
    private readonly policies: Policies,
    private readonly config: Config,
  ) {
    this.quotas = new NeutronQuotas(db, config);
    this.serverPorts = new ServerPorts(sql, this.quotas);
    this.portBindings = new PortBindings(db, policies);
    this.heldPorts = new HeldPorts(this.serverPorts);
    const { agent_down_time } = config.neutron;
    this.agentReports = new Agents(db, sql, agent_down_time);
    this.hosts = new HostNetworks(sql);
    this.schedule = new NetworkSchedule(db, sql, agent_down_time);
    const parts = {
      db,
      quotas: this.quotas,
      networkOf: (ctx: RequestContext, id: string) => this.recentNetwork(ctx, id),
      networkChanged: () => this.recent.forget(),
      portOf: (ctx: RequestContext, id: string): Promise<{ readonly id: string }> => this.ports.get(ctx, id),
      routerOf: (ctx: RequestContext, id: string): Promise<unknown> => this.routers.get(ctx, id),
      floatingIpOf: (ctx: RequestContext, id: string): Promise<{ project_id: string }> => this.floatingIps.get(ctx, id),
      qosPolicyOf: oncePerRequest((ctx, id): Promise<{ project_id: string }> => this.qos.policies.get(ctx, id)),
      isAdmin: (ctx: RequestContext) => this.isAdmin(ctx),
      defaultGroupOf: (ctx: RequestContext, projectId: string) => this.defaultGroupOf(ctx, projectId),
      groupOf: oncePerRequest((ctx, id): Promise<{ id: string; project_id: string }> =>
        this.securityGroups.get(ctx, id),
      ),
      meteringLabelOf: oncePerRequest((ctx, id): Promise<{ id: string; project_id: string }> =>
        this.meteringLabels.get(ctx, id),
      ),
      addressScopeOf: (ctx: RequestContext, id: string): Promise<unknown> => this.addressScopes.get(ctx, id),
      subnetPoolOf: oncePerRequest((ctx, id): Promise<{ id: string; ip_version: number }> =>
        this.subnetPools.get(ctx, id),
      ),
      addressGroupOf: oncePerRequest((ctx, id): Promise<{ id: string }> => this.addressGroups.get(ctx, id)),
      aliveAgents: () => this.agentReports.alive(),
    };
    this.networks = new Records(network, parts, policies);
    this.subnets = new Records(subnet, parts, policies);
    this.ports = new Records(port, parts, policies);
    this.addressGroups = new Records(addressGroup, parts, policies);
    this.addressScopes = new Records(addressScope, parts, policies);
    this.subnetPools = new Records(subnetPool, parts, policies);
    this.poolActions = new PoolActions(this.subnetPools, parts);
    this.routers = new Records(router, parts, policies);
    this.floatingIps = new Records(floatingIp, parts, policies);
    this.portForwardings = new Records(portForwarding, parts, policies);
    this.pools = new Records(floatingipPool, parts, policies);
    this.qos = {
      policies: new Records(qos.policy, parts, policies),
      ruleTypes: new QosRuleTypes(parts),
      bandwidthLimitRules: new Records(qos.bandwidthLimitRule, parts, policies),
      bandwidthLimitAliases: new Records(qos.bandwidthLimitAlias, parts, policies),
      dscpMarkingRules: new Records(qos.dscpMarkingRule, parts, policies),
      dscpMarkingAliases: new Records(qos.dscpMarkingAlias, parts, policies),
      minimumBandwidthRules: new Records(qos.minimumBandwidthRule, parts, policies),
      minimumBandwidthAliases: new Records(qos.minimumBandwidthAlias, parts, policies),
      minimumPacketRateRules: new Records(qos.minimumPacketRateRule, parts, policies),
      minimumPacketRateAliases: new Records(qos.minimumPacketRateAlias, parts, policies),
      packetRateLimitRules: new Records(qos.packetRateLimitRule, parts, policies),
    };
    this.trunks = new Records(trunk, parts, policies);
    this.trunkActions = new TrunkActions(this.trunks);
    this.routerActions = new RouterActions(this.routers, this.subnets, this.ports, parts);
    this.autoTopologies = new AutoTopologies({
      ...parts,
      networks: this.networks,
      routers: {
        delete: (ctx, id) => this.routers.delete(ctx, id),
        removeInterface: (ctx, id, asked) => this.routerActions.removeInterface(ctx, id, asked),
      },
    });
    this.agents = new AgentRecords(db, this.agentReports, parts, policies);
    this.securityGroups = new Records(securityGroup, parts, policies);
    this.securityGroupRules = new Records(securityGroupRule, parts, policies);
    this.defaultSecurityGroupRules = new Records(defaultSecurityGroupRule, parts, policies);
    this.networkIpAvailabilities = new Records(networkIpAvailability, parts, policies);
    this.flavors = new Records(flavor, parts, policies);
    this.serviceProfiles = new Records(serviceProfile, parts, policies);
    this.flavorProfiles = new FlavorProfiles(this.flavors);
    this.segments = new Records(segment, parts, policies);
    this.networkSegmentRanges = new Records(networkSegmentRange, parts, policies);
    this.rbacPolicies = new Records(rbacPolicy, parts, policies);
    this.meteringLabels = new Records(meteringLabel, parts, policies);
    this.meteringLabelRules = new Records(meteringLabelRule, parts, policies);
    this.securityGroupsDefaultStatefulness = new Records(securityGroupsDefaultStatefulness, parts, policies);
  }

  private isAdmin({ credentials }: RequestContext): boolean {
    return this.policies.allows('neutron', 'context_is_admin', credentials, {});
  }

  /** A project's default security group, made where it is not there (neutron/db/securitygroups_db.py: _ensure_default_security_group). */
  private async defaultGroupOf({ credentials }: RequestContext, projectId: string): Promise<string | undefined> {
    const may = this.policies.allows('neutron', 'create_default_security_group', credentials, {
      project_id: projectId,
    });
    return may && projectId !== '' ? ensureDefaultGroup(this.db, projectId) : undefined;
  }

  /** The security groups that are named by id or by name. @throws 404, and 409 for a name that several have */
  async securityGroupIds(ctx: RequestContext, names: readonly string[]): Promise<string[]> {
    if (names.includes('default')) await this.defaultGroupOf(ctx, ctx.projectId);
    return groupIdsOf(this.db, ctx, names);
  }

  /** A network as it was a moment ago, for a server that is to be on it. @throws 404 for an external one, too: unless it is the asker's own */
  async getRecentNetwork(ctx: RequestContext, id: string) {
    const found = await this.recent.get(id);
    const shared = found !== null && isSharedWith(found, ctx.projectId);
    if (!found || !this.policies.allows('neutron', 'get_network', ctx.credentials, { ...found, shared }))
      throw networkMissing(id);
    return found;
  }

  /** The same for what Neutron itself is to put there. @throws 404 unless the asker may see it */
  private async recentNetwork(ctx: RequestContext, id: string) {
    const found = await this.recent.get(id);
    const there =
      found !== null && (found.project_id === ctx.projectId || isThereFor(found, ctx.projectId) || this.isAdmin(ctx));
    if (!there || !this.policies.allows('neutron', 'get_network', ctx.credentials, targetOf(network, found, ctx)))
      throw networkMissing(id);
    return found;
  }

  /** Makes the default ranges of segmentation ids those of the settings. */
  ensureDefaultRanges(): Promise<void> {
    return ensureDefaultRanges(this.db, this.config.neutron.vni_ranges);
  }

  /** Where floating IPs come from: to everybody as something of his own project. */
  readonly floatingipPools = {
    list: async (ctx: RequestContext, query: ListQuery) => {
      const { rows, ...page } = await this.pools.list(ctx, query);
      return { ...page, rows: rows.map((row) => ({ ...row, project_id: ctx.projectId })) };
    },
  };

  /** The id of the server that has an address on a network. */
  serverAt(networkId: string, ip: string): Promise<string | undefined> {
    return serverAt(this.sql, networkId, ip);
  }

  /** Whether a machine answers a network's guests that ask for metadata. */
  isServedBy(networkId: string, machine: string): Promise<boolean> {
    return isServedBy(this.sql, networkId, machine);
  }

  /** The cards of a server, for its own metadata. */
  cardsOf(serverId: string): Promise<GuestCard[]> {
    return cardsOf(this.sql, serverId);
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

  /** The networks that `auto` or no network at all may mean: the project's own, or else those that are shared with it. */
  async networksForBoot(ctx: RequestContext): Promise<{ id: string; name: string }[]> {
    const select = { id: true, name: true } as const;
    const own = await this.db.network.findMany({ where: { project_id: ctx.projectId, subnets: { some: {} } }, select });
    if (own.length > 0) return own;
    return this.db.network.findMany({ where: { ...sharedWith(ctx), subnets: { some: {} } }, select });
  }

  /**
   * Checks an address that a boot is to have on a network.
   * @throws 403 unless the caller may choose it, 400 unless the network can give it (a taken one is found out by the boot)
   */
  async checkFixedIp(
    ctx: RequestContext,
    on: Shareable & { id: string; project_id: string },
    ip: string,
  ): Promise<void> {
    const target = { project_id: ctx.projectId, tenant_id: ctx.projectId, ...ofNetwork(on, ctx.projectId) };
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
}
