import { Type } from 'typebox';
import type { Queries } from '../../kernel/database.js';
import { conflict } from '../../kernel/errors.js';
import { takeTurn } from '../../kernel/hard-limits.js';
import { always, bool, computed, int, listOf, oneOf, shownAs, text, uuid } from '../../kernel/resource/fields.js';
import { DHCP, ROUTER_GATEWAY } from '../device-owners.js';
import { checkNetworkPolicy, defaultPolicyOf } from '../qos/bindings.js';
import { removeUnused } from '../l3/floating-ips.js';
import { mtuConflict } from '../refusals.js';
import { freeSegmentationId } from '../segmentation-ids.js';
import { LEAST_MTU } from '../subnet-plan.js';
import { ACCESS_SHARED, SHARING, sharedField, sharedTarget } from '../sharing.js';
import { seesNetwork, sharedFilter } from '../visibility.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

const provider = { filter: true, write: ['post', 'put'] } as const;
/** @throws 409 while routers have their way out by it */
async function checkNoGateways(tx: Queries, id: string): Promise<void> {
  const gateway = await tx.port.findFirst({
    where: { network_id: id, device_owner: ROUTER_GATEWAY, project_id: '' },
    select: { id: true },
  });
  if (gateway !== null)
    throw conflict(
      'ExternalNetworkInUse',
      `External network ${id} cannot be updated to be made non-external, since it has existing gateway ports.`,
    );
}

/** There is one default external network at most (neutron/services/auto_allocate/db.py). @throws 409 */
async function checkOnlyDefault(tx: Queries, id: string): Promise<void> {
  await takeTurn(tx, 'default-external-network');
  const other = await tx.network.findFirst({
    where: { id: { not: id }, external: true, is_default: true },
    select: { id: true },
  });
  if (other !== null)
    throw conflict('DefaultExternalNetworkExists', `A default external network already exists: ${other.id}.`);
}

/** What this cloud's networks cannot be; asked for, it is refused by the schema in words. */
const never = (value: false | null) =>
  always(value, Type.Unsafe<false | null>({ enum: [false, null] }), { write: ['post'], column: '' });

interface Scoped {
  readonly subnets: readonly {
    readonly ip_version: number;
    readonly subnetpool: { address_scope_id: string | null } | null;
  }[];
}
/** The scope that the pools of a network's subnets are in; all of one IP version are in the same one. */
const scopeOf = (version: number) =>
  computed(
    Type.Union([Type.String(), Type.Null()]),
    ({ subnets }: Scoped) =>
      subnets.find((one) => one.ip_version === version && one.subnetpool?.address_scope_id)?.subnetpool
        ?.address_scope_id ?? null,
    {},
  );

/** A network (neutron_lib/api/definitions/network.py and its extensions). */
export const network = resource({
  names: ['network', 'networks'],
  record: 'network',
  table: 'neutron.networks',
  include: {
    subnets: { select: { id: true, ip_version: true, subnetpool: { select: { address_scope_id: true } } } },
    ...SHARING,
  },
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
    shared: sharedField({ default: false, write: ['post', 'put'] }),
    'router:external': bool({ column: 'external', default: false, write: ['post', 'put'], filter: true }),
    is_default: shownAs(
      bool({ default: false, write: ['post', 'put'], filter: true }),
      Type.Boolean(),
      // Neutron says it of external networks alone.
      ({ external, is_default }: { external: boolean; is_default: boolean }) => (external ? is_default : undefined!),
    ),
    availability_zone_hints: listOf<string, { write: readonly ['post'] }>(Type.String({ maxLength: 255 }), {
      write: ['post'],
    }),
    availability_zones: always([], Type.Array(Type.String())),
    ipv4_address_scope: scopeOf(4),
    ipv6_address_scope: scopeOf(6),
    port_security_enabled: bool({ default: true, write: ['post', 'put'] }),
    dns_domain: text({ max: 255, default: '', write: ['post', 'put'] }),
    l2_adjacency: always(true, Type.Boolean()),
    vlan_transparent: never(null),
    qinq: never(false),
    pvlan: never(false),
    qos_policy_id: uuid({ nullable: true, write: ['post', 'put'] }),
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
  filters: { shared: sharedFilter },
  visible: seesNetwork,
  target: sharedTarget,
  taken: ({ segmentation_id }) =>
    conflict(
      'VxlanNetworkInUse',
      `Unable to create the network. The VXLAN network identifier ${String(segmentation_id)} is in use.`,
    ),
  async beforeCreate(
    at,
    { id, project_id, segmentation_id },
    { qos_policy_id, is_default, 'router:external': external },
  ) {
    const chosen = qos_policy_id ?? (await defaultPolicyOf(at.tx, String(project_id)));
    await checkNetworkPolicy(at, String(id), null, chosen);
    const byDefault = is_default === true && external === true;
    if (byDefault) await checkOnlyDefault(at.tx, String(id));
    return {
      qos_policy_id: chosen,
      is_default: byDefault,
      segmentation_id: segmentation_id ?? (await freeSegmentationId(at.tx, String(project_id))),
    };
  },
  async beforeUpdate(at, row, { shared, mtu, is_default, 'router:external': external, qos_policy_id }) {
    const { tx } = at;
    await checkNetworkPolicy(at, row.id, row.qos_policy_id, qos_policy_id);
    if (external === false && row.external) await checkNoGateways(tx, row.id);
    const named = row.rbac_policies.filter(({ action }) => action === ACCESS_SHARED);
    // What routers and floating IPs have on it belongs to no project.
    const may = [row.project_id, '', ...named.map(({ target_project }) => target_project)];
    const others = { network_id: row.id, project_id: { notIn: may } };
    if (shared === false && row.shared && (await tx.port.findFirst({ where: others, select: { id: true } })))
      throw conflict(
        'InvalidSharedSetting',
        `Unable to reconfigure sharing settings for network ${row.id}. Multiple tenants are using it.`,
      );
    const byDefault = (is_default ?? row.is_default) && (external ?? row.external);
    if (byDefault && !row.is_default) await checkOnlyDefault(tx, row.id);
    const changed = is_default === undefined && external === undefined ? undefined : { is_default: byDefault };
    if (mtu === undefined || mtu >= LEAST_MTU[6]) return changed;
    if (await tx.subnet.findFirst({ where: { network_id: row.id, ip_version: 6 }, select: { id: true } }))
      throw mtuConflict(row.id, LEAST_MTU[6]);
    return changed;
  },
  async beforeDelete({ ctx, tx, parts }, { id, external }) {
    if (external) await removeUnused(tx, id, parts.isAdmin(ctx) ? undefined : ctx.projectId);
    await tx.port.deleteMany({ where: { network_id: id, device_owner: DHCP } });
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
