import { randomUUID } from 'node:crypto';
import type { NetworkOfHost, RouterOfHost, SubnetOfHost } from '#drivers/network/state';

export const subnet = (cidr: string, gatewayIp: string): SubnetOfHost => ({
  id: randomUUID(),
  cidr,
  version: cidr.includes(':') ? 6 : 4,
  gatewayIp,
  enableDhcp: false,
  dnsNameservers: [],
  hostRoutes: [],
  raMode: null,
  addressMode: null,
});
export const network = (subnets: SubnetOfHost[], external = false): NetworkOfHost => ({
  id: randomUUID(),
  vni: 1,
  mtu: 1450,
  adminUp: true,
  dhcp: false,
  external,
  peers: [],
  subnets,
  dhcpPort: null,
  metadata: false,
  dnsDomain: '',
  leases: [],
});
const mac = (): string =>
  `fa:16:3e:${randomUUID()
    .slice(0, 6)
    .replace(/..(?!$)/g, '$&:')}`;

/** A router's port. @param cidrs its addresses, with the lengths of their prefixes */
export const card = (of: NetworkOfHost, ...cidrs: string[]) => ({
  portId: randomUUID(),
  networkId: of.id,
  mac: mac(),
  cidrs,
});

export const routerOf = (interfaces: RouterOfHost['interfaces']): RouterOfHost => ({
  id: randomUUID(),
  adminUp: true,
  interfaces,
  gateway: null,
  routes: [],
  floatingIps: [],
  forwardings: [],
  limits: [],
});
