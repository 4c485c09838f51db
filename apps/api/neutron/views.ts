import type { Services } from '#services/index';
import { seconds } from '../http/links.js';

type Neutron = Services['neutron'];
type NetworkRecord = Awaited<ReturnType<Neutron['getNetwork']>>;
type SubnetRecord = Awaited<ReturnType<Neutron['subnets']['get']>>;
type PortRecord = Awaited<ReturnType<Neutron['ports']['get']>>;

const common = (r: {
  id: string;
  name: string;
  description: string;
  project_id: string;
  revision_number: number;
  created_at: Date;
  updated_at: Date;
}) => ({
  id: r.id,
  name: r.name,
  tenant_id: r.project_id,
  project_id: r.project_id,
  description: r.description,
  tags: [],
  created_at: seconds(r.created_at),
  updated_at: seconds(r.updated_at),
  revision_number: r.revision_number,
});

/** The provider attributes are for administrators, as in Neutron's policy. */
export const networkView = (n: NetworkRecord, admin: boolean) => ({
  ...common(n),
  admin_state_up: n.admin_state_up,
  mtu: n.mtu,
  status: 'ACTIVE',
  subnets: n.subnets.map((s) => s.id),
  shared: n.shared,
  availability_zone_hints: [],
  availability_zones: [],
  ipv4_address_scope: null,
  ipv6_address_scope: null,
  'router:external': false,
  port_security_enabled: n.port_security_enabled,
  ...(admin
    ? {
        'provider:network_type': 'vxlan',
        'provider:physical_network': null,
        'provider:segmentation_id': n.segmentation_id,
      }
    : {}),
});

export const subnetView = (s: SubnetRecord) => ({
  ...common(s),
  network_id: s.network_id,
  ip_version: s.ip_version,
  subnetpool_id: null,
  enable_dhcp: s.enable_dhcp,
  ipv6_ra_mode: null,
  ipv6_address_mode: null,
  gateway_ip: s.gateway_ip,
  cidr: s.cidr,
  allocation_pools: s.allocation_pools,
  host_routes: [],
  dns_nameservers: s.dns_nameservers,
  service_types: [],
});

export const portView = (p: PortRecord, admin: boolean) => ({
  ...common(p),
  network_id: p.network_id,
  mac_address: p.mac_address,
  admin_state_up: p.admin_state_up,
  status: p.status,
  device_id: p.device_id,
  device_owner: p.device_owner,
  fixed_ips: p.fixed_ips.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
  allowed_address_pairs: [],
  extra_dhcp_opts: [],
  security_groups: [],
  'binding:vnic_type': 'normal',
  port_security_enabled: p.port_security_enabled,
  ...(admin
    ? {
        'binding:profile': {},
        'binding:host_id': p.binding_host_id,
        'binding:vif_type': p.binding_vif_type,
        'binding:vif_details': {},
      }
    : {}),
});

/** `fields=id&fields=name` cuts an answer down to what was asked for. */
export function pick<T extends object>(view: T, fields: readonly string[] | undefined): Partial<T> {
  return fields === undefined || fields.length === 0
    ? view
    : (Object.fromEntries(Object.entries(view).filter(([key]) => fields.includes(key))) as Partial<T>);
}
