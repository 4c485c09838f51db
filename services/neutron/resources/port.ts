import { Type } from 'typebox';
import { conflict } from '../../kernel/errors.js';
import { rowsOf } from '../../kernel/rows.js';
import { always, bool, computed, json, oneOf, listOf, shownAs, text, uuid } from '../../kernel/resource/fields.js';
import { SUBNET, giveAddresses, setAddresses, subnetRanges, type AddressRequest } from '../addresses.js';
import { readdress } from '../auto-addresses.js';
import { newMac } from '../mac.js';
import { networkFor, ofNetwork } from '../parents.js';
import type { AddressPair } from '../address-pairs.js';
import {
  DhcpOptionSchema,
  ShownDhcpOption,
  changedOptions,
  type AskedDhcpOption,
  type DhcpOption,
} from '../dhcp-options.js';
import { checkDevice, checkFixedIps, checkMac, portFilters } from '../port-rules.js';
import { changedGuard, newGuard } from '../port-security.js';
import { checkOwnFloatingIps, checkTranslated, dropForwardings, isService } from '../l3/of-port.js';
import { servicePortInUse } from '../l3/refusals.js';
import { checkNetworksPolicy, checkPortPolicy } from '../qos/bindings.js';
import { keepAccess } from '../rbac/kept-access.js';
import { groupMissing, networkMissing } from '../refusals.js';
import { checkNoTrunk } from '../trunks/of-port.js';
import { SHARING } from '../sharing.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

/** What a card may be (neutron_lib/api/definitions/portbindings.py: VNIC_TYPES). */
export const VNIC_TYPES = [
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
] as const;
const both = { write: ['post', 'put'] } as const;
const strict = { additionalProperties: false };
const address = Type.Object(
  { subnet_id: Type.Optional(Type.String()), ip_address: Type.Optional(Type.String()) },
  strict,
);
const pair = Type.Object(
  { ip_address: Type.Optional(Type.String()), mac_address: Type.Optional(Type.String()) },
  strict,
);
const groups = Type.Array(Type.String({ format: 'uuid' }));
const profile = Type.Record(Type.String(), Type.Unknown());
const TrunkDetails = Type.Object({
  trunk_id: Type.String(),
  sub_ports: Type.Array(
    Type.Object({
      port_id: Type.String(),
      segmentation_type: Type.String(),
      segmentation_id: Type.Integer(),
      mac_address: Type.String(),
    }),
  ),
});
type Row = {
  trunk: null | {
    id: string;
    sub_ports: readonly {
      port_id: string;
      segmentation_type: string;
      segmentation_id: number;
      port: { mac_address: string };
    }[];
  };
  groups: readonly { security_group_id: string }[];
  network: { project_id: string; qos_policy_id: string | null };
  fixed_ips: readonly { subnet_id: string; ip_address: string }[];
};
const binding = { column: 'binding_host_id', filter: true, seenBy: 'get_port:binding:host_id', ...both } as const;

/** A port (neutron_lib/api/definitions/port.py and its extensions). */
export const port = resource({
  names: ['port', 'ports'],
  record: 'port',
  table: 'neutron.ports',
  include: {
    fixed_ips: true,
    groups: { select: { security_group_id: true } },
    network: { select: { project_id: true, ...SHARING, qos_policy_id: true } },
    trunk: { include: { sub_ports: { include: { port: { select: { mac_address: true } } } } } },
  },
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
    allowed_address_pairs: shownAs(
      json<readonly AddressPair[] | null, typeof both>(Type.Union([Type.Array(pair), Type.Null()]), both),
      Type.Array(pair),
      (row: { allowed_address_pairs: unknown }) => row.allowed_address_pairs as AddressPair[],
    ),
    extra_dhcp_opts: shownAs(
      listOf<AskedDhcpOption, typeof both>(DhcpOptionSchema, both),
      Type.Array(ShownDhcpOption),
      (row: { extra_dhcp_opts: unknown }) => row.extra_dhcp_opts as DhcpOption[],
    ),
    security_groups: shownAs(
      json<readonly string[] | null, { write: readonly ['post', 'put']; column: '' }>(
        Type.Union([groups, Type.Null()]),
        { ...both, column: '' },
      ),
      groups,
      (row: { groups: readonly { security_group_id: string }[] }) => row.groups.map((group) => group.security_group_id),
    ),
    port_security_enabled: bool(both),
    dns_name: text({ max: 255, default: '', ...both }),
    dns_domain: text({ max: 255, default: '', ...both }),
    dns_assignment: always([], Type.Array(Type.Object({}))),
    ip_allocation: always('immediate', Type.String()),
    propagate_uplink_status: bool({ default: true, ...both }),
    numa_affinity_policy: oneOf(['required', 'preferred', 'legacy', 'socket'], { nullable: true, ...both }),
    data_plane_status: oneOf(['ACTIVE', 'DOWN'], {
      nullable: true,
      write: ['put'],
    }),
    device_profile: always(null, Type.Null(), { write: ['post'], column: '' }),
    hints: always(null, Type.Null(), { ...both, column: '', seenBy: 'get_port:hints' }),
    qos_policy_id: uuid({ nullable: true, ...both }),
    qos_network_policy_id: computed(
      Type.Union([Type.String(), Type.Null()]),
      ({ network }: Row) => network.qos_policy_id,
      {},
    ),
    trunk_details: computed(
      TrunkDetails,
      ({ trunk }: Row) =>
        trunk === null
          ? undefined
          : {
              trunk_id: trunk.id,
              sub_ports: trunk.sub_ports.map(({ port_id, segmentation_type, segmentation_id, port: own }) => ({
                port_id,
                segmentation_type,
                segmentation_id,
                mac_address: own.mac_address,
              })),
            },
      {},
    ),
    resource_request: always(null, Type.Null(), { seenBy: 'get_port:resource_request' }),
    'binding:vnic_type': oneOf(VNIC_TYPES, { column: 'binding_vnic_type', default: 'normal', ...both }),
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
  target: ({ network, project_id }) => ofNetwork(network, project_id),
  newTarget: networkFor,
  // Neutron writes the owners of its own ports in small letters only; in any other spelling one would still look like them.
  judged: ({ device_owner }) => (typeof device_owner === 'string' ? { device_owner: device_owner.toLowerCase() } : {}),
  async plan(at, input, data) {
    checkFixedIps(input.fixed_ips);
    const mac = input.mac_address === undefined ? newMac() : checkMac(input.mac_address);
    const extra_dhcp_opts = changedOptions([], input.extra_dhcp_opts ?? []);
    return {
      mac_address: mac,
      extra_dhcp_opts,
      ...(await newGuard(at, input, { mac, projectId: String(data['project_id']) })),
    };
  },
  async beforeCreate(at, data, { network_id, device_owner, device_id, security_groups, qos_policy_id }) {
    const { ctx, tx, parts } = at;
    const { id, project_id } = data;
    const network = await parts.networkOf(ctx, network_id);
    if (network.project_id !== ctx.projectId) await keepAccess(at, 'network', [network_id], networkMissing);
    if (security_groups) await keepAccess(at, 'security_group', security_groups, groupMissing, String(project_id));
    if (qos_policy_id) await checkPortPolicy(at, String(id), null, qos_policy_id);
    else if (network.qos_policy_id !== null) await checkNetworksPolicy(tx, String(id), network.qos_policy_id);
    await checkDevice(tx, { device_owner, device_id, project_id }, parts.isAdmin(ctx));
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
  async beforeUpdate(at, row, change) {
    const { ctx, tx, parts } = at;
    const { device_id, device_owner, fixed_ips, mac_address, extra_dhcp_opts, security_groups } = change;
    const bound = row.created_by_nova || row.binding_host_id !== '' || (await isService(tx, row));
    // Neutron lets it be changed, and Nova no longer finds its port then: neither to unplug nor to delete it.
    if (bound && (device_id !== undefined || device_owner !== undefined || mac_address !== undefined))
      throw conflict('PortBound', `Unable to complete operation on port ${row.id}, port is already bound.`);
    if (device_id !== undefined || device_owner !== undefined)
      await checkDevice(
        tx,
        { ...row, ...(device_id && { device_id }), ...(device_owner && { device_owner }) },
        parts.isAdmin(ctx),
      );
    if (security_groups) await keepAccess(at, 'security_group', security_groups, groupMissing, row.project_id);
    await checkPortPolicy(at, row.id, row.qos_policy_id, change.qos_policy_id);
    checkFixedIps(fixed_ips);
    if (fixed_ips !== undefined) {
      await checkTranslated(tx, row.id, fixed_ips);
      await setAddresses(tx, row, fixed_ips);
      await dropForwardings(tx, row.id);
    }
    const mac = mac_address === undefined ? row.mac_address : checkMac(mac_address);
    if (mac !== row.mac_address) await readdress(tx, row, mac);
    const known = row.extra_dhcp_opts as unknown as readonly DhcpOption[];
    return {
      ...(mac_address === undefined ? {} : { mac_address: mac }),
      ...(extra_dhcp_opts === undefined ? {} : { extra_dhcp_opts: changedOptions(known, extra_dhcp_opts) }),
      ...(await changedGuard(at, row, change, mac)),
    };
  },
  async beforeDelete({ ctx, tx, parts }, row) {
    await checkNoTrunk(tx, row.id);
    if (await isService(tx, row)) throw servicePortInUse(row.id, row.device_owner);
    if (!parts.isAdmin(ctx)) await checkOwnFloatingIps(tx, row.id, ctx.projectId);
  },
  taken: ({ network_id, mac_address }) =>
    conflict(
      'MacAddressInUse',
      `Unable to complete operation for network ${String(network_id)}. The mac address ${String(mac_address)} is in use.`,
    ),
});
