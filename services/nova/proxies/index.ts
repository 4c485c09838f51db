import type { Neutron } from '../../neutron/index.js';
import type { Servers } from '../servers.js';
import { FloatingIpProxy } from './floating-ips.js';
import { FloatingIpPools, NetworkProxy } from './networks.js';
import { SecurityGroupProxy, SecurityGroupRuleProxy, ServerSecurityGroups } from './security-groups.js';

/**
 * What Nova answers for of what Neutron has, from Neutron's own records and by its rules: as its clients were used to it
 * from nova-network, until 2.35.
 */
export class Proxies {
  readonly networks;
  readonly floatingIps;
  readonly floatingIpPools;
  readonly securityGroups;
  readonly securityGroupRules;
  readonly serverSecurityGroups;

  constructor(neutron: Neutron, servers: Servers) {
    this.networks = new NetworkProxy(neutron);
    this.floatingIps = new FloatingIpProxy(neutron, servers);
    this.floatingIpPools = new FloatingIpPools(neutron);
    this.securityGroups = new SecurityGroupProxy(neutron);
    this.securityGroupRules = new SecurityGroupRuleProxy(neutron);
    this.serverSecurityGroups = new ServerSecurityGroups(neutron, servers);
  }
}
