/** The id of a thing of the table that was made before. */
export type Ids = (name: string) => string;
/** A request beside those that make, change and delete: its method, its path with the names of things, its body. */
export type Request = readonly [method: 'POST' | 'PUT' | 'DELETE', path: string, body?: (id: Ids) => object];

/** One of Neutron's resources as somebody makes, changes and deletes it who describes a cloud in a file. */
export interface Thing {
  /** What others of the table call it. */
  readonly name: string;
  /** Its collection; `:name` is the id of a thing. */
  readonly in: string;
  readonly make: (id: Ids) => object;
  /** One change after the other. All attributes that Neutron lets change have to be in some change of a thing of the collection. */
  readonly changes?: (id: Ids) => readonly object[];
  /** Attributes of requests that no answer has. */
  readonly hidden?: readonly string[];
  /** Numbers that answers show as text. */
  readonly texts?: readonly string[];
  /** What Neutron answers to its delete while the others are there. */
  readonly inUse?: readonly [status: number, type: string];
  /** What joins it with others, after it is made, and what parts it again, before it is deleted. */
  readonly joined?: readonly Request[];
  readonly parted?: readonly Request[];
}

const limits = (unit: string) => ({ [`max_${unit}`]: 1000, [`max_burst_${unit}`]: 100, direction: 'egress' });
const otherLimits = (unit: string) => [
  { [`max_${unit}`]: 2000 },
  { [`max_burst_${unit}`]: 200 },
  { direction: 'ingress' },
];
const named = { name: 'made', description: 'made' };
const renamed = [{ name: 'changed' }, { description: 'changed' }];

/** All of them, in an order in which they can be made. */
export const THINGS: readonly Thing[] = [
  {
    name: 'scope',
    in: 'address-scopes',
    make: () => ({ name: 'made', ip_version: 4, shared: false }),
    changes: () => [{ name: 'changed' }, { shared: true }],
    inUse: [409, 'AddressScopeInUse'],
  },
  {
    name: 'pool',
    in: 'subnetpools',
    make: (id) => ({
      ...named,
      prefixes: ['10.40.0.0/16'],
      min_prefixlen: 16,
      max_prefixlen: 28,
      default_prefixlen: 26,
      default_quota: 1000,
      address_scope_id: id('scope'),
      shared: false,
      is_default: false,
    }),
    texts: ['min_prefixlen', 'max_prefixlen', 'default_prefixlen'],
    changes: () => [
      ...renamed,
      { prefixes: ['10.40.0.0/15'] },
      { min_prefixlen: 20 },
      { max_prefixlen: 29 },
      { default_prefixlen: 27 },
      { default_quota: 2000 },
      { is_default: true },
      { address_scope_id: null },
    ],
    inUse: [400, 'SubnetPoolDeleteError'],
  },
  {
    name: 'policy',
    in: 'qos/policies',
    make: () => ({ ...named, shared: false, is_default: false }),
    changes: () => [...renamed, { shared: true }, { is_default: true }],
    inUse: [409, 'QosPolicyInUse'],
  },
  {
    name: 'limit',
    in: 'qos/policies/:policy/bandwidth_limit_rules',
    make: () => limits('kbps'),
    changes: () => otherLimits('kbps'),
  },
  {
    // No host can do these, so no port may have them.
    name: 'other policy',
    in: 'qos/policies',
    make: () => ({ name: 'other' }),
  },
  {
    name: 'rate',
    in: 'qos/policies/:other policy/packet_rate_limit_rules',
    make: () => limits('kpps'),
    changes: () => otherLimits('kpps'),
  },
  {
    name: 'mark',
    in: 'qos/policies/:policy/dscp_marking_rules',
    make: () => ({ dscp_mark: 8 }),
    changes: () => [{ dscp_mark: 10 }],
  },
  {
    name: 'least',
    in: 'qos/policies/:other policy/minimum_bandwidth_rules',
    make: () => ({ min_kbps: 100, direction: 'egress' }),
    changes: () => [{ min_kbps: 200 }, { direction: 'ingress' }],
  },
  {
    name: 'packets',
    in: 'qos/policies/:other policy/minimum_packet_rate_rules',
    make: () => ({ min_kpps: 100, direction: 'egress' }),
    changes: () => [{ min_kpps: 200 }, { direction: 'ingress' }],
  },
  {
    name: 'network',
    in: 'networks',
    make: (id) => ({
      ...named,
      admin_state_up: true,
      mtu: 1400,
      shared: false,
      'router:external': false,
      availability_zone_hints: [],
      port_security_enabled: true,
      dns_domain: 'example.org.',
      qos_policy_id: id('policy'),
    }),
    changes: () => [
      ...renamed,
      { admin_state_up: false },
      { mtu: 1420 },
      { port_security_enabled: false },
      { dns_domain: '' },
      { qos_policy_id: null },
      { shared: true },
    ],
    inUse: [409, 'NetworkInUse'],
  },
  {
    name: 'spare',
    in: 'networks',
    make: () => ({ name: 'spare' }),
    changes: () => [{ 'router:external': true }, { is_default: true }],
  },
  {
    name: 'access',
    in: 'rbac-policies',
    make: (id) => ({
      object_type: 'network',
      object_id: id('network'),
      action: 'access_as_shared',
      target_tenant: '0'.repeat(32),
    }),
    changes: () => [{ target_tenant: '1'.repeat(32) }],
  },
  {
    name: 'outside',
    in: 'networks',
    make: () => ({ name: 'outside', 'router:external': true }),
    inUse: [409, 'NetworkInUse'],
  },
  {
    name: 'subnet',
    in: 'subnets',
    make: (id) => ({
      ...named,
      network_id: id('network'),
      ip_version: 4,
      cidr: '10.60.0.0/24',
      gateway_ip: '10.60.0.1',
      enable_dhcp: true,
      allocation_pools: [{ start: '10.60.0.10', end: '10.60.0.200' }],
      dns_nameservers: ['9.9.9.9'],
      host_routes: [{ destination: '192.0.2.0/24', nexthop: '10.60.0.9' }],
      service_types: [],
      dns_publish_fixed_ip: false,
    }),
    changes: () => [
      ...renamed,
      { enable_dhcp: false },
      { allocation_pools: [{ start: '10.60.0.20', end: '10.60.0.100' }] },
      { dns_nameservers: ['9.9.9.9', '149.112.112.112'] },
      { host_routes: [] },
      { service_types: ['compute:nova'] },
      { dns_publish_fixed_ip: true },
    ],
    inUse: [409, 'SubnetInUse'],
  },
  {
    name: 'pooled',
    in: 'subnets',
    make: (id) => ({ network_id: id('spare'), ip_version: 4, subnetpool_id: id('pool'), prefixlen: 26 }),
    changes: () => [{ gateway_ip: null }],
    hidden: ['prefixlen'],
  },
  {
    name: 'six',
    in: 'subnets',
    make: (id) => ({
      network_id: id('spare'),
      ip_version: 6,
      cidr: '2001:db8:60::/64',
      ipv6_ra_mode: 'slaac',
      ipv6_address_mode: 'slaac',
    }),
  },
  {
    name: 'outer',
    in: 'subnets',
    make: (id) => ({ network_id: id('outside'), ip_version: 4, cidr: '203.0.113.0/24', enable_dhcp: false }),
    inUse: [409, 'SubnetInUse'],
  },
  {
    name: 'addresses',
    in: 'address-groups',
    make: () => ({ ...named, addresses: ['10.9.0.0/24', '10.9.9.9/32'] }),
    changes: () => renamed,
    inUse: [409, 'AddressGroupInUse'],
  },
  {
    name: 'group',
    in: 'security-groups',
    make: () => ({ ...named, stateful: true }),
    changes: () => renamed,
    inUse: [409, 'SecurityGroupInUse'],
  },
  {
    name: 'unused group',
    in: 'security-groups',
    make: () => ({ name: 'unused', stateful: true }),
    changes: () => [{ stateful: false }],
  },
  {
    name: 'rule',
    in: 'security-group-rules',
    make: (id) => ({
      security_group_id: id('group'),
      description: 'made',
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 23,
      remote_ip_prefix: '10.0.0.0/8',
    }),
  },
  {
    name: 'rule of addresses',
    in: 'security-group-rules',
    make: (id) => ({
      security_group_id: id('group'),
      direction: 'egress',
      remote_address_group_id: id('addresses'),
    }),
  },
  {
    name: 'template',
    in: 'default-security-group-rules',
    make: () => ({
      description: 'made',
      direction: 'ingress',
      ethertype: 'IPv6',
      protocol: 'udp',
      port_range_min: 53,
      port_range_max: 53,
      used_in_default_sg: false,
      used_in_non_default_sg: true,
    }),
  },
  {
    name: 'statefulness',
    in: 'security-groups-default-statefulness',
    make: (id) => ({ project_id: id('project'), stateful: true }),
    changes: () => [{ stateful: false }],
  },
  {
    name: 'router',
    in: 'routers',
    make: (id) => ({
      ...named,
      admin_state_up: true,
      external_gateway_info: { network_id: id('outside') },
      availability_zone_hints: [],
    }),
    changes: (id) => [
      ...renamed,
      { routes: [{ destination: '198.51.100.0/24', nexthop: '10.60.0.9' }] },
      { external_gateway_info: { network_id: id('outside'), enable_snat: false } },
      { admin_state_up: false },
    ],
    inUse: [409, 'RouterInUse'],
    joined: [['PUT', 'routers/:router/add_router_interface', (id) => ({ subnet_id: id('subnet') })]],
    parted: [
      ['PUT', 'routers/:router', () => ({ router: { routes: [] } })],
      ['PUT', 'routers/:router/remove_router_interface', (id) => ({ subnet_id: id('subnet') })],
    ],
  },
  {
    name: 'port',
    in: 'ports',
    make: (id) => ({
      ...named,
      network_id: id('network'),
      admin_state_up: true,
      mac_address: 'fa:16:3e:60:00:01',
      fixed_ips: [{ subnet_id: id('subnet'), ip_address: '10.60.0.30' }],
      device_id: 'made',
      device_owner: 'made',
      security_groups: [id('group')],
      port_security_enabled: true,
      allowed_address_pairs: [{ ip_address: '10.60.0.99', mac_address: 'fa:16:3e:60:00:99' }],
      extra_dhcp_opts: [{ opt_name: 'domain-name', opt_value: 'example.org', ip_version: 4 }],
      dns_name: 'made',
      dns_domain: 'example.org.',
      propagate_uplink_status: true,
      numa_affinity_policy: 'preferred',
      qos_policy_id: id('policy'),
      'binding:vnic_type': 'normal',
    }),
    changes: (id) => [
      ...renamed,
      { admin_state_up: false },
      { mac_address: 'fa:16:3e:60:00:02' },
      { fixed_ips: [{ subnet_id: id('subnet'), ip_address: '10.60.0.31' }] },
      { device_id: 'changed' },
      { device_owner: 'changed' },
      { security_groups: [] },
      { allowed_address_pairs: [] },
      { port_security_enabled: false },
      { extra_dhcp_opts: [{ opt_name: 'domain-name', opt_value: 'example.net', ip_version: 4 }] },
      { dns_name: 'changed' },
      { dns_domain: '' },
      { propagate_uplink_status: false },
      { numa_affinity_policy: null },
      { data_plane_status: 'ACTIVE' },
      { qos_policy_id: null },
      { 'binding:vnic_type': 'macvtap' },
      { 'binding:host_id': 'somewhere' },
    ],
  },
  ...['inner', 'other', 'parent', 'child'].map((name): Thing => ({
    name,
    in: 'ports',
    make: (id) => ({ name, network_id: id('network'), security_groups: [id('group')] }),
    ...(name === 'parent' ? { inUse: [409, 'PortInUseAsTrunkParent'] as const } : {}),
    ...(name === 'child' ? { inUse: [409, 'PortInUseAsSubPort'] as const } : {}),
  })),
  {
    name: 'trunk',
    in: 'trunks',
    make: (id) => ({
      ...named,
      admin_state_up: true,
      port_id: id('parent'),
      sub_ports: [{ port_id: id('child'), segmentation_type: 'vlan', segmentation_id: 5 }],
    }),
    changes: () => [...renamed, { admin_state_up: false }],
    // One that is turned off cannot be deleted.
    parted: [['PUT', 'trunks/:trunk', () => ({ trunk: { admin_state_up: true } })]],
  },
  {
    name: 'floating',
    in: 'floatingips',
    make: (id) => ({
      description: 'made',
      floating_network_id: id('outside'),
      subnet_id: id('outer'),
      floating_ip_address: '203.0.113.60',
      port_id: id('inner'),
    }),
    hidden: ['subnet_id'],
    changes: (id) => [
      { description: 'changed' },
      { qos_policy_id: id('policy') },
      { port_id: null },
      { port_id: id('port'), fixed_ip_address: '10.60.0.31', router_id: id('router') },
      { port_id: null },
    ],
  },
  {
    name: 'forwarded',
    in: 'floatingips',
    make: (id) => ({ floating_network_id: id('outside') }),
    inUse: [409, 'FipInUseByPortForwarding'],
  },
  {
    name: 'forwarding',
    in: 'floatingips/:forwarded/port_forwardings',
    make: (id) => ({
      description: 'made',
      internal_port_id: id('other'),
      protocol: 'tcp',
      external_port: 2222,
      internal_port: 22,
    }),
    changes: (id) => [
      { description: 'changed' },
      { external_port: 2223 },
      { internal_port: 23 },
      { protocol: 'udp' },
      { external_port_range: '3000:3005', internal_port_range: '4000:4005' },
      { internal_port_id: id('port'), internal_ip_address: '10.60.0.31' },
    ],
  },
  {
    name: 'label',
    in: 'metering/metering-labels',
    make: () => ({ ...named, shared: false }),
  },
  {
    name: 'label rule',
    in: 'metering/metering-label-rules',
    make: (id) => ({
      metering_label_id: id('label'),
      direction: 'ingress',
      excluded: false,
      remote_ip_prefix: '10.60.0.0/24',
    }),
  },
  {
    name: 'profile',
    in: 'service_profiles',
    make: () => ({ description: 'made', metainfo: 'made', enabled: true }),
    inUse: [409, 'ServiceProfileInUse'],
  },
  {
    name: 'unused profile',
    in: 'service_profiles',
    make: () => ({ metainfo: 'made' }),
    changes: () => [{ description: 'changed' }, { metainfo: 'changed' }, { enabled: false }],
  },
  {
    name: 'flavor',
    in: 'flavors',
    make: () => ({ ...named, service_type: 'L3_ROUTER_NAT', enabled: true }),
    changes: () => [...renamed, { enabled: false }],
    joined: [['POST', 'flavors/:flavor/service_profiles', (id) => ({ service_profile: { id: id('profile') } })]],
    parted: [['DELETE', 'flavors/:flavor/service_profiles/:profile']],
  },
  {
    name: 'segmentation ids',
    in: 'network_segment_ranges',
    make: () => ({ ...named, shared: false, network_type: 'vxlan', minimum: 5001, maximum: 5010 }),
    changes: () => [...renamed, { minimum: 5002 }, { maximum: 5020 }],
  },
];

/** Collections of which the table has none, each with the reason. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'log/logs': 'no host writes packets down, and a log of them is refused',
  'ports/:port_id/bindings': 'services alone make them, with a role of their own',
};

/** Attributes that a request may name and no change of the table has, each with the reason. */
export const UNCHANGED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  networks: {
    'provider:network_type': 'Neutron refuses to change what a network lies on',
    'provider:physical_network': 'the same',
    'provider:segmentation_id': 'the same',
  },
  subnets: { segment_id: 'there is nothing but null' },
  ports: {
    hints: 'there is nothing but null',
    'binding:profile': 'services alone may say it, with a role of their own',
  },
  routers: { distributed: 'a router has one host here', ha: 'the same' },
  service_profiles: { driver: 'no provider has one to name' },
  flavors: { service_profiles: 'they are changed by requests of their own' },
};
