/** When what an extension does was last changed here. Clients show it and make nothing of it. */
const updated = '2026-11-24T00:00:00-00:00';

const extension = (alias: string, name: string, description: string) => ({
  alias,
  name,
  description,
  updated,
  links: [],
});

/**
 * Neutron's extensions that are wholly here. Clients switch on by this list what they would else not try, so it names
 * nothing of which only the attributes show. Their names are Neutron's, by which clients find them, too
 * (neutron_lib/api/definitions: NAME); what they do is said of this cloud.
 */
export const EXTENSIONS = [
  extension('address-group', 'Address group', 'Ranges of addresses can be put under one name.'),
  extension(
    'aap-reject-multicast',
    'Allowed address pairs reject multicast extension',
    'Ports send from no multicast address.',
  ),
  extension('agent', 'agent', 'The agents of hosts are shown, and can be switched off.'),
  extension(
    'auto-allocated-topology',
    'Auto Allocated Topology Services',
    'Projects are given a network when they ask.',
  ),
  extension('availability_zone', 'Availability Zone', 'The availability zones that agents are in.'),
  extension('dhcp_agent_scheduler', 'DHCP Agent Scheduler', 'Networks are given to DHCP agents.'),
  extension('l3_agent_scheduler', 'L3 Agent Scheduler', 'Routers are given to L3 agents.'),
  extension('allowed-address-pairs', 'Allowed Address Pairs', 'Ports may send from addresses beside their own.'),
  extension('default-subnetpools', 'Default Subnetpools', 'A subnet pool can be the default one of its IP version.'),
  extension(
    'empty-string-filtering',
    'Empty String Filtering Extension',
    'Things can be found by what they have no value of.',
  ),
  extension(
    'expose-port-forwarding-in-fip',
    'Expose Floating IP port forwardings',
    'Floating IPs show what they forward.',
  ),
  extension(
    'ext-gw-mode',
    'Neutron L3 Configurable external gateway mode',
    'A router’s gateway translates addresses or does not.',
  ),
  extension('external-net', 'Neutron external network', 'Networks can be external.'),
  extension('extraroute', 'Neutron Extra Route', 'Routers have further routes.'),
  extension(
    'extraroute-atomic',
    'Atomically add/remove extra routes',
    'Routes are added to a router and removed one by one.',
  ),
  extension('extra_dhcp_opt', 'Neutron Extra DHCP options', 'Ports say what DHCP tells them besides.'),
  extension('filter-validation', 'Filter parameters validation', 'Lists refuse what they cannot be filtered by.'),
  extension(
    'fip-port-details',
    'Floating IP Port Details Extension',
    'Floating IPs show the port that they stand for.',
  ),
  extension('floating-ip-port-forwarding', 'Floating IP Port Forwarding', 'Floating IPs forward ports.'),
  extension(
    'floating-ip-port-forwarding-description',
    'Floating IP Port Forwarding new attribute description',
    'Port forwardings have a description.',
  ),
  extension(
    'floating-ip-port-forwarding-port-ranges',
    'Floating IP Port Forwarding support port ranges',
    'Ranges of ports are forwarded.',
  ),
  extension(
    'floating-ip-router-writable',
    'Floating IP Router (writable)',
    'The router of a floating IP can be chosen.',
  ),
  extension('floatingip-pools', 'Floating IP Pools Extension', 'The subnets that floating IPs come from are listed.'),
  extension(
    'binding-extended',
    'Port Bindings Extended',
    'Ports of servers can be prepared for another host, and moved there.',
  ),
  extension('flavors', 'Neutron Service Flavors', 'Flavors name the service profiles of what services make.'),
  extension(
    'ip-substring-filtering',
    'IP address substring filtering',
    'Ports can be found by a part of their address.',
  ),
  extension('net-mtu', 'Network MTU', 'Networks have an MTU.'),
  extension('net-mtu-writable', 'Network MTU (writable)', 'The MTU of a network can be chosen and changed.'),
  extension(
    'network-ip-availability',
    'Network IP Availability',
    'How many addresses networks and subnets have, and how many are taken.',
  ),
  extension(
    'network-ip-availability-details',
    'Network IP Availability Details Extension',
    'The same of whole ranges and of pools.',
  ),
  extension(
    'network-segment-range',
    'Neutron Network Segment Range',
    'Administrators say which segmentation ids networks are given.',
  ),
  extension('pagination', 'Pagination support', 'Lists take a limit and a marker.'),
  extension('port-security', 'Port Security', 'Ports, and networks for them, can be without protection.'),
  extension(
    'port-security-groups-filtering',
    'Port filtering on security groups',
    'Ports can be found by their security groups.',
  ),
  extension('project-id', 'project_id field enabled', 'Things have a project_id beside their tenant_id.'),
  extension('qos', 'Quality of Service', 'Ports and networks have policies whose rules limit and mark what they send.'),
  extension(
    'qos-bw-limit-direction',
    'Direction for QoS bandwidth limit rule',
    'Limits hold for what a port sends or for what it gets.',
  ),
  extension(
    'qos-bw-minimum-ingress',
    'Ingress direction for QoS minimum bandwidth rule',
    'Promises are for what a port sends or for what it gets.',
  ),
  extension('qos-default', 'QoS default policy', 'New networks of a project have its default policy.'),
  extension('qos-fip', 'Floating IP QoS', 'Floating IPs have policies that limit what comes and goes by them.'),
  extension(
    'qos-fip-network-policy',
    'QoS floating IP network policy ID',
    'Floating IPs show the policy of their network.',
  ),
  extension('qos-gateway-ip', 'Router gateway IP QoS', 'Gateways of routers have policies as floating IPs have.'),
  extension('qos-port-network-policy', 'QoS port network policy ID', 'Ports show the policy of their network.'),
  extension('qos-pps', 'QoS Rule Type Packet per Second Extension', 'Policies can limit packets.'),
  extension('qos-pps-minimum', 'QoS minimum packet rate rule', 'Policies can promise packets.'),
  extension(
    'qos-pps-minimum-rule-alias',
    'QoS minimum packet rate rule alias',
    'Such promises are found by their ids alone.',
  ),
  extension('qos-rule-type-details', 'Details of QoS rule types', 'Rule types say what drivers make of them.'),
  extension(
    'qos-rule-type-filter',
    'Allow to filter the list of QoS rule types',
    'The rule types that there are, and those that drivers know, are listed.',
  ),
  extension('qos-rules-alias', 'Quality of Service rules alias API', 'Rules are found by their ids alone.'),
  extension('quota_details', 'Quota details management support', 'Quotas are shown with what is in use.'),
  extension('quotas', 'Quota management support', 'Projects have quotas of networks, subnets and ports.'),
  extension('security-group', 'security-group', 'Groups of rules say what ports may send and get.'),
  extension(
    'security-groups-default-rules',
    'Default rules for security groups',
    'The rules that new security groups begin with can be changed.',
  ),
  extension(
    'security-groups-default-statefulness',
    'Security Groups Default Statefulness',
    'Whether new security groups are stateful can be set for projects.',
  ),
  extension(
    'security-groups-normalized-cidr',
    'Normalized CIDR field for security group rules',
    'Rules show their prefix without host bits.',
  ),
  extension(
    'security-groups-remote-address-group',
    'Remote address group id field for security group rules',
    'Rules can name an address group.',
  ),
  extension(
    'security-groups-shared-filtering',
    'Security group filtering on the shared field',
    'Security groups can be found by whether they are shared.',
  ),
  extension(
    'security-groups-rules-belongs-to-default-sg',
    "Security group rule belongs to the project's default security group",
    'Rules say whether their group is the default one of its project.',
  ),
  extension('rbac-address-group', 'Add address_group type to RBAC', 'Address groups are shared by RBAC policies.'),
  extension('rbac-address-scope', 'Add address_scope type to RBAC', 'Address scopes are shared by RBAC policies.'),
  extension('rbac-policies', 'RBAC Policies', 'Policies let projects use things of other projects.'),
  extension(
    'rbac-security-groups',
    'Add security_group type to network RBAC',
    'Security groups are shared by RBAC policies.',
  ),
  extension('rbac-subnetpool', 'Add subnetpool type to RBAC', 'Subnet pools are shared by RBAC policies.'),
  extension('router', 'Neutron L3 Router', 'Routers join networks, and floating IPs stand for their ports outside.'),
  extension(
    'revision-if-match',
    'If-Match constraints based on revision_number',
    'A change can name the revision that it is of.',
  ),
  extension(
    'router-enable-snat',
    'Exposes the router "enable_snat" read-only configuration flag',
    'Routers show whether they translate addresses.',
  ),
  extension('service-type', 'Neutron Service Type Management', 'The providers of services can be listed.'),
  extension('sort-key-validation', 'Sort keys validation', 'Lists refuse what they cannot be sorted by.'),
  extension('sorting', 'Sorting support', 'Lists are sorted as they are asked for.'),
  extension('standard-attr-description', 'standard-attr-description', 'Things have a description.'),
  extension('standard-attr-revisions', 'Resource revision numbers', 'Things say how often they were changed.'),
  extension('standard-attr-tag', 'Tag support for resources with standard attribute', 'Things can be tagged.'),
  extension('standard-attr-timestamp', 'Resource timestamps', 'Things say when they were made and changed.'),
  extension('stateful-security-group', 'Stateful security group', 'Security groups can be stateless.'),
  extension('subnet_allocation', 'Subnet Allocation', 'Ranges of subnets are taken from subnet pools.'),
  extension('subnet_onboard', 'Subnet Onboard', 'Subnets that are there come to be subnets of a pool.'),
  extension(
    'subnetpool-prefix-ops',
    'Subnet Pool Prefix Operations',
    'Prefixes are added to subnet pools and taken out of them.',
  ),
  extension('tag-creation', 'Tag creation extension', 'Tags are added to those that are there.'),
];
