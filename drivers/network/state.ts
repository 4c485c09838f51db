/**
 * What the network of one host is to be: plain data, made by the control plane out of the records, kept on the host's disk
 * and applied by its network driver. The same data serve for a change, for a start and for a repair.
 */

/** All that one host has to know of its networks. */
export interface NetworkState {
  /** Another text whenever anything else of the state is another. */
  readonly generation: string;
  readonly host: string;
  /** This host's address in the network that joins the hosts; null where there are no other hosts. */
  readonly tunnelAddress: string | null;
  readonly networks: readonly NetworkOfHost[];
  /** The ports that are bound to this host and belong to guests. */
  readonly ports: readonly PortOfHost[];
  /** Those of `ports`, and no others. */
  readonly groups: readonly SecurityGroup[];
  /** Those whose host this is. */
  readonly routers: readonly RouterOfHost[];
}

export interface NetworkOfHost {
  readonly id: string;
  /** VXLAN's network identifier: the same on every host. */
  readonly vni: number;
  readonly mtu: number;
  readonly adminUp: boolean;
  /** Whether this host serves the network's DHCP and router advertisements. */
  readonly dhcp: boolean;
  readonly external: boolean;
  /** Tunnel addresses of the other hosts that have a part of this network. */
  readonly peers: readonly string[];
  readonly subnets: readonly SubnetOfHost[];
  /** The port that DHCP, DNS and metadata answer from; null where this host does not serve them. */
  readonly dhcpPort: { readonly id: string; readonly mac: string; readonly ips: readonly string[] } | null;
  /** Whether guests reach the metadata service by the DHCP port: a host route to 169.254.169.254 says so. */
  readonly metadata: boolean;
  /** The domain of the guests' names; '' for none. */
  readonly dnsDomain: string;
  /** All ports of the network where this host serves DHCP, else none. */
  readonly leases: readonly Lease[];
}

export interface SubnetOfHost {
  readonly id: string;
  readonly cidr: string;
  readonly version: 4 | 6;
  readonly gatewayIp: string | null;
  readonly enableDhcp: boolean;
  readonly dnsNameservers: readonly string[];
  readonly hostRoutes: readonly { readonly destination: string; readonly nexthop: string }[];
  /** slaac, dhcpv6-stateful or dhcpv6-stateless; null: nobody here advertises a router, or guests get no address so. */
  readonly raMode: string | null;
  readonly addressMode: string | null;
}

export interface Lease {
  readonly portId: string;
  readonly mac: string;
  readonly ips: readonly string[];
  readonly hostname: string;
  /** extra_dhcp_opts; a name is dnsmasq's, or an option's number. */
  readonly options: readonly { readonly name: string; readonly value: string; readonly version: 4 | 6 }[];
}

export interface PortOfHost {
  readonly id: string;
  readonly networkId: string;
  readonly serverId: string;
  readonly mac: string;
  readonly ips: readonly string[];
  readonly adminUp: boolean;
  /** false: neither the port's addresses nor its traffic are filtered. */
  readonly portSecurity: boolean;
  /** Further addresses, or prefixes, that the port may send from. */
  readonly addressPairs: readonly { readonly ip: string; readonly mac: string }[];
  /** Ids of its security groups. None: nothing but DHCP, router and neighbour discovery passes. */
  readonly groups: readonly string[];
  readonly qos: PortQos | null;
}

/** Egress is what the guest sends. An absent limit is none. */
export interface PortQos {
  readonly egressKbps?: number;
  readonly ingressKbps?: number;
  /** Kilobits */
  readonly egressBurstKb?: number;
  readonly ingressBurstKb?: number;
  /** The DSCP mark of all that the guest sends. */
  readonly dscp?: number;
}

export interface AddressLimits extends Omit<PortQos, 'dscp'> {
  readonly address: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly stateful: boolean;
  readonly rules: readonly SecurityGroupRule[];
}

export interface SecurityGroupRule {
  readonly id: string;
  readonly direction: 'ingress' | 'egress';
  readonly version: 4 | 6;
  /** As Neutron names it (tcp, icmp, ipv6-icmp, vrrp …), or an IP protocol's number; null for any. */
  readonly protocol: string | null;
  /** Ports, or for ICMP its type. */
  readonly portMin: number | null;
  /** Ports, or for ICMP its code. */
  readonly portMax: number | null;
  /** Prefixes that the other side is in: of the rule, of a remote group's members, of an address group; null for anywhere. */
  readonly remote: readonly string[] | null;
}

export interface RouterOfHost {
  readonly id: string;
  readonly adminUp: boolean;
  readonly interfaces: readonly {
    readonly portId: string;
    readonly networkId: string;
    readonly mac: string;
    /** Addresses with the lengths of their prefixes. */
    readonly cidrs: readonly string[];
  }[];
  readonly gateway: {
    readonly portId: string;
    readonly networkId: string;
    readonly mac: string;
    readonly cidrs: readonly string[];
    readonly nexthops: readonly string[];
    readonly snat: boolean;
  } | null;
  readonly routes: readonly { readonly destination: string; readonly nexthop: string }[];
  readonly floatingIps: readonly { readonly id: string; readonly floating: string; readonly fixed: string }[];
  readonly forwardings: readonly {
    readonly id: string;
    readonly floating: string;
    /** `80`, or `80:90` */
    readonly externalPorts: string;
    readonly internal: string;
    readonly internalPorts: string;
    readonly protocol: string;
  }[];
  /**
   * Addresses of the gateway's card, its own or floating ones, that have limits. Egress leaves by the gateway. A state that a
   * host has kept from an earlier version has none.
   */
  readonly limits?: readonly AddressLimits[];
}

/** Whether one part of the state is as it is to be. `error` says why not, in words for an operator. */
export interface PartReport {
  readonly id: string;
  readonly up: boolean;
  readonly error: string | null;
}

/** Something that a host has seen of a guest's card for the first time. */
export interface Sighting {
  /** The card has joined its network, its guest has leased an address, or has asked for metadata from it. */
  readonly event: 'plugged' | 'leased' | 'asked';
  readonly networkId: string;
  /** The port that was plugged; of the others, the address. */
  readonly key: string;
  /** Milliseconds since 1970 by the host's clock. */
  readonly at: number;
}

/** What has come of a state. */
export interface NetworkReport {
  readonly generation: string;
  readonly networks: readonly PartReport[];
  /** A port is up once its guest's card is connected and its rules are in place. */
  readonly ports: readonly PartReport[];
  readonly routers: readonly PartReport[];
  /** What the host has seen so far; a driver that sees nothing leaves it out. */
  readonly seen?: readonly Sighting[];
}
