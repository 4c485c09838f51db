/** What Nova answers for of what Neutron has, until 2.35. */
export { floatingIp, floatingIpPool } from './floating-ip.js';
export { network, tenantNetwork } from './network.js';
export { securityGroup, securityGroupRule, serverSecurityGroup } from './security-group.js';
