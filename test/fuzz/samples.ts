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
  const identity = {
    methods: ['password'],
    password: { user: { name: names.user, domain: { id: 'default' }, password: names.password } },
  };
  const inventory = { total: 10, reserved: 1, min_unit: 1, max_unit: 10, step_size: 1, allocation_ratio: 1.5 };
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
    'POST /compute/v2.1/servers/:id/action': { 'os-getConsoleOutput': { length: 10 } },
    'POST /compute/v2.1/flavors': { flavor },
    'POST /compute/v2.1/flavors/:id/os-extra_specs': { extra_specs: { 'hw:key': 'value' } },
    'PUT /compute/v2.1/flavors/:id': { flavor: { description: 'text' } },
    'POST /compute/v2.1/flavors/:id/action': { addTenantAccess: { tenant: names.project } },
    'PUT /compute/v2.1/flavors/:id/os-extra_specs/:key': { 'hw:key': 'value' },
    'POST /compute/v2.1/os-keypairs': {
      keypair: { name: unique, type: 'ssh', public_key: 'ssh-rsa AAAAB3NzaC1yc2E= x' },
    },
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
    'POST /identity/v3/auth/tokens': { auth: { identity, scope: { project: { id: names.project } } } },
    'POST /identity/v3/projects': {
      project: { name: unique, description: 'text', domain_id: 'default', enabled: true },
    },
    'POST /identity/v3/users': {
      user: { name: unique, password: 'fuzz', domain_id: 'default', default_project_id: names.project },
    },
    'PATCH /identity/v3/users/:id': { user: { password: 'fuzz', enabled: true } },
    'PATCH /identity/v3/projects/:id': {
      project: { description: 'text', options: { immutable: null }, tags: ['tag'] },
    },
    'PUT /identity/v3/projects/:id/tags': { tags: ['tag'] },
    'POST /identity/v3/domains': { domain: { name: unique, description: 'text', enabled: true, tags: ['tag'] } },
    'PATCH /identity/v3/domains/:id': { domain: { description: 'text', options: {} } },
    'POST /identity/v3/roles': { role: { name: unique, description: 'text', domain_id: null, options: {} } },
    'PATCH /identity/v3/roles/:id': { role: { description: 'text' } },
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
    'PUT /internal/services/:binary/:machine': { hosts: [{ host: 'h', facts: {}, inventory: { VCPU: { total: 1 } } }] },
    'POST /internal/audit': { heal: false, min_age: 0 },
  };
  return bodies[route];
}
