import { Type } from 'typebox';
import { conflict } from '../../kernel/errors.js';
import { rowsOf } from '../../kernel/rows.js';
import { always, bool, computed, json, listOf, oneOf, text, uuid } from '../../kernel/resource/fields.js';
import { SUBNET, giveAddresses, setAddresses, subnetRanges, type AddressRequest } from '../addresses.js';
import { newMac } from '../mac.js';
import { networkFor, ofNetwork } from '../parents.js';
import { checkFixedIps, checkMac, portFilters } from '../port-rules.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

const both = { write: ['post', 'put'] } as const;
const strict = { additionalProperties: false };
const address = Type.Object(
  { subnet_id: Type.Optional(Type.String()), ip_address: Type.Optional(Type.String()) },
  strict,
);
const pair = Type.Object({ ip_address: Type.String(), mac_address: Type.Optional(Type.String()) }, strict);
const option = Type.Object(
  {
    opt_name: Type.String({ minLength: 1, maxLength: 64 }),
    opt_value: Type.Union([Type.String({ maxLength: 255 }), Type.Null()]),
    ip_version: Type.Optional(Type.Enum([4, 6])),
  },
  strict,
);
const profile = Type.Record(Type.String(), Type.Unknown());
type Row = { network: { project_id: string }; fixed_ips: readonly { subnet_id: string; ip_address: string }[] };
const binding = { column: 'binding_host_id', filter: true, seenBy: 'get_port:binding:host_id', ...both } as const;

/** A port (neutron_lib/api/definitions/port.py and its extensions). */
export const port = resource({
  names: ['port', 'ports'],
  record: 'port',
  table: 'neutron.ports',
  include: { fixed_ips: true, network: { select: { project_id: true, shared: true } } },
  owner: 'project_id',
  quota: 'port',
  revisions: true,
  tags: true,
  fields: {
    ...standard,
    network_id: uuid({ required: true, write: ['post'], filter: true, sort: true }),
    mac_address: text({ max: 255, ...both, filter: true, sort: true }),
    admin_state_up: bool({ default: true, ...both, filter: true, sort: true }),
    status: text({ filter: true, sort: true }),
    device_id: text({ max: 255, default: '', ...both, filter: true, sort: true }),
    device_owner: text({ max: 255, default: '', ...both, filter: true, sort: true }),
    fixed_ips: computed(
      Type.Array(address),
      ({ fixed_ips }: Row): AddressRequest[] =>
        fixed_ips.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
      { ...both, column: '' },
    ),
    allowed_address_pairs: listOf<{ ip_address: string; mac_address?: string }, typeof both>(pair, both),
    extra_dhcp_opts: listOf<object, typeof both>(option, both),
    security_groups: always([], Type.Array(Type.String(), { maxItems: 0 }), { ...both, column: '' }),
    port_security_enabled: bool({ default: true, ...both }),
    dns_name: text({ max: 255, default: '', ...both }),
    dns_domain: text({ max: 255, default: '', ...both }),
    dns_assignment: always([], Type.Array(Type.Object({}))),
    ip_allocation: always('immediate', Type.String()),
    propagate_uplink_status: bool({ default: true, ...both }),
    numa_affinity_policy: oneOf(['required', 'preferred', 'legacy', 'socket'], { nullable: true, ...both }),
    data_plane_status: oneOf(['ACTIVE', 'DOWN'], {
      nullable: true,
      write: ['put'],
      seenBy: 'get_port:data_plane_status',
    }),
    device_profile: always(null, Type.Null(), { write: ['post'], column: '' }),
    hints: always(null, Type.Null(), { ...both, column: '', seenBy: 'get_port:hints' }),
    qos_policy_id: always(null, Type.Null(), { ...both, column: '' }),
    qos_network_policy_id: always(null, Type.Null()),
    resource_request: always(null, Type.Null(), { seenBy: 'get_port:resource_request' }),
    'binding:vnic_type': oneOf(
      [
        'normal',
        'direct',
        'macvtap',
        'baremetal',
        'direct-physical',
        'virtio-forwarder',
        'smart-nic',
        'vdpa',
        'accelerator-direct',
        'accelerator-direct-physical',
        'remote-managed',
      ],
      { column: 'binding_vnic_type', default: 'normal', ...both },
    ),
    'binding:profile': json<object, object>(profile, {
      column: 'binding_profile',
      seenBy: 'get_port:binding:profile',
      ...both,
    }),
    'binding:host_id': text(binding),
    'binding:vif_type': text({ column: 'binding_vif_type', seenBy: 'get_port:binding:vif_type' }),
    'binding:vif_details': always({}, profile, { seenBy: 'get_port:binding:vif_details' }),
  },
  filters: portFilters,
  visible: ({ projectId }) => ({ OR: [{ project_id: projectId }, { network: { project_id: projectId } }] }),
  target: ({ network }) => ofNetwork(network),
  newTarget: networkFor,
  // Neutron writes the owners of its own ports in small letters only; in any other spelling one would still look like them.
  judged: ({ device_owner }) => (typeof device_owner === 'string' ? { device_owner: device_owner.toLowerCase() } : {}),
  plan(_at, { mac_address, fixed_ips }) {
    checkFixedIps(fixed_ips);
    return { mac_address: mac_address === undefined ? newMac() : checkMac(mac_address) };
  },
  async afterCreate({ tx }, row, { fixed_ips }) {
    const subnets = await rowsOf(tx, SUBNET)(subnetRanges(row.network_id));
    await giveAddresses(
      tx,
      row,
      subnets.map((s) => s.subnet),
      fixed_ips,
    );
  },
  async beforeUpdate({ tx }, row, { device_id, device_owner, fixed_ips, mac_address }) {
    const bound = row.created_by_nova || row.binding_host_id !== '';
    // Neutron lets it be changed, and Nova no longer finds its port then: neither to unplug nor to delete it.
    if (bound && (device_id !== undefined || device_owner !== undefined || mac_address !== undefined))
      throw conflict('PortBound', `Unable to complete operation on port ${row.id}, port is already bound.`);
    checkFixedIps(fixed_ips);
    if (fixed_ips !== undefined) await setAddresses(tx, row, fixed_ips);
    return mac_address === undefined ? {} : { mac_address: checkMac(mac_address) };
  },
  taken: ({ network_id, mac_address }) =>
    conflict(
      'MacAddressInUse',
      `Unable to complete operation for network ${String(network_id)}. The mac address ${String(mac_address)} is in use.`,
    ),
});
