import { Type } from 'typebox';
import { always, text } from '../../../kernel/resource/fields.js';
import { view } from '../../words.js';
import { LAST_PROXY } from './last-proxy.js';

/** What nova-network knew of a network and Neutron does not say. */
const nothing = always(null, Type.Null());
const toAdmins = always(null, Type.Null(), { seenBy: 'context_is_admin' });

/** A network as Nova shows Neutron's: its name, and nulls (nova/api/openstack/compute/networks.py). */
export const network = view({
  names: ['network', 'networks'],
  path: 'os-networks',
  until: LAST_PROXY,
  actions: ['list', 'get'],
  rules: { list: 'os_compute_api:os-networks:list', get: 'os_compute_api:os-networks:show' },
  fields: {
    id: text({}),
    label: text({ column: 'name' }),
    cidr: nothing,
    netmask: nothing,
    gateway: nothing,
    broadcast: nothing,
    dns1: nothing,
    dns2: nothing,
    cidr_v6: nothing,
    gateway_v6: nothing,
    netmask_v6: nothing,
    created_at: toAdmins,
    updated_at: toAdmins,
    deleted_at: toAdmins,
    deleted: toAdmins,
    injected: toAdmins,
    bridge: toAdmins,
    vlan: toAdmins,
    vpn_public_address: toAdmins,
    vpn_public_port: toAdmins,
    vpn_private_address: toAdmins,
    dhcp_start: toAdmins,
    project_id: toAdmins,
    host: toAdmins,
    bridge_interface: toAdmins,
    multi_host: toAdmins,
    priority: toAdmins,
    rxtx_base: toAdmins,
    mtu: toAdmins,
    dhcp_server: toAdmins,
    enable_dhcp: toAdmins,
    share_address: toAdmins,
  },
});

/** The same in the words of a project's own networks; the cidr is Python's None as a text (tenant_networks.py). */
export const tenantNetwork = view({
  names: ['network', 'networks'],
  title: 'TenantNetwork',
  path: 'os-tenant-networks',
  until: LAST_PROXY,
  actions: ['list', 'get'],
  rules: { list: 'os_compute_api:os-tenant-networks:list', get: 'os_compute_api:os-tenant-networks:show' },
  fields: { id: text({}), label: text({ column: 'name' }), cidr: always('None', Type.String()) },
});
