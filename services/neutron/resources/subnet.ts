import { Type } from 'typebox';
import type { Queries } from '../../kernel/database.js';
import { conflict } from '../../kernel/errors.js';
import { always, bool, computed, int, listOf, oneOf, shownAs, text, uuid } from '../../kernel/resource/fields.js';
import type { Pool } from '../ipam.js';
import { addressNetwork, checkModes, isAuto } from '../auto-addresses.js';
import { DHCP, ROUTER_INTERFACE } from '../device-owners.js';
import { poolMissing } from '../pools/refusals.js';
import { checkBeside, sourceOf, takeRange } from '../pools/subnet-range.js';
import { keepAccess } from '../rbac/kept-access.js';
import { invalidInput, mtuConflict } from '../refusals.js';
import { LEAST_MTU, planSubnet } from '../subnet-plan.js';
import { SHARING } from '../sharing.js';
import { seesNetwork, sharedFilter } from '../visibility.js';
import { networkFor, ofNetwork } from '../parents.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

const both = { write: ['post', 'put'] } as const;
const pool = Type.Object({ start: Type.String(), end: Type.String() }, { additionalProperties: false });
const route = Type.Object({ destination: Type.String(), nexthop: Type.String() }, { additionalProperties: false });
type Row = { network: { project_id: string; external: boolean } };
const mode = { nullable: true, write: ['post'], filter: true, sort: true } as const;
const MODES = ['dhcpv6-stateful', 'dhcpv6-stateless', 'slaac'] as const;

/** @throws 409 while a router has the gateway's address */
async function checkGatewayFree(tx: Queries, { id, gateway_ip }: { id: string; gateway_ip: string | null }) {
  if (gateway_ip === null) return;
  const used = await tx.ipAllocation.findUnique({
    where: { subnet_id_ip_address: { subnet_id: id, ip_address: gateway_ip }, port: { router_port: { isNot: null } } },
    select: { port_id: true },
  });
  if (used !== null)
    throw conflict(
      'GatewayIpInUse',
      `Current gateway ip ${gateway_ip} already in use by port ${used.port_id}. Unable to update.`,
    );
}

/** A subnet (neutron_lib/api/definitions/subnet.py and its extensions). */
export const subnet = resource({
  names: ['subnet', 'subnets'],
  record: 'subnet',
  table: 'neutron.subnets',
  include: { network: { select: { project_id: true, ...SHARING, external: true } } },
  owner: 'project_id',
  quota: 'subnet',
  revisions: true,
  tags: true,
  fields: {
    ...standard,
    network_id: uuid({ required: true, write: ['post'], filter: true, sort: true }),
    ip_version: int({ required: true, min: 4, max: 6, write: ['post'], filter: true, sort: true }),
    cidr: shownAs(
      text({ nullable: true, write: ['post'], filter: true, sort: true }),
      Type.String(),
      ({ cidr }: { readonly cidr: string }) => cidr,
    ),
    gateway_ip: text({ nullable: true, ...both, filter: true, sort: true }),
    enable_dhcp: bool({ default: true, ...both, filter: true, sort: true }),
    allocation_pools: listOf<Pool, typeof both>(pool, both),
    dns_nameservers: listOf<string, typeof both>(Type.String(), both),
    host_routes: listOf<{ destination: string; nexthop: string }, typeof both>(route, both),
    ipv6_ra_mode: oneOf(MODES, mode),
    ipv6_address_mode: oneOf(MODES, mode),
    subnetpool_id: text({ max: 36, ...mode }),
    prefixlen: int({ min: 0, max: 128, write: ['post'], column: '', hidden: true }),
    use_default_subnetpool: bool({ write: ['post'], column: '', hidden: true }),
    segment_id: always(null, Type.Null(), { ...both, column: '' }),
    service_types: listOf<string, typeof both>(Type.String({ maxLength: 255 }), both),
    dns_publish_fixed_ip: bool({ default: false, ...both }),
    'router:external': computed(Type.Boolean(), ({ network }: Row) => network.external, { seenBy: 'context_is_admin' }),
  },
  filters: {
    shared: (values, asker) => ({ network: sharedFilter(values, asker) }),
    'router:external': (values) => ({ network: { external: values.at(-1)?.toLowerCase() === 'true' } }),
  },
  visible: (ctx) => ({ network: seesNetwork(ctx) }),
  target: ({ network }, { projectId }) => ({
    ...ofNetwork(network, projectId),
    'network:router:external': network.external,
  }),
  newTarget: networkFor,
  async plan(at, input) {
    const network = await at.parts.networkOf(at.ctx, input.network_id);
    const source = await sourceOf(at.ctx, at.parts, input);
    const plan = source.cidr === null ? {} : planSubnet({ ...input, cidr: source.cidr });
    const least = LEAST_MTU[input.ip_version === 6 ? 6 : 4];
    if (network.mtu < least) throw mtuConflict(network.id, least);
    return { ...source, ...plan, project_id: network.project_id };
  },
  async beforeCreate(at, { cidr, project_id, subnetpool_id }, input) {
    const { tx } = at;
    const given = cidr as string | null;
    const poolId = subnetpool_id as string | null;
    const range = poolId === null ? given! : await takeRange(tx, poolId, String(project_id), input, given);
    // The pool is locked already, for more than this asks.
    if (poolId !== null) await keepAccess(at, 'subnetpool', [poolId], poolMissing);
    checkModes(input, range);
    await checkBeside(tx, input.network_id, input.ip_version, range, poolId);
    return given === null ? planSubnet({ ...input, cidr: range }) : {};
  },
  async afterCreate({ tx }, row) {
    await addressNetwork(tx, row);
  },
  /** Addresses that ports have already stay theirs, also outside of new pools. */
  async beforeUpdate({ tx }, row, change) {
    if (change.enable_dhcp === false && (row.ipv6_ra_mode ?? row.ipv6_address_mode) !== null)
      throw invalidInput('Cannot disable enable_dhcp with ipv6 attributes set');
    if (change.gateway_ip !== undefined && change.gateway_ip !== row.gateway_ip) await checkGatewayFree(tx, row);
    const { gateway_ip, allocation_pools } = planSubnet({
      cidr: row.cidr,
      ip_version: row.ip_version,
      // What DHCP cannot serve is refused when it is turned on.
      enable_dhcp: (change.enable_dhcp ?? false) && !row.enable_dhcp,
      gateway_ip: change.gateway_ip === undefined ? row.gateway_ip : change.gateway_ip,
      allocation_pools: change.allocation_pools ?? (row.allocation_pools as unknown as Pool[]),
      dns_nameservers: change.dns_nameservers,
      host_routes: change.host_routes,
    });
    return { gateway_ip, allocation_pools };
  },
  async beforeDelete({ tx }, row) {
    const { id } = row;
    // Addresses that cards make go with their subnet; those of routers do not.
    const going = isAuto(row) ? { not: ROUTER_INTERFACE } : DHCP;
    await tx.ipAllocation.deleteMany({ where: { subnet_id: id, port: { device_owner: going } } });
    if (await tx.ipAllocation.findFirst({ where: { subnet_id: id } }))
      throw conflict(
        'SubnetInUse',
        `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
      );
  },
  changed: ({ networkChanged }) => networkChanged(),
});
