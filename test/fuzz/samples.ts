import { shippedServices } from '#services/keystone/catalog/shipped';
import { MISSING } from './values.js';

/** What a good request names. */
export interface Names {
  readonly image: string;
  readonly network: string;
  readonly project: string;
  readonly user: string;
  readonly password: string;
  readonly provider: string;
}

/** The id of the service that every cloud has. */
const COMPUTE = shippedServices().find(({ type }) => type === 'compute')!.id;

/** A good body of a route, where what names other things has to be right for it to come far; else the schema draws one. */
export function sampleBody(route: string, names: Names, unique: string): unknown {
  const server = {
    name: 'fuzz',
    flavorRef: '42',
    imageRef: names.image,
    networks: [{ uuid: names.network }],
    metadata: { key: 'value' },
    tags: ['tag'],
    min_count: 1,
    max_count: 1,
    user_data: 'aGVsbG8=',
    security_groups: [{ name: 'default' }],
    description: 'text',
    block_device_mapping_v2: [
      { source_type: 'blank', destination_type: 'volume', volume_size: 1, boot_index: -1, delete_on_termination: true },
    ],
  };
  const port = {
    network_id: names.network,
    name: 'fuzz',
    fixed_ips: [{ ip_address: '10.0.0.9' }],
    device_owner: 'fuzz',
  };
  const subnet = {
    network_id: names.network,
    ip_version: 4,
    cidr: '10.9.0.0/24',
    gateway_ip: '10.9.0.1',
    dns_nameservers: ['10.9.0.1'],
    allocation_pools: [{ start: '10.9.0.2', end: '10.9.0.9' }],
  };
  const vlan = { port_id: MISSING, segmentation_type: 'vlan', segmentation_id: 5 };
  const extra = { destination: '192.0.2.0/24', nexthop: '10.9.0.9' };
  const flavor = {
    name: unique,
    id: unique,
    ram: 64,
    vcpus: 1,
    disk: 1,
    swap: 0,
    rxtx_factor: 1.5,
    'OS-FLV-EXT-DATA:ephemeral': 0,
  };
  const alarm = {
    name: 'fuzz',
    type: 'event',
    description: 'text',
    enabled: true,
    severity: 'low',
    state: 'ok',
    repeat_actions: true,
    alarm_actions: ['https://a.example/'],
    time_constraints: [{ name: 'a', start: '0 23 * * *', duration: 60, timezone: 'UTC' }],
    event_rule: { event_type: 'compute.*', query: [{ field: 'traits.a', op: 'eq', value: '1', type: 'integer' }] },
  };
  const identity = {
    methods: ['password'],
    password: { user: { name: names.user, domain: { id: 'default' }, password: names.password } },
  };
  const federated = { enabled: true, description: 'text', authorization_ttl: 5, remote_ids: [unique] };
  const cloud = { auth_url: 'https://a/v3', sp_url: 'https://a/sp', enabled: true, relay_state_prefix: 'text' };
  const rules = [
    {
      local: [
        { user: { name: '{0}', type: 'ephemeral' }, group: { id: 'fuzz' } },
        { groups: '{1}', domain: { name: 'Default' }, projects: [{ name: 'fuzz', roles: [{ name: 'member' }] }] },
      ],
      remote: [{ type: 'sub' }, { type: 'groups', whitelist: ['^a'], regex: true }],
    },
  ];
  const signed = {
    access: 'fuzz',
    signature: 'fuzz',
    host: 'h:1',
    verb: 'GET',
    path: '/',
    params: { SignatureVersion: '2', Timestamp: '2026-01-01T00:00:00Z' },
    headers: { 'X-Amz-Date': '20260101T000000Z' },
    body_hash: 'fuzz',
    token: 'QVdTNA',
  };
  const rule = {
    direction: 'ingress',
    ethertype: 'IPv4',
    protocol: 'tcp',
    port_range_min: 22,
    port_range_max: 23,
    remote_ip_prefix: '10.0.0.0/8',
  };
  const inventory = { total: 10, reserved: 1, min_unit: 1, max_unit: 10, step_size: 1, allocation_ratio: 1.5 };
  const measures = [{ timestamp: '2026-01-01T00:00:00Z', value: 1.5 }];
  const bodies: Record<string, unknown> = {
    'POST /compute/v2.1/servers': { server },
    'PUT /compute/v2.1/servers/:id': { server: { name: 'other', accessIPv4: '10.0.0.1', description: 'text' } },
    'POST /compute/v2.1/servers/:id/os-volume_attachments': {
      volumeAttachment: { volumeId: MISSING, device: '/dev/vdb' },
    },
    'PUT /compute/v2.1/servers/:id/os-volume_attachments/:volumeId': { volumeAttachment: { volumeId: MISSING } },
    'POST /compute/v2.1/servers/:id/os-interface': {
      interfaceAttachment: { net_id: names.network, fixed_ips: [{ ip_address: '10.0.0.9' }] },
    },
    'POST /compute/v2.1/os-security-groups': { security_group: { name: 'fuzz', description: 'text' } },
    'PUT /compute/v2.1/os-security-groups/:id': { security_group: { name: 'other', description: 'text' } },
    'POST /compute/v2.1/os-security-group-rules': {
      security_group_rule: {
        parent_group_id: MISSING,
        ip_protocol: 'tcp',
        from_port: 22,
        to_port: '23',
        cidr: '10.0.0.0/8',
      },
    },
    'POST /compute/v2.1/os-floating-ips': { pool: 'nova' },
    'POST /compute/v2.1/servers/:id/action': { 'os-getConsoleOutput': { length: 10 } },
    'POST /compute/v2.1/flavors': { flavor },
    'POST /compute/v2.1/flavors/:id/os-extra_specs': { extra_specs: { 'hw:key': 'value' } },
    'PUT /compute/v2.1/flavors/:id': { flavor: { description: 'text' } },
    'POST /compute/v2.1/flavors/:id/action': { addTenantAccess: { tenant: names.project } },
    'PUT /compute/v2.1/flavors/:id/os-extra_specs/:key': { 'hw:key': 'value' },
    'POST /compute/v2.1/os-keypairs': {
      keypair: { name: unique, type: 'ssh', public_key: 'ssh-rsa AAAAB3NzaC1yc2E= x' },
    },
    'PUT /compute/v2.1/os-quota-class-sets/:id': { quota_class_set: { instances: 10, cores: '20' } },
    'PUT /compute/v2.1/os-quota-sets/:projectId': { quota_set: { instances: 10, cores: '20', ram: 51_200 } },
    'PUT /compute/v2.1/os-services/:id': { status: 'disabled', forced_down: false, disabled_reason: 'x' },
    ...Object.fromEntries(
      ['enable', 'disable', 'disable-log-reason', 'force-down'].map((verb) => [
        `PUT /compute/v2.1/os-services/${verb}`,
        { host: 'no-such-host', binary: 'nova-compute', forced_down: false, disabled_reason: 'x' },
      ]),
    ),
    'POST /volume/v3/volumes': { volume: { size: 1, name: 'fuzz', metadata: { key: 'value' }, description: 'text' } },
    'PUT /volume/v3/volumes/:id': { volume: { name: 'fuzz', description: 'text', metadata: { key: 'value' } } },
    'POST /volume/v3/volumes/:id/metadata': { metadata: { key: 'value' } },
    'PUT /volume/v3/volumes/:id/metadata': { metadata: { key: 'value' } },
    'PUT /volume/v3/volumes/:id/metadata/:key': { meta: { key: 'value' } },
    'PATCH /image/v2/images/:id': [{ op: 'replace', path: '/name', value: 'fuzz' }],
    'POST /image/v2/images': {
      name: 'fuzz',
      disk_format: 'raw',
      container_format: 'bare',
      min_disk: 1,
      min_ram: 1,
      tags: ['tag'],
      os_distro: 'x',
    },
    'POST /network/v2.0/networks': { network: { name: 'fuzz', mtu: 1400, admin_state_up: true, description: 'text' } },
    'POST /network/v2.0/subnets': { subnet },
    'POST /network/v2.0/ports': { port },
    'POST /network/v2.0/address-groups': { address_group: { name: 'fuzz', addresses: ['10.9.0.0/24'] } },
    'PUT /network/v2.0/address-groups/:id/add_addresses': { addresses: ['10.9.1.0/24'] },
    'PUT /network/v2.0/address-groups/:id/remove_addresses': { addresses: ['10.9.1.0/24'] },
    'POST /network/v2.0/routers': { router: { name: 'fuzz', admin_state_up: true, availability_zone_hints: ['nova'] } },
    'PUT /network/v2.0/routers/:id/add_router_interface': { subnet_id: MISSING },
    'PUT /network/v2.0/routers/:id/remove_router_interface': { subnet_id: MISSING },
    'POST /network/v2.0/agents/:id/dhcp-networks': { network_id: MISSING },
    'POST /network/v2.0/agents/:id/l3-routers': { router_id: MISSING },
    'PUT /network/v2.0/routers/:id/add_extraroutes': { router: { routes: [extra] } },
    'PUT /network/v2.0/routers/:id/remove_extraroutes': { router: { routes: [extra] } },
    'POST /network/v2.0/security-groups': { security_group: { name: 'fuzz', description: 'text', stateful: true } },
    'POST /network/v2.0/security-group-rules': {
      security_group_rule: { ...rule, security_group_id: MISSING, description: 'text' },
    },
    'POST /network/v2.0/default-security-group-rules': {
      default_security_group_rule: { ...rule, used_in_default_sg: false, used_in_non_default_sg: false },
    },
    'POST /network/v2.0/security-groups-default-statefulness': {
      security_groups_default_statefulness: { project_id: names.project, stateful: true },
    },
    'POST /network/v2.0/trunks': { trunk: { name: 'fuzz', port_id: MISSING, sub_ports: [vlan], admin_state_up: true } },
    'PUT /network/v2.0/trunks/:id/add_subports': { sub_ports: [vlan] },
    'PUT /network/v2.0/trunks/:id/remove_subports': { sub_ports: [{ port_id: MISSING }] },
    'POST /network/v2.0/qos/policies': {
      policy: { name: 'fuzz', description: 'text', shared: false, is_default: false },
    },
    'POST /network/v2.0/qos/policies/:policy_id/bandwidth_limit_rules': {
      bandwidth_limit_rule: { max_kbps: 1000, max_burst_kbps: 100, direction: 'ingress' },
    },
    'POST /network/v2.0/qos/policies/:policy_id/dscp_marking_rules': { dscp_marking_rule: { dscp_mark: 8 } },
    'POST /network/v2.0/qos/policies/:policy_id/minimum_bandwidth_rules': {
      minimum_bandwidth_rule: { min_kbps: 1, direction: 'egress' },
    },
    'POST /network/v2.0/qos/policies/:policy_id/minimum_packet_rate_rules': {
      minimum_packet_rate_rule: { min_kpps: 1, direction: 'any' },
    },
    'POST /network/v2.0/qos/policies/:policy_id/packet_rate_limit_rules': {
      packet_rate_limit_rule: { max_kpps: 10, max_burst_kpps: 1, direction: 'egress' },
    },
    'POST /network/v2.0/floatingips': { floatingip: { floating_network_id: names.network, description: 'fuzz' } },
    'POST /network/v2.0/floatingips/:floatingip_id/port_forwardings': {
      port_forwarding: { internal_port_id: MISSING, internal_port: 22, external_port: 2222, protocol: 'tcp' },
    },
    'POST /network/v2.0/ports/:port_id/bindings': { binding: { host: 'somewhere', vnic_type: 'normal', profile: {} } },
    'POST /network/v2.0/log/logs': { log: { name: 'fuzz', resource_type: 'security_group', event: 'ALL' } },
    'POST /network/v2.0/network_segment_ranges': {
      network_segment_range: {
        name: 'fuzz',
        network_type: 'vxlan',
        minimum: 9_000_001,
        maximum: 9_000_010,
        shared: false,
        project_id: names.project,
      },
    },
    'POST /network/v2.0/address-scopes': { address_scope: { name: 'fuzz', ip_version: 4 } },
    'POST /network/v2.0/rbac-policies': {
      rbac_policy: {
        object_type: 'network',
        object_id: MISSING,
        action: 'access_as_shared',
        target_tenant: names.project,
      },
    },
    'POST /network/v2.0/subnetpools': {
      subnetpool: { name: 'fuzz', prefixes: ['10.40.0.0/16'], default_prefixlen: 24, default_quota: 1000 },
    },
    'PUT /network/v2.0/subnetpools/:id/add_prefixes': { prefixes: ['10.41.0.0/16'] },
    'PUT /network/v2.0/subnetpools/:id/remove_prefixes': { prefixes: ['10.41.0.0/16'] },
    'PUT /network/v2.0/subnetpools/:id/onboard_network_subnets': { network_id: names.network },
    'POST /network/v2.0/flavors': { flavor: { name: 'fuzz', description: 'text', service_type: 'L3_ROUTER_NAT' } },
    'POST /network/v2.0/service_profiles': { service_profile: { description: 'text', metainfo: 'text' } },
    'POST /network/v2.0/flavors/:id/service_profiles': { service_profile: { id: MISSING } },
    'POST /network/v2.0/metering/metering-labels': { metering_label: { name: 'fuzz', shared: false } },
    'POST /network/v2.0/metering/metering-label-rules': {
      metering_label_rule: { metering_label_id: MISSING, direction: 'ingress', remote_ip_prefix: '10.9.0.0/24' },
    },
    'POST /identity/v3/auth/tokens': { auth: { identity, scope: { project: { id: names.project } } } },
    'POST /identity/v3/projects': {
      project: { name: unique, description: 'text', domain_id: 'default', enabled: true },
    },
    'POST /identity/v3/users': {
      user: { name: unique, password: 'fuzz', domain_id: 'default', default_project_id: names.project },
    },
    'PATCH /identity/v3/users/:id': {
      user: { password: 'fuzz', enabled: true, options: { multi_factor_auth_rules: [['password', 'totp']] } },
    },
    'PATCH /identity/v3/projects/:id': {
      project: { description: 'text', options: { immutable: null }, tags: ['tag'] },
    },
    'PUT /identity/v3/projects/:id/tags': { tags: ['tag'] },
    'POST /identity/v3/groups': { group: { name: unique, description: 'text', domain_id: 'default', own: 'text' } },
    'PATCH /identity/v3/groups/:id': { group: { description: 'text' } },
    'POST /identity/v3/domains': { domain: { name: unique, description: 'text', enabled: true, tags: ['tag'] } },
    'PATCH /identity/v3/domains/:id': { domain: { description: 'text', options: {} } },
    'POST /identity/v3/roles': { role: { name: unique, description: 'text', domain_id: null, options: {} } },
    'PATCH /identity/v3/roles/:id': { role: { description: 'text' } },
    'PUT /identity/v3/OS-FEDERATION/identity_providers/:id': { identity_provider: federated },
    'PATCH /identity/v3/OS-FEDERATION/identity_providers/:id': { identity_provider: federated },
    'PUT /identity/v3/OS-FEDERATION/mappings/:id': { mapping: { rules, schema_version: '2.0' } },
    'PATCH /identity/v3/OS-FEDERATION/mappings/:id': { mapping: { rules } },
    ...Object.fromEntries(
      ['PUT', 'PATCH'].map((verb) => [
        `${verb} /identity/v3/OS-FEDERATION/identity_providers/:idp_id/protocols/:id`,
        { protocol: { mapping_id: unique, remote_id_attribute: 'sub' } },
      ]),
    ),
    'PUT /identity/v3/OS-FEDERATION/service_providers/:id': { service_provider: cloud },
    'PATCH /identity/v3/OS-FEDERATION/service_providers/:id': { service_provider: cloud },
    'POST /identity/v3/credentials': {
      credential: { type: 'cert', blob: '{"a":"b"}', user_id: MISSING, project_id: null },
    },
    'PATCH /identity/v3/credentials/:id': { credential: { blob: '{"a":"b"}' } },
    'POST /identity/v3/users/:user_id/credentials/OS-EC2': { tenant_id: names.project },
    'POST /identity/v3/users/:user_id/application_credentials': {
      application_credential: {
        name: unique,
        description: 'text',
        roles: [{ name: 'member' }],
        access_rules: [{ service: 'compute', method: 'GET', path: '/v2.1/servers/**' }],
        unrestricted: false,
      },
    },
    'POST /identity/v3/OS-TRUST/trusts': {
      trust: {
        trustor_user_id: MISSING,
        trustee_user_id: MISSING,
        impersonation: false,
        project_id: names.project,
        roles: [{ name: 'member' }],
        allow_redelegation: true,
        remaining_uses: null,
      },
    },
    'POST /identity/v3/ec2tokens': { credentials: signed },
    'POST /identity/v3/s3tokens': { credentials: signed },
    'POST /identity/v3/regions': { region: { id: unique, description: 'text', parent_region_id: null } },
    'PUT /identity/v3/regions/:id': { region: { description: 'text', parent_region_id: null } },
    'PATCH /identity/v3/regions/:id': { region: { description: 'text' } },
    'POST /identity/v3/services': { service: { type: unique, name: 'fuzz', description: 'text', enabled: false } },
    'PATCH /identity/v3/services/:id': { service: { name: 'fuzz', enabled: false } },
    'POST /identity/v3/endpoints': {
      endpoint: { service_id: COMPUTE, interface: 'admin', url: 'http://a.example', region: 'fuzz', enabled: false },
    },
    'PATCH /identity/v3/endpoints/:id': { endpoint: { url: 'http://a.example/%(project_id)s', enabled: false } },
    'POST /identity/v3/OS-EP-FILTER/endpoint_groups': {
      endpoint_group: { name: 'fuzz', description: 'text', filters: { interface: 'admin', region_id: 'fuzz' } },
    },
    'PATCH /identity/v3/OS-EP-FILTER/endpoint_groups/:id': { endpoint_group: { filters: { interface: 'admin' } } },
    'POST /identity/v3/policies': { policy: { type: 'text', blob: 'text' } },
    'PATCH /identity/v3/policies/:id': { policy: { blob: 'text' } },
    'POST /identity/v3/registered_limits': {
      registered_limits: [
        { service_id: COMPUTE, region_id: null, resource_name: unique, default_limit: 1, description: 'text' },
      ],
    },
    'PATCH /identity/v3/registered_limits/:id': { registered_limit: { default_limit: 2, description: 'text' } },
    'POST /identity/v3/limits': {
      limits: [{ service_id: COMPUTE, project_id: names.project, resource_name: unique, resource_limit: 1 }],
    },
    'PATCH /identity/v3/limits/:id': { limit: { resource_limit: 2, description: 'text' } },
    'PUT /identity/v3/domains/:id/config': { config: { ldap: { url: 'text', page_size: 1 } } },
    'PATCH /identity/v3/domains/:id/config': { config: { identity: { driver: 'text' } } },
    'PATCH /identity/v3/domains/:id/config/:group': { config: { ldap: { url: 'text' } } },
    'PATCH /identity/v3/domains/:id/config/:group/:option': { config: { url: 'text' } },
    'PUT /placement/resource_providers/:id/inventories': {
      resource_provider_generation: 0,
      inventories: { VCPU: inventory },
    },
    'POST /placement/resource_providers': { name: unique },
    'PUT /placement/resource_providers/:id': { name: unique },
    'POST /placement/resource_providers/:id/inventories': { resource_class: 'DISK_GB', ...inventory },
    'PUT /placement/resource_providers/:id/inventories/:class': { resource_provider_generation: 0, ...inventory },
    'PUT /placement/resource_providers/:id/aggregates': ['11111111-2222-3333-4444-555555555555'],
    'PUT /placement/resource_providers/:id/traits': { traits: ['HW_CPU_X86_VMX'], resource_provider_generation: 0 },
    'POST /placement/resource_classes': { name: 'CUSTOM_FUZZ' },
    'PUT /placement/resource_classes/:id': { name: 'CUSTOM_OTHER' },
    'POST /placement/allocations': {
      '11111111-2222-3333-4444-555555555555': {
        allocations: { [names.provider]: { resources: { VCPU: 1 } } },
        project_id: 'fuzz',
        user_id: 'fuzz',
      },
    },
    'POST /placement/reshaper': {
      inventories: { [names.provider]: { resource_provider_generation: 0, inventories: { VCPU: inventory } } },
      allocations: {},
    },
    'PUT /placement/allocations/:consumer': {
      allocations: [{ resource_provider: { uuid: names.provider }, resources: { VCPU: 1 } }],
    },
    'POST /alarming/v2/alarms': alarm,
    'PUT /alarming/v2/alarms/:id': { ...alarm, severity: 'critical' },
    'PUT /alarming/v2/alarms/:id/state': 'ok',
    'POST /alarming/v2/query/alarms': { filter: '{"=": {"name": "fuzz"}}', orderby: '[{"name": "asc"}]', limit: 5 },
    'POST /alarming/v2/query/alarms/history': { filter: '{"in": {"type": ["creation"]}}' },
    'POST /alarming/v2/quotas': { project_id: names.project, quotas: [{ resource: 'alarms', limit: 100 }] },
    'POST /metric/v1/archive_policy': {
      name: unique,
      back_window: 1,
      aggregation_methods: ['mean', '95pct', 'rate:max'],
      definition: [{ granularity: '1 minute', timespan: '1 day' }],
    },
    'PATCH /metric/v1/archive_policy/:name': { definition: [{ granularity: 60, points: 100 }], back_window: 2 },
    'POST /metric/v1/archive_policy_rule': { name: unique, metric_pattern: `${unique}.*`, archive_policy_name: 'low' },
    'PATCH /metric/v1/archive_policy_rule/:name': { name: unique },
    'POST /metric/v1/resource_type': {
      name: unique,
      attributes: {
        place: { type: 'string', required: false, max_length: 9 },
        size: { type: 'number', required: false },
      },
    },
    'PATCH /metric/v1/resource_type/:name': [
      { op: 'add', path: '/attributes/more', value: { type: 'bool', required: false } },
    ],
    'POST /metric/v1/resource/:type': {
      id: unique,
      project_id: names.project,
      started_at: '2026-01-01T00:00:00Z',
      metrics: { cpu: { archive_policy_name: 'low', unit: 'ns' } },
    },
    'PATCH /metric/v1/resource/:type/:id': { user_id: 'fuzz', ended_at: '2027-01-01T00:00:00Z' },
    'POST /metric/v1/resource/:type/:id/metric': { [unique]: { archive_policy_name: 'low' } },
    'POST /metric/v1/metric': { archive_policy_name: 'low', name: unique, unit: 'B' },
    'POST /metric/v1/metric/:id/measures': measures,
    'POST /metric/v1/resource/:type/:id/metric/:name/measures': measures,
    'POST /metric/v1/batch/metrics/measures': { [MISSING]: measures },
    'POST /metric/v1/batch/resources/metrics/measures': {
      [MISSING]: { cpu: { measures, archive_policy_name: 'low' } },
    },
    'POST /metric/v1/search/resource/:type': {
      and: [
        { '=': { project_id: names.project } },
        { not: { like: { original_resource_id: 'a%' } } },
        { '>': { lifespan: '1h' } },
      ],
    },
    'POST /metric/v1/search/metric': { and: [{ '≥': 1 }, { '<': { '+': 5 } }] },
    'POST /metric/v1/aggregates': {
      operations: [
        '/',
        ['aggregate', 'mean', ['metric', ['cpu', 'mean'], ['c*', 'max']]],
        ['clip', ['metric', 'cpu', 'mean'], 1, 5],
      ],
      resource_type: 'generic',
      search: { '=': { project_id: names.project } },
    },
    'POST /metric/v1/aggregation/metric': [MISSING],
    'POST /metric/v1/aggregation/resource/:type/metric/:name': { '=': { project_id: names.project } },
    'PUT /internal/services/:binary/:machine': { hosts: [{ host: 'h', facts: {}, inventory: { VCPU: { total: 1 } } }] },
    'PUT /internal/samples': { samples: [{ type: 'host', id: 'h', at: '2026-01-01T00:00:00Z', metrics: { cpu: 1 } }] },
    'POST /compute/v2.1/servers/:id/remote-consoles': { remote_console: { protocol: 'vnc', type: 'novnc' } },
    'POST /dashboard/session': { username: 'fuzz', password: names.password },
    'PUT /dashboard/session': { project: names.project },
    'PUT /internal/network/report': {
      ports: [{ id: MISSING, up: true }],
      floatingIps: [{ id: MISSING, up: false }],
      seen: [{ event: 'asked', networkId: MISSING, key: '10.0.0.9', agoMs: 1 }],
    },
    'POST /internal/audit': { heal: false, min_age: 0 },
  };
  return bodies[route];
}
