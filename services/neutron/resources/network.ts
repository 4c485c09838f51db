import { Type } from 'typebox';
import { conflict } from '../../kernel/errors.js';
import { always, bool, computed, int, listOf, oneOf, text } from '../../kernel/resource/fields.js';
import { mtuConflict } from '../refusals.js';
import { LEAST_MTU } from '../subnet-plan.js';
import { seesNetwork } from '../visibility.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

const provider = { filter: true, write: ['post', 'put'] } as const;
/** What this cloud's networks cannot be; asked for, it is refused by the schema in words. */
const never = (value: false | null) =>
  always(value, Type.Unsafe<false | null>({ enum: [false, null] }), { write: ['post'], column: '' });

/** A network (neutron_lib/api/definitions/network.py and its extensions). */
export const network = resource({
  names: ['network', 'networks'],
  record: 'network',
  table: 'neutron.networks',
  include: { subnets: { select: { id: true } } },
  owner: 'project_id',
  quota: 'network',
  revisions: true,
  tags: true,
  fields: {
    ...standard,
    admin_state_up: bool({ default: true, write: ['post', 'put'], filter: true, sort: true }),
    mtu: int({ min: 68, max: 65_535, default: 1450, write: ['post', 'put'], filter: true, sort: true }),
    status: text({ filter: true, sort: true }),
    subnets: computed(
      Type.Array(Type.String()),
      (row: { subnets: readonly { id: string }[] }) => row.subnets.map((s) => s.id),
      {},
    ),
    shared: bool({ default: false, write: ['post', 'put'], filter: true }),
    'router:external': bool({ column: 'external', default: false, write: ['post', 'put'], filter: true }),
    is_default: bool({ default: false, write: ['post', 'put'], filter: true }),
    availability_zone_hints: listOf<string, { write: readonly ['post'] }>(Type.String({ maxLength: 255 }), {
      write: ['post'],
    }),
    availability_zones: always([], Type.Array(Type.String())),
    ipv4_address_scope: always(null, Type.Null()),
    ipv6_address_scope: always(null, Type.Null()),
    port_security_enabled: bool({ default: true, write: ['post', 'put'] }),
    dns_domain: text({ max: 255, default: '', write: ['post', 'put'] }),
    l2_adjacency: always(true, Type.Boolean()),
    vlan_transparent: never(null),
    qinq: never(false),
    pvlan: never(false),
    qos_policy_id: always(null, Type.Null(), { write: ['post', 'put'], column: '' }),
    'provider:network_type': oneOf(['vxlan'], {
      ...provider,
      column: 'network_type',
      seenBy: 'get_network:provider:network_type',
    }),
    'provider:physical_network': text({
      ...provider,
      nullable: true,
      max: 64,
      column: 'physical_network',
      seenBy: 'get_network:provider:physical_network',
    }),
    'provider:segmentation_id': int({
      ...provider,
      min: 1,
      max: 16_777_215,
      column: 'segmentation_id',
      seenBy: 'get_network:provider:segmentation_id',
    }),
  },
  visible: seesNetwork,
  taken: ({ segmentation_id }) =>
    conflict(
      'VxlanNetworkInUse',
      `Unable to create the network. The VXLAN network identifier ${String(segmentation_id)} is in use.`,
    ),
  async beforeUpdate({ tx }, row, { shared, mtu }) {
    const others = { network_id: row.id, project_id: { not: row.project_id } };
    if (shared === false && (await tx.port.findFirst({ where: others, select: { id: true } })))
      throw conflict(
        'InvalidSharedSetting',
        `Unable to reconfigure sharing settings for network ${row.id}. Multiple tenants are using it.`,
      );
    if (mtu === undefined || mtu >= LEAST_MTU[6]) return;
    if (await tx.subnet.findFirst({ where: { network_id: row.id, ip_version: 6 }, select: { id: true } }))
      throw mtuConflict(row.id, LEAST_MTU[6]);
  },
  async beforeDelete({ tx }, { id }) {
    const used = await tx.port.findFirst({ where: { network_id: id }, select: { id: true } });
    if (used)
      throw conflict(
        'NetworkInUse',
        `Unable to complete operation on network ${id}. There are one or more ports still in use on the network, id for these ports is: ${used.id}.`,
      );
    await tx.subnet.deleteMany({ where: { network_id: id } });
  },
  changed: ({ networkChanged }) => networkChanged(),
});
